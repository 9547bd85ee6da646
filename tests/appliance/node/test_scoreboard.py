from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from appliance.node.scoreboard import Row, Scoreboard


def in_child(board: Scoreboard, row: int, work: Callable[[Row], None]) -> int:
    """Do some work in a forked worker; return its pid once it has ended."""
    pid = os.fork()
    if pid == 0:
        try:
            work(board.take(row))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return pid


def serve(row: Row) -> None:
    row.begin()
    row.end(0.004, 100, failed=False)
    row.begin()
    row.end(0.002, 50, failed=True)


def turn_away(row: Row) -> None:
    row.turn_away()


def test_connections_that_were_turned_away_are_counted_beyond_their_worker() -> None:
    board = Scoreboard()
    for _ in range(2):
        row = board.reserve()
        in_child(board, row, turn_away)
        board.free(row)
    assert board.turned_away() == 2


def test_master_sees_what_a_worker_did() -> None:
    board = Scoreboard()
    pid = in_child(board, board.reserve(), serve)
    (worker,) = board.workers()
    assert (worker.number, worker.pid, worker.requests, worker.exceptions) == (1, pid, 2, 1)
    assert (worker.running_us, worker.average_us, worker.sent_bytes) == (6000, 2000, 150)
    assert not worker.busy
    assert [core.requests for core in worker.cores] == [2]


def test_worker_in_a_request_is_busy() -> None:
    board = Scoreboard()
    row = board.take(board.reserve())
    row.begin()
    assert board.workers()[0].busy
    row.end(0.0, 0, failed=False)
    assert not board.workers()[0].busy


def test_reserved_row_is_not_given_twice() -> None:
    board = Scoreboard()
    assert [board.reserve(), board.reserve()] == [0, 1]
    board.free(0)
    assert board.reserve() == 0


def test_full_table_is_said() -> None:
    board = Scoreboard(rows=1)
    board.reserve()
    with pytest.raises(RuntimeError, match="more than 1 worker"):
        board.reserve()


def test_killed_worker_is_no_longer_busy_and_its_counts_stay() -> None:
    board = Scoreboard()

    def die(row: Row) -> None:
        serve(row)
        row.begin()
        row.slots(2, 3)
        os.kill(os.getpid(), signal.SIGKILL)

    row = board.reserve()
    in_child(board, row, die)
    (worker,) = board.workers()
    assert worker.busy
    assert (worker.slots_busy, worker.queued) == (2, 3)
    board.free(row)
    assert board.workers() == []
    (cheap,) = board.workers(at_least=1)
    assert (cheap.pid, cheap.busy, cheap.slots_busy, cheap.queued, cheap.requests) == (0, False, 0, 0, 2)

    in_child(board, board.reserve(), serve)
    (worker,) = board.workers()
    assert (worker.requests, worker.respawns) == (4, 2)


def test_rows_in_use_come_before_empty_ones() -> None:
    board = Scoreboard()
    for _ in range(3):
        board.take(board.reserve())
    board.free(0)
    board.free(1)
    assert [(w.number, w.pid > 0) for w in board.workers(at_least=2)] == [(1, False), (3, True)]


def test_threads_of_one_worker_do_not_lose_counts() -> None:
    board = Scoreboard(cores=4)
    row = board.take(board.reserve())

    def work() -> None:
        for _ in range(500):
            row.begin()
            row.end(0.001, 1, failed=False)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (worker,) = board.workers()
    assert (worker.requests, worker.sent_bytes, worker.running_us) == (3000, 3000, 3_000_000)
    assert sum(core.requests for core in worker.cores) == 3000
    assert len(worker.cores) == 4
