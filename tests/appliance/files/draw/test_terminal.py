from __future__ import annotations

import dataclasses
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.files.calendar import zones
from appliance.files.calendar.zones import Clock
from appliance.files.draw.terminal import LABEL, colours, draw, fit
from appliance.host.terminal import columns_of
from tests.appliance.files.results import HOUR, detected, detection, forecast, with_columns

FIRST = LABEL + 2  # column where the canvas begins


def canvas(drawn: str) -> list[str]:
    """Return the lines of the first canvas, without what stands beside it."""
    return [line[FIRST:] for line in drawn.splitlines() if "┤" in line]


def axis(drawn: str) -> str:
    return next(line for line in drawn.splitlines() if "└" in line)[FIRST:]


def test_windows_are_marked_where_they_are() -> None:
    drawn = draw([detection(1000, list(range(300, 400)))], 112, 30)
    assert [at for at, mark in enumerate(axis(drawn)) if mark == "▲"] == list(range(30, 40))
    assert {at for line in canvas(drawn) for at, mark in enumerate(line) if mark == "●"} == set(range(30, 40))
    assert "● anomalous row   ▲ anomalous window" in drawn
    assert "1 window, 100 of 1,000 rows" in drawn


def test_every_row_of_few_is_seen() -> None:
    drawn = draw([detection(40_000, [20_000])], 80, 24)
    assert axis(drawn).count("▲") == 1
    assert "".join(canvas(drawn)).count("●") == 1
    assert axis(drawn).index("▲") == (80 - FIRST) // 2


def test_nothing_is_marked_without_anomalies() -> None:
    drawn = draw([detection(100, [])], 80, 24)
    assert "▲" not in axis(drawn)
    assert "●" not in "".join(canvas(drawn))
    assert "no anomalies" in drawn


def test_dots_follow_the_values() -> None:
    made = detection(200, [])
    lines = canvas(draw([with_columns(made, {"v": np.arange(200.0)})], 52, 12))
    middles = [np.mean([at for at, c in enumerate(line) if c > "\u2800"]) for line in lines]
    assert middles == sorted(middles, reverse=True)
    assert middles[0] > 30
    assert middles[-1] < 10


def test_the_interval_surrounds_the_forecast() -> None:
    drawn = draw([forecast(500, 24)], 80, 24)
    lines = canvas(drawn)
    border = {line.index("│") for line in lines if "│" in line}
    assert len(border) == 1
    assert all(line.find("░") in (-1, *range(border.copy().pop(), 80)) for line in lines)
    assert sum(line.count("░") for line in lines) > 20
    assert "░ 95 % interval" in drawn
    assert "░" not in draw([forecast(500, 24, half=0.0)], 80, 24)


@given(
    st.integers(1, 150),
    st.integers(1, 60),
    st.text(max_size=40),
    st.integers(1, 14),
    st.sampled_from(["detection", "forecast"]),
)
def test_no_line_is_wider_than_the_terminal(width: int, height: int, name: str, several: int, what: str) -> None:
    made = detection(50, [3, 20], name) if what == "detection" else forecast(50, 5, name)
    lines = draw([made] * several, width, height).split("\n")
    assert all(columns_of(line) <= max(width, 30) for line in lines)
    assert lines[-1] == ""
    assert all(line.isprintable() for line in lines)


def test_one_panel_fits_the_terminal() -> None:
    for height in (12, 24, 60):
        assert len(draw([detection(100, [3])], 80, height).splitlines()) <= height


def test_colours_change_nothing_but_the_colour() -> None:
    for made in (detection(1000, [5, 600]), forecast(500, 10)):
        plain, painted = (draw([made], 80, 24, colour=wanted) for wanted in (False, True))
        assert "\x1b" not in plain
        assert "\x1b[91m" in painted
        assert re.sub(r"\x1b\[\d+m", "", painted) == plain


@pytest.mark.parametrize(
    ("terminal", "environment", "wanted"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"NO_COLOR": ""}, True),
     (True, {"TERM": "dumb"}, False)],
)  # fmt: skip
def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environment: dict[str, str], wanted: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert colours(stream) is wanted


@pytest.mark.parametrize("values", [np.full(30, 7.0), 1.7e308 * np.linspace(-1, 1, 30), np.linspace(0, 5e-324, 30)])
def test_any_magnitude_is_drawn(values: np.ndarray) -> None:
    made = detection(30, [3])
    assert any(c > "\u2800" for c in "".join(canvas(draw([with_columns(made, {"v": values})], 60, 20))))


def test_wide_characters_take_two_columns() -> None:
    assert columns_of("机器7") == 5
    assert fit("机器7", 3) == "机"
    assert fit("e\u0301x", 1) == "e\u0301"


def test_more_series_than_fit_are_counted() -> None:
    drawn = draw([detection(50, [4], f"m{i}") for i in range(20)], 80, 24, left_out=3)
    assert "the first 12 of 23 are shown" in drawn
    assert "m11" in drawn
    assert "m12" not in drawn


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw([], 80, 24) == ""


def test_gaps_are_gaps_and_times_are_those_of_the_clocks() -> None:
    made = detection(1000, [], step=HOUR)
    kept = np.r_[0:400, 600:1000]
    series = dataclasses.replace(
        made.series, times=made.series.times[kept], columns={"v": made.series.columns["temperature"][kept]},
        clock=Clock(zones.zone("Europe/Berlin")),
    )  # fmt: skip
    drawn = draw([detected(series, "iqr", np.ones(800, np.int8))], 112, 30)
    empty = [at for at, column in enumerate(zip(*canvas(drawn), strict=False)) if set(column) == {" "}]
    assert empty == list(range(40, 60))
    assert "2026-01-01" in drawn
    assert " Europe/Berlin " in drawn
