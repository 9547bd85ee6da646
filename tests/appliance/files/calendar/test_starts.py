from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from appliance.files.calendar import axis, starts
from appliance.files.calendar.axis import Axis
from appliance.files.calendar.zones import Clock, Zone
from appliance.protocol.documents import BadRequest


def made(freq: str, tz: str | None = None, naive: bool = True) -> Axis:
    times = pd.date_range("2018-01-01", periods=48, freq=freq, tz=tz).as_unit("ms").asi8
    return axis.find(times, "ms", Clock(Zone(tz) if tz else None, naive))


@pytest.mark.parametrize(
    ("text", "freq", "steps"),
    [
        ("2022-01", "MS", 1),
        ("2022-03-01", "MS", 3),
        ("2022-03-01T00:00:00Z", "MS", 3),
        ("202206", "MS", 6),
        ("2030-Q1", "QS", 1),
        ("2030Q2", "QS", 2),
        ("2066", "YS", 1),
        ("20180218", "D", 1),
        ("2018-W49", "W-MON", 1),
        ("1640995200000", "MS", 1),
    ],
)
def test_a_start_is_so_many_steps_ahead(text: str, freq: str, steps: int) -> None:
    assert starts.position(text, made(freq)) == steps


def test_a_start_that_is_no_time_is_refused_before_any_series_is_known() -> None:
    for text in ("2022-01", " 2030Q2 ", "2018-W49", "202206", "2022-03-01T00:00:00Z"):
        starts.check(text)
    for text in ("soon", "2022-13", ""):
        with pytest.raises(BadRequest, match="a time such as 2026-01-01T00:00:00Z or an integer is expected"):
            starts.check(text)


def test_a_start_without_an_offset_is_local() -> None:
    berlin = made("D", "Europe/Berlin", naive=False)
    assert starts.position("2018-04-01", berlin) == starts.position("2018-03-31T22:00:00Z", berlin) == 43


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2021-12", "start 2021-12 is not after the last row, 2021-12-01T00:00:00.000: the first step of 1mo leads to"),
        ("2022-01-15", "start 2022-01-15 does not continue the rows: the first step of 1mo leads to 2022-01-01"),
        ("soon", "start soon: a time such as"),
        ("202213", "start 202213: no date is written so"),
    ],
)
def test_a_start_that_is_on_no_step_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        starts.position(text, made("MS"))


def test_the_last_row_has_position_zero() -> None:
    months = made("MS")
    assert months.times(np.array([0])).tolist() == [months.last]
