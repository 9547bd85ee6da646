"""What `systemctl status` shows of a node's load."""

from __future__ import annotations

from appliance.node.load import TELL_EVERY_S, Load
from appliance.node.scoreboard import Scoreboard


def test_load_is_told_now_and_then_and_nothing_twice() -> None:
    board, told, now = Scoreboard(rows=2), [], [0.0]
    row = board.take(board.reserve())
    load = Load(board, told.append, lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds
        load.report("serving", 4)

    later(TELL_EVERY_S / 2)
    assert told == []
    for _ in range(25):
        row.begin()
        row.end(0.1, 10, failed=False)
    row.slots(2, 3)
    later(TELL_EVERY_S / 2)
    assert told == ["STATUS=serving; 2.5 requests/s, 2 of 4 slots busy, 3 waiting"]
    row.slots(0, 0)
    later(TELL_EVERY_S)
    later(TELL_EVERY_S)
    assert told[1:] == ["STATUS=serving; 0.0 requests/s, 0 of 4 slots busy, 0 waiting"]


def test_requests_of_workers_that_are_gone_count_too() -> None:
    board, told, now = Scoreboard(rows=2), [], [0.0]
    number = board.reserve()
    row = board.take(number)
    load = Load(board, told.append, lambda: now[0])
    row.begin()
    row.end(0.1, 10, failed=False)
    board.free(number)
    now[0] = 2 * TELL_EVERY_S
    load.report("serving", 1)
    assert told == [f"STATUS=serving; {1 / 20:.1f} requests/s, 0 of 1 slots busy, 0 waiting"]
