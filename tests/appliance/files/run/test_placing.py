from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from appliance.analysis.kinds import BY_NAME
from appliance.files.calendar.zones import Clock
from appliance.files.run.placing import Placed, Wishes, place
from appliance.files.series import FileSeries
from appliance.protocol.documents import BadRequest
from kernels.contract import Filling, Forecast, Task

FORECAST, IMPUTATION, ANOMALY = BY_NAME["forecast"], BY_NAME["imputation"], BY_NAME["anomaly"]


def series(freq: str = "MS", rows: int = 40, without: tuple[int, ...] = ()) -> FileSeries:
    times = np.delete(pd.date_range("2018-01-01", periods=rows, freq=freq).as_unit("ms").asi8, without)
    return FileSeries("", times, "ms", {"v": np.arange(float(len(times)))}, Clock(naive=True))


def answered(placed: Placed) -> tuple[Forecast, Task]:
    """What an algorithm that repeats the row numbers would answer."""
    rows = int(placed.given["rows"])
    task = Task({}, start=int(placed.given["start"]), step=int(placed.given["every"]), rows=rows)
    value = np.arange(float(rows))
    return Forecast(value, value - 1, value + 1, quantiles={0.5: value}), task


def test_a_forecast_of_months_is_asked_in_steps_and_dated_by_the_calendar() -> None:
    placed = place(FORECAST, series(), {"rows": "3"})
    assert (placed.given["rows"], placed.given["every"]) == ("3", str(30 * 86_400_000))
    answer, task = answered(placed)
    result = placed.result(FORECAST, "arima", task, answer)
    ahead = result.answer.times.view("datetime64[ms]").astype("datetime64[D]")
    assert ahead.astype(str).tolist() == ["2021-05-01", "2021-06-01", "2021-07-01"]


def test_a_start_further_ahead_leaves_the_rows_before_out() -> None:
    placed = place(FORECAST, series("D"), {"rows": "2", "start": "2018-02-15"})
    assert placed.given["rows"] == "7"
    answer, task = answered(placed)
    result = placed.result(FORECAST, "arima", task, answer)
    assert result.answer.value.tolist() == result.answer.quantiles[0.5].tolist() == [5.0, 6.0]
    assert result.answer.times.view("datetime64[ms]").astype("datetime64[D]").astype(str).tolist() == [
        "2018-02-15",
        "2018-02-16",
    ]
    assert (result.task.rows, result.task.start) == (2, int(result.answer.times[0]))


def test_a_start_too_far_ahead_is_refused() -> None:
    with pytest.raises(BadRequest, match="is 14608 steps of 1d after the last row; with 10 rows that are more"):
        place(FORECAST, series("D"), {"start": "2058-02-07"})


def test_times_of_an_algorithm_s_own_are_kept() -> None:
    placed = place(FORECAST, series("D"), {"rows": "2"})
    answer, task = answered(placed)
    own = dataclasses.replace(answer, times=np.array([5, 6]))
    assert placed.result(FORECAST, "own", task, own).answer.times.tolist() == [5, 6]


def test_gaps_are_told_by_the_calendar() -> None:
    told = "2 gaps, the usual step is 1mo: the forecast takes all rows as evenly spaced"
    assert place(FORECAST, series(without=(5, 9)), {}, Wishes(fill="none")).remark == told
    told = "2 rows in 2 gaps filled by kalman, the usual step is 1mo"
    assert place(FORECAST, series(without=(5, 9)), {}).remark == told
    assert place(FORECAST, series("B"), {}).remark == ""
    hourly = place(FORECAST, series("h", without=(5,)), {}, Wishes(fill="linear"))
    assert hourly.remark == "1 row in 1 gap filled by linear, the usual step is 1h"
    assert (len(hourly.asked.times), len(hourly.own.times)) == (40, 39)


def test_an_algorithm_that_fills_gaps_by_itself_is_told_that_the_calendar_has_none() -> None:
    for name in ("gaps", "period"):
        assert place(FORECAST, series("B"), {}, has=lambda option, name=name: option == name).option == (
            "gaps=none" if name == "gaps" else ""
        )


def test_months_are_filled_by_their_numbers() -> None:
    placed = place(IMPUTATION, series(without=(5,)), {})
    assert placed.given["freq"] == "1ms"
    assert set(np.diff(placed.asked.times)) == {1, 2}
    filled = np.arange(40) == 5
    answer = Filling(np.arange(-39, 1), np.arange(40.0), filled)
    result = placed.result(IMPUTATION, "kalman", Task({}), answer)
    assert str(result.answer.times[filled].view("datetime64[ms]")[0])[:10] == "2018-06-01"
    np.testing.assert_array_equal(result.task.times, series(without=(5,)).times)


