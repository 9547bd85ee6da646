from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from appliance.host.settings import Settings
from appliance.node import stats
from appliance.node.scoreboard import Row, Scoreboard
from appliance.node.stats import StatsServer
from tests.appliance.waiting import until

LOCAL = ("127.0.0.1", 0)


@pytest.fixture
def board() -> Scoreboard:
    return Scoreboard(rows=16)


@pytest.fixture
def server(board: Scoreboard) -> Iterator[StatsServer]:
    running = StatsServer(LOCAL, board, processes=2)
    yield running
    running.stop()


def connect(address: Any) -> socket.socket:
    client = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    client.settimeout(20)
    client.connect(address)
    return client


def read(address: Any) -> Any:
    """Read to the end of the connection, as uwsgitop does."""
    with connect(address) as client:
        return json.loads(b"".join(iter(lambda: client.recv(4096), b"")))


def working(board: Scoreboard) -> Row:
    """A worker that has served 7 requests and is serving another."""
    row = board.take(board.reserve())
    for number in range(7):
        row.begin()
        row.end(0.050, 1000, failed=number == 3)
    row.begin()
    return row


def test_document_describes_the_node(server: StatsServer, board: Scoreboard) -> None:
    working(board).slots(1, 4)
    document = read(server.address)
    assert document["pid"] == os.getpid()
    assert document["version"] == version("taosanode")
    assert document["listen_queue"] == 4
    assert len(document["workers"]) == 2


def test_worker_has_all_that_uwsgi_tells(server: StatsServer, board: Scoreboard) -> None:
    began = int(time.time())
    working(board)
    busy, cheap = read(server.address)["workers"]
    assert (busy["id"], busy["pid"], busy["status"], cheap["status"]) == (1, os.getpid(), "busy", "cheap")
    assert (busy["requests"], busy["exceptions"], busy["tx"]) == (7, 1, 7000)
    assert (busy["running_time"], busy["avg_rt"]) == (350_000, 49_609)
    assert busy["respawn_count"] == 1
    assert busy["last_spawn"] >= began
    assert 1e6 < busy["rss"] < busy["vsz"]
    assert [(core["id"], core["requests"], core["in_request"]) for core in busy["cores"]] == [(0, 7, 1)]
    assert (cheap["pid"], cheap["rss"], cheap["cores"]) == (0, 0, [])


def test_idle_worker(server: StatsServer, board: Scoreboard) -> None:
    working(board).end(0.1, 0, failed=False)
    assert read(server.address)["workers"][0]["status"] == "idle"


def test_reload_may_change_the_number_of_workers(server: StatsServer) -> None:
    server.processes = 5
    assert len(read(server.address)["workers"]) == 5


def test_unix_socket_is_served_and_removed(board: Scoreboard, tmp_path: Path) -> None:
    path = tmp_path / "stats.sock"
    server = StatsServer(str(path), board, processes=1)
    assert len(read(str(path))["workers"]) == 1
    server.stop()
    assert not path.exists()


def test_socket_of_a_killed_node_is_taken_over(board: Scoreboard, tmp_path: Path) -> None:
    path = tmp_path / "stats.sock"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    server = StatsServer(str(path), board, processes=1)
    assert read(str(path))["workers"]
    server.stop()


def test_address_in_use_is_refused(server: StatsServer, board: Scoreboard, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="stats = .*in use"):
        StatsServer(server.address, board, processes=1)
    other = StatsServer(str(tmp_path / "s"), board, processes=1)
    with pytest.raises(OSError, match="stats = .*in use"):
        StatsServer(str(tmp_path / "s"), board, processes=1)
    other.stop()
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OSError, match="in use"):
        StatsServer(str(tmp_path / "file"), board, processes=1)
    assert (tmp_path / "file").read_text() == "precious"


def test_settings_decide_whether_there_is_one(board: Scoreboard, tmp_path: Path) -> None:
    assert stats.start(Settings(), board) is None
    server = stats.start(Settings(stats=str(tmp_path / "s"), processes=3), board)
    assert server is not None
    assert len(read(str(tmp_path / "s"))["workers"]) == 3
    server.stop()


def test_stuck_clients_hold_nobody_up(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "CLIENTS", 4)
    server = StatsServer(LOCAL, board, processes=2)
    filler = [{"padding": "x" * 1000}] * 20_000  # more than the kernel takes off our hands
    document = server.document()
    monkeypatch.setattr(server, "document", lambda: {**document, "filler": filler})
    stuck = [connect(server.address) for _ in range(6)]
    for client in stuck:
        assert client.recv(1) == b"{"
    assert len(read(server.address)["filler"]) == 20_000
    server.stop()
    for client in stuck:
        client.close()


