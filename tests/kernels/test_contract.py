from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from kernels.contract import (
    ANOMALY,
    FORECAST,
    Algorithm,
    BadParameter,
    BadSeries,
    Detection,
    Forecast,
    Horizon,
    Needs,
    Task,
    TooShort,
    as_columns,
    as_series,
)
from kernels.options import NoOptions

BAD_HORIZONS = [(0, 0.95), (-1, 0.95), (1, 0.0), (1, -0.5), (1, 1.1), (1, float("nan"))]


def test_as_series_copies_into_the_one_layout_kernels_take() -> None:
    for given in ([1, 2, 3], np.array([1, 2, 3], np.float32), np.arange(6.0)[::2], np.frombuffer(bytes(24))):
        series = as_series(given)
        assert series.dtype == np.float64
        assert series.flags.c_contiguous
        assert series.flags.writeable
        assert series is not given


def test_as_columns_makes_one_series_a_column() -> None:
    assert as_columns([1.0, 2.0]).shape == (2, 1)
    assert as_columns(np.ones((3, 2), order="F")).flags.c_contiguous


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        as_series([0.0, bad])
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        as_columns([[0.0, 1.0], [bad, 1.0]])


def test_shapes_and_lengths_are_checked() -> None:
    with pytest.raises(BadSeries, match="one series expected"):
        as_series([[1.0]])
    with pytest.raises(BadSeries, match="columns of one length expected"):
        as_columns(np.zeros((2, 2, 2)))
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        as_series([1.0, 2.0], at_least=3)


@pytest.mark.parametrize(("rows", "conf"), BAD_HORIZONS)
def test_horizon_refuses_what_cannot_be_forecast(rows: int, conf: float) -> None:
    with pytest.raises(BadParameter):
        Horizon(rows, conf)


def test_horizon_is_never_out_of_time_unless_told() -> None:
    assert not Horizon(1).out_of_time()


def test_the_task_of_one_series_has_one_column() -> None:
    for given in ([1, 2, 3], np.array([1, 2, 3], np.int16), np.array([1.0, 2.0, 3.0])):
        task = Task.of(given)
        assert list(task.columns) == ["val"]
        assert task.series.dtype == np.float64
        assert task.series.tolist() == [1.0, 2.0, 3.0]
        assert task.table.tolist() == [[1.0], [2.0], [3.0]]


def test_the_task_of_a_table_has_a_column_for_each_of_its_own() -> None:
    table = np.arange(6.0).reshape(2, 3)
    task = Task.of(table)
    assert list(task.columns) == ["val", "val1", "val2"]
    np.testing.assert_array_equal(task.series, table[:, 0])
    np.testing.assert_array_equal(task.table, table)
    assert Task.of([[1.0], [2.0]]).columns.keys() == {"val"}


def test_series_and_table_follow_the_order_of_the_columns() -> None:
    task = Task({"load": np.array([5.0, 6.0]), "ambient": np.array([1.0, 2.0])})
    assert task.series.tolist() == [5.0, 6.0]
    assert task.table.tolist() == [[5.0, 1.0], [6.0, 2.0]]


def test_a_task_asks_for_nothing_unless_told() -> None:
    task = Task.of([1.0])
    assert (task.times.dtype, len(task.times)) == (np.int64, 0)
    assert (task.unit, task.start, task.step, task.rows) == ("ms", 0, 0, 0)
    assert (task.levels, task.bounds, task.targets) == ((0.95,), True, ())
    assert task.past == task.known == task.options == {}
    assert not task.out_of_time()
    assert Task.of([1.0]).options is not task.options


def test_a_task_takes_any_of_its_fields_and_no_others() -> None:
    task = Task.of([1.0, 2.0], conf=0.8, rows=3, unit="s", start=2, step=1, options={"k": "2"}, bounds=False)
    assert (task.levels, task.rows, task.unit, task.start, task.step) == ((0.8,), 3, "s", 2, 1)
    assert (task.options, task.bounds) == ({"k": "2"}, False)
    with pytest.raises(TypeError, match="unexpected keyword argument 'horizon'"):
        Task.of([1.0], horizon=3)


def test_a_task_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Task.of([1.0]).rows = 2  # type: ignore[misc]


def test_the_horizon_of_a_task_has_its_rows_first_level_and_deadline() -> None:
    def due() -> bool:
        return True

    asked = Task({"val": np.ones(4)}, rows=7, levels=(0.8, 0.95), out_of_time=due)
    assert asked.horizon == Horizon(7, 0.8, due)
    assert Task.of(np.ones(4), rows=1).horizon == Horizon(1)


@pytest.mark.parametrize(("rows", "conf"), BAD_HORIZONS)
def test_the_horizon_of_a_task_refuses_what_cannot_be_forecast(rows: int, conf: float) -> None:
    with pytest.raises(BadParameter, match=r"forecast rows must be >= 1, got|conf must be in \(0, 1\], got"):
        _ = Task.of([1.0], rows=rows, conf=conf).horizon


def test_a_task_without_rows_ahead_has_no_horizon() -> None:
    with pytest.raises(BadParameter, match="forecast rows must be >= 1, got 0"):
        _ = Task.of([1.0]).horizon


def test_an_algorithm_needs_one_row_of_one_column_unless_told() -> None:
    needs = Needs()
    assert (needs.columns, needs.rows, needs.noise_check) == ("one", 1, True)
    assert (needs.times, needs.covariates, needs.options) == (False, False, False)
    assert Needs(columns="many", rows=3) == Needs("many", 3)


def test_an_algorithm_runs_a_task_of_its_kind() -> None:
    def detect(task: Task, _: Any) -> Detection:
        return Detection(np.ones(len(task.series), np.int8), task.series)

    def forecast(task: Task, _: Any) -> Forecast:
        value = np.full(task.horizon.rows, task.series[-1])
        return Forecast(value, value, value)

    detector = Algorithm("calm", "finds nothing", ANOMALY, NoOptions, detect)
    forecaster = Algorithm("last", "repeats the last value", FORECAST, NoOptions, forecast, Needs(noise_check=False))
    found, ahead = (each.run(Task.of([1.0, 2.0], rows=3), each.params()) for each in (detector, forecaster))
    assert isinstance(found, Detection)
    assert found.flags.tolist() == [1, 1]
    assert isinstance(ahead, Forecast)
    assert ahead.value.tolist() == [2.0, 2.0, 2.0]
    assert detector.needs == Needs()
    assert detector.shown is None


def test_an_answer_tells_no_more_than_it_was_given() -> None:
    value = np.ones(2)
    answer = Forecast(value, value, value)
    assert (answer.mse, answer.period, answer.times) == (None, 0, None)
    assert answer.extra == answer.quantiles == Detection(np.ones(2, np.int8), value).extra == {}
