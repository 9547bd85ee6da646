from __future__ import annotations

from fractions import Fraction
from math import isqrt, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.numerics.moments import mean_and_std
from tests.kernels.golden import GOLDEN, NASTY, SERIES


def naive(series: np.ndarray) -> tuple[float, float]:
    """Exact rational arithmetic."""
    exact = [Fraction(float(x)) for x in series]
    mean = sum(exact) / len(exact)
    variance = sum((x - mean) ** 2 for x in exact) / len(exact)
    scaled = variance * 10**800
    return float(mean), float(Fraction(isqrt(scaled.numerator // scaled.denominator), 10**400))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e9, -1e12])
def test_equals_exact_arithmetic(n: int, offset: float) -> None:
    series = np.random.default_rng(n).normal(size=n) + offset
    mean, std = mean_and_std(series)
    exact_mean, exact_std = naive(series)
    assert mean == pytest.approx(exact_mean, rel=1e-15)
    assert std == pytest.approx(exact_std, rel=1e-12)


@given(st.lists(st.floats(-1e306, 1e306), min_size=1, max_size=30))
def test_no_magnitude_over_or_underflows(values: list[float]) -> None:
    mean, std = mean_and_std(np.array(values))
    exact_mean = float(sum(map(Fraction, values)) / len(values))
    largest = max(map(abs, values))
    assert np.isfinite([mean, std]).all()
    assert abs(mean - exact_mean) <= 1e-14 * largest + 1e-320
    assert 0 <= std <= largest * (1 + 1e-12) + 1e-320


def test_a_constant_series_has_no_spread_at_all() -> None:
    assert mean_and_std(np.full(1000, 0.1)) == (0.1, 0.0)
    assert mean_and_std(NASTY["all zero"]) == (0.0, 0.0)


def test_squares_do_not_overflow() -> None:
    mean, std = mean_and_std(np.array([1e200, -1e200]))
    assert (mean, sqrt(std)) == (0.0, sqrt(1e200))


@pytest.mark.parametrize("name", SERIES)
def test_equals_r(name: str) -> None:
    summary = GOLDEN["series"][name]["summary"]
    assert mean_and_std(SERIES[name]) == pytest.approx((summary["mean"], summary["sd_n"]), rel=1e-12)
