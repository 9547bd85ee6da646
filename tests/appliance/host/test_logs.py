from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.logging import LogCaptureHandler
from gunicorn.config import Config

from appliance.host import logs
from appliance.host.settings import Settings

NAMES = (None, "appliance", "models", *logs.SERVER_LOGGERS)
application = logging.getLogger("appliance.node.resources.analysis")
server = logging.getLogger("appliance.node.server")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
        logger.level, logger.propagate, logger.handlers = level, propagate, handlers
        logger.manager._clear_cache()  # type: ignore[attr-defined]


def configured(folder: Path, **changes: Any) -> tuple[Path, Path]:
    to, app = folder / "log" / "server.log", folder / "log" / "app.log"
    logs.configure(Settings(**{"logto": to, "app_log": app, **changes}))
    return to, app


def messages(path: Path) -> list[str]:
    return [line.split("] ", 1)[1] for line in path.read_text().splitlines()]


def shared_file(path: Path, max_bytes: int, backups: int) -> tuple[logging.Logger, logs.SharedFile]:
    logger = logging.Logger("test")
    handler = logs.SharedFile(path, max_bytes, backups)
    logger.addHandler(handler)
    return logger, handler


def test_server_and_application_have_their_own_log(tmp_path: Path) -> None:
    to, app = configured(tmp_path)
    server.info("listening")
    application.info("served %d rows", 7)
    logging.getLogger("an.operators.plugin").warning("odd")
    assert messages(to) == ["INFO listening"]
    assert messages(app) == ["INFO served 7 rows", "WARNING odd"]


def test_one_file_for_both_has_every_line_once(tmp_path: Path) -> None:
    both = tmp_path / "node.log"
    configured(tmp_path, logto=both, app_log=both)
    server.info("a")
    application.info("b")
    assert messages(both) == ["INFO a", "INFO b"]


def test_without_files_everything_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings())
    server.info("a")
    application.info("b")
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["a", "b"]


def test_where_standard_error_is_the_journal_records_keep_their_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{about.st_dev}:{about.st_ino}")
    monkeypatch.setattr(logs.journal.Journal.__init__, "__defaults__", (str(tmp_path / "journal"),))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journald:
        journald.bind(str(tmp_path / "journal"))
        journald.settimeout(5)
        logs.configure(Settings(logto=tmp_path / "server.log"))
        server.info("a")
        application.warning("b\x1b", extra={"fields": {"ROWS": 3}})
        told = journald.recv(1000)
    assert messages(tmp_path / "server.log") == ["INFO a"]
    assert told.startswith(b"MESSAGE=b\\x1b\nPRIORITY=4\n")
    assert told.endswith(b"ROWS=3\n")


def test_level_is_that_of_the_application(tmp_path: Path) -> None:
    to, app = configured(tmp_path, log_level="ERROR")
    server.info("kept")
    application.warning("dropped")
    logging.getLogger("a.library").warning("dropped")
    application.error("kept")
    assert messages(to) == ["INFO kept"]
    assert messages(app) == ["ERROR kept"]


def test_debug_does_not_let_libraries_talk(tmp_path: Path) -> None:
    _, app = configured(tmp_path, log_level="DEBUG")
    application.debug("values")
    logging.getLogger("numba.core").debug("bytecode")
    assert messages(app) == ["DEBUG values"]


def test_reload_moves_on_to_other_files(tmp_path: Path) -> None:
    to, app = configured(tmp_path)
    application.info("before")
    moved = tmp_path / "elsewhere" / "app.log"
    configured(tmp_path, app_log=moved)
    application.info("after")
    server.info("once")
    assert (messages(app), messages(moved), messages(to)) == (["INFO before"], ["INFO after"], ["INFO once"])


def test_unusable_file_is_refused_and_the_old_one_kept(tmp_path: Path) -> None:
    _, app = configured(tmp_path)
    with pytest.raises(OSError, match=str(tmp_path)):
        configured(tmp_path, app_log=tmp_path)
    application.info("still here")
    assert messages(app) == ["INFO still here"]


def test_gunicorn_writes_every_line_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to, _ = configured(tmp_path)
    logger = logs.GunicornLogger(Config())
    logger.info("Booting worker with pid: %s", 7)
    logger.setup(Config())
    logger.reopen_files()
    logger.info("again")
    assert messages(to) == ["INFO Booting worker with pid: 7", "INFO again"]
    assert not logger.access_log_enabled
    assert capsys.readouterr().err == ""