def test_a_row_between_the_steps_is_no_part_of_the_axis() -> None:
    one = series()
    times = one.times.copy()
    times[7] += 86_400_000
    with pytest.raises(BadRequest, match="row 8 at 2018-08-02T00:00:00.000 is at no step of 1mo"):
        place(IMPUTATION, dataclasses.replace(one, times=times), {"freq": "1mo"})


def test_even_steps_are_filled_as_before() -> None:
    placed = place(IMPUTATION, series("h", without=(5,)), {"freq": "60min"})
    assert placed.asked is placed.own
    assert placed.given == {"freq": "1h"}


def test_a_detector_is_asked_as_it_is() -> None:
    one = series("h")
    assert place(ANOMALY, one, {"k": "2"}) == Placed(one, one, {"k": "2"})


@pytest.mark.parametrize(
    ("wishes", "values", "low"),
    [
        (Wishes(), [0.0, 1.0, 2.0], [-1.5, -0.5, 0.5]),
        (Wishes(non_negative=True), [0.0, 1.0, 2.0], [0.0, 0.0, 0.5]),
        (Wishes(whole=True), [0.0, 1.0, 2.0], [-2.0, 0.0, 0.0]),
        (Wishes(non_negative=True, whole=True), [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
    ],
)
def test_a_forecast_is_as_it_is_wished(wishes: Wishes, values: list[float], low: list[float]) -> None:
    placed = place(FORECAST, series(), {"rows": "3"}, wishes)
    answer, task = answered(placed)
    half = dataclasses.replace(answer, low=answer.low - 0.5)
    result = placed.result(FORECAST, "arima", task, half)
    assert (result.answer.value.tolist(), result.answer.low.tolist()) == (values, low)


def test_only_series_of_whole_numbers_are_rounded() -> None:
    one = series()
    placed = place(FORECAST, dataclasses.replace(one, columns={"v": one.columns["v"] + 0.5}), {}, Wishes(whole=True))
    answer, task = answered(placed)
    result = placed.result(FORECAST, "arima", task, dataclasses.replace(answer, value=answer.value + 0.25))
    assert result.answer.value[0] == 0.25


def beside(ahead: int = 4, without: tuple[int, ...] = ()) -> FileSeries:
    """A series of months, and a covariate that is known of four more unless they are left out."""
    whole = series(rows=40 + ahead, without=without)
    n = len(whole.times) - ahead
    known = {"price": np.arange(float(n + ahead))}
    return dataclasses.replace(
        whole, times=whole.times[:n], columns={"v": np.arange(float(n))}, ahead=whole.times[n:], known=known
    )


def test_as_many_rows_are_forecast_as_covariates_are_known_of() -> None:
    placed = place(FORECAST, beside(), {})
    assert (placed.given["rows"], len(placed.asked.known["price"])) == ("4", 44)
    assert len(place(FORECAST, beside(), {"rows": "2"}).asked.known["price"]) == 42
    assert place(FORECAST, beside(), {"start": "2021-07"}).given["rows"] == "4"


@pytest.mark.parametrize(
    ("known", "rows", "message"),
    [
        (beside(), "5", "covariates are known of 4 rows ahead, 5 are to be forecast"),
        (beside(without=(41,)), "3", "the row to forecast at 2021-07-01T00:00:00.000 is not one step of 1mo after"),
        (beside(without=(7, 8)), "3", "1 gap at steps of 1mo, where no covariate is known: --fill none takes"),
    ],
)
def test_covariates_must_be_known_of_every_step(known: FileSeries, rows: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        place(FORECAST, known, {"rows": rows})


def test_a_season_is_added_where_values_reach_zero_unless_the_user_says_how() -> None:
    def has(option: str) -> bool:
        return option == "decomposition_type"

    low = series("D")
    one = dataclasses.replace(low, columns={name: values + 1.0 for name, values in low.columns.items()})
    placed = place(FORECAST, low, {}, has=has)
    assert (placed.option, placed.remark) == (
        "decomposition_type=additive",
        "values down to 0: a season is added to them, it is no factor",
    )
    for given, data in (({"decomposition_type": "multiplicative"}, low), ({}, one)):
        told = place(FORECAST, data, given, has=has)
        assert (told.option, told.remark) == ("", "")
    assert place(FORECAST, low, {}).option == ""
