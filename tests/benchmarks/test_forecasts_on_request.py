"""What is answered to a benchmark."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.forecasts_on_request import NAIVE, answer, known, naive, without_gaps
from kernels.contract import Forecast, Task
from kernels.forecast import auto, theta, zero

LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def job(series: list[float | None], algorithm: str = "zero") -> dict[str, Any]:
    return {"algorithm": algorithm, "series": series, "rows": 5, "period": 4, "levels": LEVELS, "step_ms": 3_600_000}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([1.0, 2.0], [1.0, 2.0]),
        ([None, None, 3.0, None, 5.0, None], [3.0, 3.0, 5.0, 5.0]),
        ([None, float("nan")], [0.0]),
    ],
)
def test_a_gap_is_filled_with_the_value_before_it(given: list[float | None], told: list[float]) -> None:
    np.testing.assert_array_equal(without_gaps(given), told)


def test_the_last_season_comes_again_and_doubt_grows_with_each() -> None:
    value, quantiles = naive(np.array([1.0, 2.0, 2.0, 4.0]), 4, 2, [0.1, 0.5, 0.9])
    assert value.tolist() == [2.0, 4.0, 2.0, 4.0]
    half = 1.2815515655446004 * np.sqrt(2.5) * np.sqrt([1.0, 1.0, 2.0, 2.0])
    np.testing.assert_allclose(quantiles, [value - half, value, value + half])


def test_the_nine_deciles_are_in_order_around_the_median() -> None:
    found = answer(job([float(t % 4) + 0.1 * (t % 3) for t in range(40)]), {"zero": zero.ALGORITHM})
    quantiles = np.array(found["quantiles"])
    assert quantiles.shape == (9, 5)
    assert np.all(np.diff(quantiles, axis=0) >= 0.0)
    assert found["quantiles"][4] == found["value"]


def test_a_refused_series_is_forecast_by_its_season_and_says_so() -> None:
    found = answer(job([7.0, 8.0]), {"zero": zero.ALGORITHM})
    assert found["refused"] == "at least 3 values are needed, got 2"
    assert found["value"] == answer(job([7.0, 8.0], NAIVE), {})["value"] == [7.0, 8.0, 7.0, 8.0, 7.0]


def test_rows_that_are_known_keep_their_places() -> None:
    x, rows, late = known([None, 3.0, None, 5.0, None, None])
    assert (x.tolist(), rows.tolist(), late) == ([3.0, 5.0], [0, 2], 2)


@pytest.mark.parametrize("missing", [[5, 17], [38, 39]], ids=["inside", "at the end"])
def test_a_gap_is_told_as_one_to_a_forecaster_that_fills_it(missing: list[int]) -> None:
    series: list[float | None] = [float(t % 4) for t in range(40)]
    whole = answer(job(series), {"zero": zero.ALGORITHM})
    for row in missing:
        series[row] = None
    found = answer(job(series), {"zero": zero.ALGORITHM})
    np.testing.assert_allclose(found["value"], whole["value"], atol=0.1)


@pytest.mark.compiled_only("all members of auto")
@pytest.mark.parametrize(("module", "times"), [(zero, 1), (auto, 1), (theta, 4)], ids=["zero", "auto", "theta"])
def test_a_forecaster_that_tells_several_levels_is_asked_once(module: ModuleType, times: int) -> None:
    asked: list[Task] = []

    def counted(task: Task, params: Any) -> Forecast:
        asked.append(task)
        return module.forecast(task, params)

    found = answer(
        job([1.0 + t % 4 + 0.1 * (t % 3) for t in range(40)], "it"), {"it": replace(module.ALGORITHM, run=counted)}
    )
    assert len(asked) == times
    assert np.all(np.diff(found["quantiles"], axis=0) > 0.0)


def test_where_most_is_missing_the_value_before_is_taken() -> None:
    series = [float(t % 4) if t % 2 else None for t in range(40)]
    filled = [float(value) for value in without_gaps(series)]
    assert (
        answer(job(series), {"zero": zero.ALGORITHM})["value"] == answer(job(filled), {"zero": zero.ALGORITHM})["value"]
    )


def test_without_a_period_the_forecaster_looks_for_one() -> None:
    series = [float(t % 4) for t in range(40)]
    found = answer(job(series) | {"period": None}, {"zero": zero.ALGORITHM})
    np.testing.assert_allclose(found["value"], [0.0, 1.0, 2.0, 3.0, 0.0], atol=0.1)
