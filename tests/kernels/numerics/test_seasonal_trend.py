from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from statsmodels.tsa.seasonal import STL

from kernels.numerics.seasonal_trend import decompose


def odd(number: int) -> int:
    return number + 1 - number % 2


@pytest.mark.parametrize(("n", "m"), [(20, 4), (37, 4), (100, 12), (130, 6), (200, 24)])
def test_equals_statsmodels(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    y = np.cumsum(rng.normal(size=n)) + 3.0 * np.sin(2.0 * np.pi * np.arange(n) / m)
    trend, low = odd(ceil(1.5 * m / (1.0 - 1.5 / 11))), odd(m)
    # the jumps are those R's stl documents: a tenth of each window
    expected = STL(
        y, m, seasonal=11, trend=trend, low_pass=low, seasonal_deg=0,
        seasonal_jump=2, trend_jump=ceil(trend / 10), low_pass_jump=ceil(low / 10),
    ).fit(inner_iter=2, outer_iter=0)  # fmt: skip
    season, level = decompose(y, m, 11)
    np.testing.assert_allclose(season, expected.seasonal, atol=1e-10)
    np.testing.assert_allclose(level, expected.trend, atol=1e-10)


def test_a_constant_has_no_season() -> None:
    season, trend = decompose(np.full(40, 7.0), 4, 11)
    np.testing.assert_allclose(season, 0.0, atol=1e-12)
    np.testing.assert_allclose(trend, 7.0, atol=1e-12)


def test_an_exact_season_is_found_exactly() -> None:
    y = np.tile([1.0, -2.0, 0.5, 0.5], 12)
    season, trend = decompose(y, 4, 11)
    np.testing.assert_allclose(season, y, atol=1e-12)
    np.testing.assert_allclose(trend, 0.0, atol=1e-12)
