from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.rhythm import find_rhythm


def naive(series: np.ndarray) -> int:
    """The same rule with sums instead of a Fourier transform."""
    n = len(series)
    low, middle, high = np.quantile(series, (0.25, 0.5, 0.75))
    z = np.clip((series - middle) / ((high - low) / 1.3489795003921634), -3.0, 3.0)
    z -= z.mean()
    products = [sum(z[i] * z[i + lag] for i in range(n - lag)) for lag in range(n // 4)]
    correlation = [products[lag] / products[0] * n / (n - lag) for lag in range(n // 4)]
    first = next(lag for lag in range(n // 4) if correlation[lag] < 0)
    enough = max(0.2, 3.0 / n**0.5, 0.6 * max(correlation[first:]))
    for lag in range(first + 1, n // 4 - 1):
        if correlation[lag - 1] <= correlation[lag] >= correlation[lag + 1] and correlation[lag] > enough:
            return max(range(lag, min(lag + lag // 4 + 1, n // 4)), key=lambda at: correlation[at])
    return 0


def beats(cycle: int, jitter: float, n: int) -> np.ndarray:
    """A short beat about every `cycle` rows, never quite regular, in a little noise."""
    rng = np.random.default_rng(cycle)
    x = 0.05 * rng.normal(size=n)
    at = 0.0
    while at < n:
        x += np.exp(-(((np.arange(n) - at) / 3.0) ** 2))
        at += cycle * (1.0 + jitter * rng.normal())
    return x


@pytest.mark.parametrize("cycle", [12, 25, 40])
def test_equals_the_naive_rule(cycle: int) -> None:
    x = np.sin(2 * np.pi * np.arange(300) / cycle) + 0.3 * np.random.default_rng(cycle).normal(size=300)
    assert find_rhythm(x) == naive(x)
    assert abs(find_rhythm(x) - cycle) <= 1


@pytest.mark.parametrize("jitter", [0.0, 0.03])
def test_finds_beats_that_are_not_quite_regular(jitter: float) -> None:
    assert abs(find_rhythm(beats(80, jitter, 4000)) - 80) <= 4


def test_noise_walks_and_constants_have_none() -> None:
    rng = np.random.default_rng(2)
    assert find_rhythm(rng.normal(size=2000)) == 0
    assert find_rhythm(np.full(100, 3.0)) == 0
    assert find_rhythm(np.arange(100.0)) == 0
    assert find_rhythm(np.array([1.0, 2.0])) == 0


def test_an_outlier_neither_feigns_nor_hides_it() -> None:
    x = np.sin(2 * np.pi * np.arange(400) / 20)
    x[77] = 1e6
    assert find_rhythm(x) == 20


def test_where_most_values_are_equal_the_standard_deviation_is_the_unit() -> None:
    x = np.zeros(400)
    x[::20] = 1.0
    assert find_rhythm(x) == 20


def test_spread_next_to_nothing_beside_a_huge_value_is_no_overflow() -> None:
    series = np.zeros(80)
    series[::3] = 5e-324
    series[70] = 1e149
    assert find_rhythm(series) >= 0
