from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadParameter
from kernels.correlation import xcorr_lag
from kernels.correlation.xcorr_lag import Params
from tests.kernels.correlation.test_tlcc import task
from tests.kernels.numerics.test_lagged import naive


def smooth(n: int, phi: float, rng: np.random.Generator) -> np.ndarray:
    """A column whose neighbouring rows are alike."""
    noise = rng.normal(size=n)
    for t in range(1, n):
        noise[t] += phi * noise[t - 1]
    return noise


def test_equals_the_largest_of_the_naive_coefficients() -> None:
    x, y = np.random.default_rng(3).normal(size=(2, 40))
    every = {lag: naive(x.tolist(), y.tolist(), lag) for lag in range(-10, 11)}
    found = xcorr_lag.correlate(task(x, y))
    assert found.value == pytest.approx(max(every.values(), key=abs))
    assert every[found.lag] == pytest.approx(found.value)


def test_independent_rows_all_count() -> None:
    x, y = np.random.default_rng(4).normal(size=(2, 200))
    assert xcorr_lag.correlate(task(x, y)).extra["effective_rows"] == pytest.approx(200, rel=0.35)


def test_the_lag_of_a_follower_is_found_and_significant() -> None:
    x = smooth(300, 0.7, np.random.default_rng(5))
    found = xcorr_lag.correlate(task(x, np.roll(x, 7)), Params(max_lag=20))
    assert (found.lag, found.extra["significant"]) == (7, 1)
    assert found.p_value < 0.001
    backwards = xcorr_lag.correlate(task(np.roll(x, 7), x), Params(max_lag=20))
    assert (backwards.lag, backwards.value) == (-7, pytest.approx(found.value))


@pytest.mark.parametrize("phi", [0.0, 0.9])
@pytest.mark.compiled_only("150 series")
def test_chance_is_taken_for_more_about_as_often_as_promised(phi: float) -> None:
    rng = np.random.default_rng(6)
    taken = [
        xcorr_lag.correlate(task(smooth(200, phi, rng), smooth(200, phi, rng))).extra["significant"] for _ in range(150)
    ]
    assert np.mean(taken) < 0.12  # 0.05 is promised, +- 0.018 by chance


def test_the_bound_is_where_the_probability_is_that_of_the_confidence() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        found = xcorr_lag.correlate(task(smooth(80, 0.5, rng), smooth(80, 0.5, rng)), Params(conf=0.8))
        assert (found.p_value < 0.2) == bool(found.extra["significant"])


def test_a_column_that_does_not_vary_has_no_lag() -> None:
    found = xcorr_lag.correlate(task(np.ones(20), np.arange(20.0)))
    assert (found.value, found.lag, found.p_value, found.extra["significant"]) == (0.0, 0, 1.0, 0)


def test_refuses_lags_beyond_the_rows_and_a_confidence_of_all() -> None:
    with pytest.raises(BadParameter, match="max_lag must be less than the number of rows, 20, got 20"):
        xcorr_lag.correlate(task(np.arange(20.0), np.arange(20.0)), Params(max_lag=20))
    with pytest.raises(BadParameter, match=r"conf must be in \(0, 1\), got 1"):
        Params(conf=1)
