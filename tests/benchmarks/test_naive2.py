"""The forecast that OWA is relative to."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks._naive2 import has_season, naive2, seasonal

FACTORS = np.array([0.5, 1.0, 1.5, 1.0])


def test_without_a_season_the_last_value_is_repeated() -> None:
    noise = np.random.default_rng(1).normal(10.0, 1.0, 60)
    assert not has_season(noise, 12)
    assert naive2(noise, 12, 3).tolist() == [noise[-1]] * 3
    assert naive2(np.array([1.0, 2.0, 1.0, 2.0]), 2, 2).tolist() == [2.0, 2.0]  # not three of them
    assert naive2(np.full(30, 4.0), 3, 2).tolist() == [4.0, 4.0]


@pytest.mark.parametrize(("period", "factors"), [(4, FACTORS), (3, np.array([0.5, 1.0, 1.5]))])
def test_factors_are_met_around_a_line(period: int, factors: np.ndarray) -> None:
    t = np.arange(12 * period + 2)
    x = (100.0 + t) * np.tile(factors, 13)[: len(t)]
    np.testing.assert_allclose(seasonal(x, period), factors, rtol=0.01)
    np.testing.assert_allclose(
        naive2(x, period, 5), (100.0 + t[-1]) * np.tile(factors, 3)[(len(t) % period) :][:5], rtol=0.02
    )


def test_differences_are_met_where_values_are_not_positive() -> None:
    x = np.tile([-3.0, 0.0, 3.0, 0.0], 10)
    np.testing.assert_allclose(seasonal(x, 4), [-3.0, 0.0, 3.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(naive2(x, 4, 6), [-3.0, 0.0, 3.0, 0.0, -3.0, 0.0], atol=1e-12)


def test_the_limit_is_that_of_bartlett() -> None:
    x = np.array([5.0, 1.0, 4.0, 2.0, 6.0, 1.0, 3.0, 2.0, 5.0, 3.0, 4.0, 1.0])
    mean, n = sum(x) / 12, 12
    of = [sum((x[t] - mean) * (x[t - lag] - mean) for t in range(lag, n)) for lag in range(5)]
    r = [each / of[0] for each in of]
    assert has_season(x, 4) == (abs(r[4]) > 1.645 * ((1 + 2 * (r[1] ** 2 + r[2] ** 2 + r[3] ** 2)) / n) ** 0.5)
