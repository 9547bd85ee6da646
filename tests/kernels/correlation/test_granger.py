from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import STATISTIC, BadParameter, Correlation, TooShort
from kernels.correlation import granger
from kernels.correlation.granger import Params
from tests.kernels.correlation.test_tlcc import task


def naive(cause: list[float], effect: list[float], lag: int) -> float:
    """F of both regressions, each by the normal equations."""
    rows = range(lag, len(effect))
    own = [[1.0, *(effect[t - k] for k in range(1, lag + 1))] for t in rows]
    both = [[*row, *(cause[t - k] for k in range(1, lag + 1))] for row, t in zip(own, rows, strict=True)]
    y = np.array([effect[t] for t in rows])
    left = []
    for table in (np.array(own), np.array(both)):
        beta = np.linalg.solve(table.T @ table, table.T @ y)
        left.append(float(((y - table @ beta) ** 2).sum()))
    return ((left[0] - left[1]) / lag) / (left[1] / (len(y) - 2 * lag - 1))


def follower(n: int = 200, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A column, and one that follows it two rows later."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, n))
    y = np.zeros(n)
    for t in range(2, n):
        y[t] = 0.5 * y[t - 1] + 0.6 * x[t - 2] + noise[t]
    return x, y


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_equals_the_naive_test_in_both_directions(lag: int) -> None:
    x, y = follower()
    found = granger.correlate(task(x, y), Params(lag=lag))
    assert found.reverse is not None
    assert (found.measure, found.lag, found.reverse.lag) == (STATISTIC, lag, lag)
    assert found.value == pytest.approx(naive(x.tolist(), y.tolist(), lag), rel=1e-8)
    assert found.reverse.value == pytest.approx(naive(y.tolist(), x.tolist(), lag), rel=1e-8)


def test_the_number_of_lags_is_found_and_the_direction_told() -> None:
    found = granger.correlate(task(*follower(seed=2)))
    assert found.lag == 2
    assert found.p_value < 1e-6
    assert found.reverse.p_value > 0.05


def test_lags_are_those_of_the_least_aic() -> None:
    x, y = follower(seed=3)
    criteria = []
    for lag in range(1, 6):
        rows = range(5, len(y))
        table = np.array([[1.0, *(z[t - k] for k in range(1, lag + 1) for z in (x, y))] for t in rows])
        left = float(np.linalg.lstsq(table, y[5:])[1][0])
        criteria.append(len(rows) * np.log(left) + 2.0 * table.shape[1])
    assert granger.correlate(task(x, y), Params(max_lag=5)).lag == 1 + int(np.argmin(criteria))


@pytest.mark.compiled_only("200 series")
def test_chance_is_as_likely_as_it_says() -> None:
    rng = np.random.default_rng(2)
    p = [granger.correlate(task(*rng.normal(size=(2, 40))), Params(lag=2)).p_value for _ in range(200)]
    np.testing.assert_allclose(np.quantile(p, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.09)


@pytest.mark.parametrize("scale", [1e-120, 1e120])
def test_no_unit_changes_anything(scale: float) -> None:
    x, y = follower()
    there, here = (
        granger.correlate(task(x * scale, y + 1e5), Params(lag=2)),
        granger.correlate(task(x, y), Params(lag=2)),
    )
    assert there.value == pytest.approx(here.value, rel=1e-6)


def test_a_column_that_does_not_vary_or_is_the_other_one_helps_nothing() -> None:
    x, y = follower(50)
    nothing = Correlation(0.0, STATISTIC, 2, 1.0)
    for cause in (np.ones(50), y):
        found = granger.correlate(task(cause, y), Params(lag=2))
        assert (found.value, found.p_value) == (nothing.value, nothing.p_value)


def test_what_is_forecast_without_error_is_told_with_finite_numbers() -> None:
    x = np.random.default_rng(5).normal(size=60)
    found = granger.correlate(task(x, np.roll(x, 1)), Params(lag=1))
    assert 1e20 < found.value < 1e30  # far from where rounding a decimal overflows
    assert found.p_value == 0.0


def test_too_few_rows_for_the_lags_are_refused() -> None:
    x, y = follower(20)
    with pytest.raises(TooShort, match="at least 32 values are needed for 10 lags, got 20"):
        granger.correlate(task(x, y), Params(lag=10))
    with pytest.raises(TooShort, match="at least 8 values are needed, got 7"):
        granger.correlate(task(x[:7], y[:7]))
    with pytest.raises(BadParameter, match="max_lag must be 1 to 100, got 0"):
        Params(max_lag=0)
    assert granger.correlate(task(x[:8], y[:8])).lag <= 2
