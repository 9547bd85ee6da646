from __future__ import annotations

import pytest

from appliance.files.run.progress import CLEAR, EVERY_S, Progress, say


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_shows_how_far_how_fast_and_how_long() -> None:
    written: list[str] = []
    watch = Watch()
    progress = Progress(200, written.append, watch)
    for _ in range(50):
        watch.now += 2.0
        progress.step()
    assert written[-1] == f"{CLEAR}[#######.......................] 50/200  0.5/s  5:00 left"
    assert len(written) == 50


def test_the_terminal_is_not_flooded_but_sees_the_end() -> None:
    written: list[str] = []
    watch = Watch()
    progress = Progress(1000, written.append, watch)
    for _ in range(1000):
        watch.now += EVERY_S / 25
        progress.step()
    assert 30 <= len(written) <= 45
    assert "1000/1000  250/s  0:00 left" in written[-1]


def test_nothing_is_shown_where_nobody_looks() -> None:
    progress = Progress(1, None)
    progress.step()
    progress.hide()


def test_hours() -> None:
    watch = Watch()
    progress = Progress(10_000, None, watch)
    watch.now += 1.0
    progress.step()
    assert progress.line(watch.now).endswith("1.0/s  2:46:39 left")


def test_a_line_holds_no_commands_for_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    written: list[str] = []
    say("series \x1b[31mred", Progress(1, written.append))
    assert written == [CLEAR]
    assert capsys.readouterr().err == "series  [31mred\n"