def test_stuck_client_is_given_up_in_the_end(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "CLIENT_S", 0.1)
    server = StatsServer(LOCAL, board, processes=2)
    monkeypatch.setattr(server, "document", lambda: {"filler": "x" * 50_000_000})
    with connect(server.address) as client:
        client.recv(1)
        until(lambda: not server._clients, "the client to be given up")
        size = 1 + sum(map(len, iter(lambda: client.recv(1 << 20), b"")))
    assert size < 50_000_000
    server.stop()


def test_worker_forked_while_a_client_reads_does_not_keep_its_connection(
    server: StatsServer, board: Scoreboard
) -> None:
    pid = os.fork()
    if pid == 0:
        signal.pause()
    try:
        assert read(server.address)["workers"]
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_worker_leaves_and_the_master_goes_on(server: StatsServer) -> None:
    pid = os.fork()
    if pid == 0:
        server.leave()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert read(server.address)["workers"]


def test_signals_are_left_to_the_main_thread(server: StatsServer) -> None:
    read(server.address)
    thread = next(t for t in threading.enumerate() if t.name == "stats")
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    (blocked,) = re.findall(r"SigBlk:\s+([0-9a-f]+)", status)
    assert int(blocked, 16) & 1 << (signal.SIGTERM - 1)


def screen_of(address: str, status: str) -> list[str]:
    """Run uwsgitop in a terminal until it shows a worker of that status; return the lines of its screen."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 160, 0, 0))
    program = subprocess.Popen(
        [sys.executable, Path(sys.executable).parent / "uwsgitop", address],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env={**os.environ, "TERM": "xterm", "LINES": "24", "COLUMNS": "160"},
        start_new_session=True,
    )
    os.close(inside)
    shown = ""
    try:
        while not any(re.search(rf"\b{status}\b.*\d\d:\d\d:\d\d$", line) for line in drawn(shown)):
            shown += os.read(terminal, 65536).decode()
        os.write(terminal, b"q")
        assert program.wait(timeout=20) == 0
    finally:
        program.kill()
        program.wait()
        os.close(terminal)
    return drawn(shown)


def drawn(output: str) -> list[str]:
    """Follow what a program sends to an xterm, as far as curses needs it; return the lines of the screen."""
    cells = [[" "] * 160 for _ in range(24)]
    row = column = 0
    for found in re.finditer(r"\x1b\[([0-9;]*)([HdGJ])|\x1b(?:\[[0-9;?]*[a-zA-Z]|\(B)|(.)", output, re.DOTALL):
        numbers, command, char = found.groups()
        places = [int(number or 1) - 1 for number in (numbers or "").split(";")]
        if command == "H":
            row, column = places[0], places[-1]
        elif command == "d":
            row = places[0]
        elif command == "G":
            column = places[0]
        elif command == "J":
            cells = [[" "] * 160 for _ in range(24)]
        elif char == "\r":
            column = 0
        elif char == "\n":
            row += 1
        elif char:
            cells[row][column] = char
            column += 1
    return ["".join(line).rstrip() for line in cells]


def test_uwsgitop_shows_our_workers(server: StatsServer, board: Scoreboard) -> None:
    working(board)
    board.take(board.reserve())
    head, node, columns, first, second, *_ = screen_of("{}:{}".format(*server.address), "idle")
    assert head.startswith(f"uwsgi-{version('taosanode')} - ")
    assert " - req: 7 - " in head
    assert head.endswith("- lq: 0 - tx: 6.8K")
    assert f"masterpid: {os.getpid()}" in node
    names = columns.split()
    shown = dict(zip(names, first.split(), strict=True))
    assert shown["WID"] == "1"
    assert shown["PID"] == str(os.getpid())
    assert (shown["REQ"], shown["EXC"], shown["STATUS"], shown["AVG"]) == ("7", "1", "busy", "49ms")
    assert re.fullmatch(r"[\d.]+[KMG]", shown["RSS"])
    assert shown["RunT"] == "350.0"
    assert dict(zip(names, second.split(), strict=True))["STATUS"] == "idle"


def test_uwsgitop_reads_a_unix_socket(board: Scoreboard, tmp_path: Path) -> None:
    working(board)
    path = tmp_path / "s"
    server = StatsServer(str(path), board, processes=1)
    assert any("busy" in line for line in screen_of(str(path), "busy"))
    server.stop()
