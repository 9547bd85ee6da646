"""A reload of the master, in this process; tests/appliance/test_node.py has whole nodes."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.analysis import catalog
from appliance.analysis.catalog import Catalog
from appliance.host import logs
from appliance.host.settings import Settings, SettingsError
from appliance.host.systemd import Systemd
from appliance.node.server import Server
from tests.appliance.fake_server import closed_port

NAMES = (None, "appliance", "models", *logs.SERVER_LOGGERS)


class Told(Systemd):
    """Remembers what systemd would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[str] = []

    def tell(self, state: str) -> None:
        self.states.append(state)


class Master:
    """A server that was started with some settings, and what it reads at the next reload."""

    def __init__(self, folder: Path) -> None:
        self.first = self.next = Settings(
            http=("127.0.0.1", closed_port()),
            logto=folder / "old.log",
            app_log=folder / "old.app.log",
            stats=str(folder / "old.sock"),
            model_dir=folder / "model",
            algorithm_dir=folder / "algo",
            tsfm={},
        )
        self.folder, self.systemd = folder, Told()
        self.server = Server(self.first, self._read, lambda settings: None, self.systemd)

    def _read(self) -> Settings:
        return self.next

    def reload(self, **changes: Any) -> None:
        self.next = dataclasses.replace(self.first, **changes)
        self.server.reload()

    def logged(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def statistics_at(self, name: str) -> bool:
        """Whether statistics are served at a socket."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.folder / name))
            except OSError:
                return False
            return "workers" in json.loads(b"".join(iter(lambda: client.recv(65536), b"")))

    def is_as_before(self) -> None:
        """Check that everything is where it was."""
        logging.getLogger("appliance.node.server").warning("to the server's log")
        logging.getLogger("appliance.analysis").error("to the application's log")
        assert self.server.settings is self.first
        assert self.logged("old.log").endswith("to the server's log\n")
        assert self.logged("old.app.log").endswith("to the application's log\n")
        assert self.statistics_at("old.sock")


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Master]:
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    made = Master(tmp_path)
    yield made
    assert made.server._stats
    made.server._stats.stop()
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
        logger.level, logger.propagate, logger.handlers = level, propagate, handlers
        logger.manager._clear_cache()  # type: ignore[attr-defined]


def test_a_reload_moves_logs_statistics_and_algorithms(master: Master) -> None:
    before = master.server._catalog
    master.reload(
        logto=master.folder / "new.log", stats=str(master.folder / "new.sock"), tsfm={"mine": "http://127.0.0.1:1/"}
    )
    assert master.server.settings is master.next
    assert "mine" in master.server._catalog.names
    assert "mine" not in before.names
    assert list(master.server._catalog.servers.statuses()) == ["mine"]
    assert master.statistics_at("new.sock")
    assert not (master.folder / "old.sock").exists()
    logging.getLogger("appliance.node.server").warning("moved")
    assert "moved" in master.logged("new.log")
    assert "moved" not in master.logged("old.log")
    assert master.systemd.states[-1].startswith("STATUS=serving")


def test_taken_statistics_address_leaves_logs_and_algorithms_where_they_were(master: Master) -> None:
    before = master.server._catalog
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
        master.reload(logto=master.folder / "new.log", stats=address, tsfm={"mine": "http://127.0.0.1:1/"})
    reason = f"stats = {address}: Address already in use"
    assert f"reload refused, the node goes on as it was: [Errno 98] {reason}" in master.logged("old.log")
    assert not (master.folder / "new.log").exists()
    assert master.server._catalog is before
    assert reason in master.systemd.states[-1]
    master.is_as_before()


def test_log_that_cannot_be_written_leaves_no_new_statistics(master: Master) -> None:
    master.reload(app_log=master.folder / "old.log" / "x.log", stats=str(master.folder / "new.sock"))
    assert "reload refused" in master.logged("old.log")
    assert not master.statistics_at("new.sock")
    assert not (master.folder / "new.sock").exists()
    master.is_as_before()


def test_address_of_somebody_else_is_refused_and_does_not_end_the_node(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr("appliance.host.addresses.owners", lambda port: {1: "init"})
        master.reload(http=taken.getsockname())
    assert "reload refused, the node goes on as it was: http = 127.0.0.1:" in master.logged("old.log")
    assert "is in use by process 1 (init)" in master.logged("old.log")
    master.is_as_before()


def test_address_that_includes_the_nodes_own_is_taken(master: Master) -> None:
    with socket.create_server(master.first.http):  # as gunicorn would
        master.reload(http=("0.0.0.0", master.first.http[1]))
    assert master.server.settings.http[0] == "0.0.0.0"


def test_pid_file_that_cannot_be_written_is_refused(master: Master) -> None:
    path = master.folder / "old.log" / "x.pid"
    master.reload(pidfile=path)
    assert f"pidfile = {path} cannot be made: no right to write to" in master.logged("old.log")
    master.is_as_before()


def test_pid_file_of_another_node_is_refused(master: Master) -> None:
    (master.folder / "x.pid").write_text("1\n")
    master.reload(pidfile=master.folder / "x.pid")
    assert f"pidfile = {master.folder / 'x.pid'} names process 1 (" in master.logged("old.log")
    master.is_as_before()


def test_folder_of_a_pid_file_is_made(master: Master) -> None:
    master.reload(pidfile=master.folder / "run" / "x.pid")
    assert (master.folder / "run").is_dir()
    assert master.server.settings is master.next


def test_a_model_server_with_the_name_of_an_algorithm_is_refused_with_its_line(master: Master) -> None:
    master.reload(tsfm={"arima": "http://gpu/x"}, tsfm_lines={"arima": "a.ini:7: arima = http://gpu/x"})
    told = "reload refused, the node goes on as it was: a.ini:7: arima = http://gpu/x: the node has an algorithm of"
    assert told in master.logged("old.log")
    master.is_as_before()


def test_settings_that_cannot_be_read_are_refused(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Settings:
        raise SettingsError("a.ini:3: threads = many")

    monkeypatch.setattr(master.server, "_read_settings", fail)
    master.server.reload()
    assert "goes on as it was: a.ini:3: threads = many" in master.logged("old.log")
    assert master.systemd.states == ["STATUS=reload refused, goes on as it was: a.ini:3: threads = many"]
    master.is_as_before()


def test_algorithms_that_do_not_load_are_refused(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings, serve: bool) -> Catalog:
        raise RuntimeError("a kernel is broken")

    monkeypatch.setattr(catalog, "build", fail)
    before = os.listdir(master.folder)
    master.reload(logto=master.folder / "new.log", stats=str(master.folder / "new.sock"))
    assert "a kernel is broken" in master.logged("old.log")
    assert os.listdir(master.folder) == before
    master.is_as_before()


def test_what_gunicorn_refuses_at_the_start_is_told(
    master: Master, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(arbiter: object) -> None:
        raise RuntimeError("Already running on PID 7 (or pid file 'x' is stale)")

    monkeypatch.setattr("appliance.node.server.Master.run", refuse)
    with pytest.raises(SystemExit, match="1"):
        master.server.run()
    assert capsys.readouterr().err.startswith("the node cannot start: Already running on PID 7")


class Arbiter:
    """Workers, and what they are sent."""

    def __init__(self, *pids: int) -> None:
        self.WORKERS = dict.fromkeys(pids)
        self.sent: list[tuple[int, int]] = []

    def kill_worker(self, pid: int, number: int) -> None:
        self.sent.append((pid, number))


def test_a_worker_with_too_much_memory_is_asked_to_end_and_then_ended(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {7: 100 << 20, 8: 100 << 20, 9: 100 << 20}
    monkeypatch.setattr("appliance.host.processes.resident_bytes", sizes.__getitem__)
    master.server.settings = dataclasses.replace(master.first, memory_limit=512 << 20)
    arbiter: Any = Arbiter(7, 8, 9)
    master.server.look_after(arbiter)
    assert arbiter.sent == []
    sizes[8] = 600 << 20
    master.server.look_after(arbiter)
    master.server.look_after(arbiter)
    assert arbiter.sent == [(8, signal.SIGTERM)]
    assert "worker 8 has 600 MB of memory, more than the limit of 512: it ends" in master.logged("old.log")
    sizes[8] = 1200 << 20
    master.server.look_after(arbiter)
    assert arbiter.sent[1:] == [(8, signal.SIGKILL)]
    del arbiter.WORKERS[8]
    master.server.look_after(arbiter)
    assert len(arbiter.sent) == 2


def test_a_worker_that_has_not_ended_in_time_is_ended(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.host.processes.resident_bytes", lambda pid: 600 << 20)
    monkeypatch.setattr("appliance.node.server.KILLED_WITHIN_S", -1.0)
    master.server.settings = dataclasses.replace(master.first, memory_limit=512 << 20)
    arbiter: Any = Arbiter(8)
    master.server.look_after(arbiter)
    master.server.look_after(arbiter)
    assert arbiter.sent == [(8, signal.SIGTERM), (8, signal.SIGKILL)]