def test_client_text_stays_on_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, app = configured(tmp_path)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogCaptureHandler):  # pytest's: half of a pair cannot be passed from process to process
            monkeypatch.setattr(handler, "level", logging.CRITICAL)
    application.info("x\n2026-01-01 INFO forged\x1b[2J ü \udc80")
    assert messages(app) == [r"INFO x\n2026-01-01 INFO forged\x1b[2J ü \udc80"]


def test_traceback_is_logged_whole(tmp_path: Path) -> None:
    _, app = configured(tmp_path)
    try:
        raise KeyError("a bug")
    except KeyError:
        application.exception("bug")
    text = app.read_text()
    assert "Traceback" in text
    assert "KeyError: 'a bug'\n" in text


@pytest.mark.parametrize(
    ("text", "line"), [("k=2", "'k=2'"), ("a\nb\x00", r"'a\nb\x00'"), ("x" * 30, repr("x" * 10 + "..."))]
)
def test_client_text_is_quoted_and_cut(text: str, line: str) -> None:
    assert logs.quoted(text, 10) == line


def test_full_file_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    logger, handler = shared_file(path, 10, 2)
    for number in range(5):
        logger.info("line %d", number)
    handler.close()
    assert [p.read_text() for p in (path, tmp_path / "a.log.1", tmp_path / "a.log.2")] == [
        "line 4\n",
        "line 3\n",
        "line 2\n",
    ]
    assert len(list(tmp_path.iterdir())) == 3


def test_without_backups_a_full_file_is_begun_anew(tmp_path: Path) -> None:
    logger, handler = shared_file(tmp_path / "a.log", 10, 0)
    logger.info("line 1")
    logger.info("line 2")
    handler.close()
    assert [p.read_text() for p in tmp_path.iterdir()] == ["line 2\n"]


def test_line_longer_than_a_file_is_written_all_the_same(tmp_path: Path) -> None:
    logger, handler = shared_file(tmp_path / "a.log", 10, 1)
    logger.info("x" * 100)
    handler.close()
    assert (tmp_path / "a.log").read_text() == "x" * 100 + "\n"


def test_file_moved_by_somebody_else_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    logger, handler = shared_file(path, 1000, 1)
    logger.info("before")
    path.rename(tmp_path / "moved")
    logger.info("after")
    handler.close()
    assert path.read_text() == "after\n"


def test_what_cannot_be_logged_does_not_fail_the_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger, handler = shared_file(tmp_path / "a.log", 1000, 1)
    logger.info("%d", "no number")
    handler.close()
    assert "--- Logging error ---" in capsys.readouterr().err


def test_a_full_disk_is_told_once_and_the_log_says_how_many_lines_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    logger, handler = shared_file(path, 1000, 1)

    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    logger.info("before")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        for _ in range(3):
            logger.info("lost")
    logger.info("after")
    logger.info("and on")
    handler.close()
    assert (
        capsys.readouterr().err == f"{path} cannot be written, lines are missing: [Errno 28] No space left on device\n"
    )
    assert path.read_text() == "before\n3 lines that belong here could not be written\nafter\nand on\n"


def test_a_line_that_a_full_disk_took_half_of_is_ended_before_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "a.log", os.write
    logger, handler = shared_file(path, 1000, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[:3]))
        logger.info("half")
    logger.info("after")
    handler.close()
    assert "[Errno 28] No space left on device" in capsys.readouterr().err
    assert path.read_text() == "hal\n1 lines that belong here could not be written\nafter\n"


def test_many_processes_rotate_without_losing_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    logger, handler = shared_file(path, 4000, 1000)
    children = []
    for process in range(4):
        pid = os.fork()
        if pid == 0:
            for number in range(500):
                logger.info("%d %d %s", process, number, "x" * 50)
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    handler.close()
    files = sorted(tmp_path.iterdir(), key=lambda p: -int(p.suffix[1:] if p.suffix != ".log" else 0))
    lines = [line.split() for file in files for line in file.read_text().splitlines()]
    assert all(len(line) == 3 and line[2] == "x" * 50 for line in lines)
    for process in range(4):
        assert sorted(int(line[1]) for line in lines if line[0] == str(process)) == list(range(500))
    assert len(files) > 10
