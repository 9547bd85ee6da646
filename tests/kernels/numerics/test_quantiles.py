from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.numerics.quantiles import SAMPLE, median, quantile
from tests.kernels.golden import GOLDEN, SERIES


def naive(series: np.ndarray, fraction: float) -> float:
    ordered = sorted(series.tolist())
    position = fraction * (len(ordered) - 1)
    lower, upper = ordered[int(position)], ordered[min(int(position) + 1, len(ordered) - 1)]
    return lower + (upper - lower) * (position - int(position))


SHAPES = {
    "noise": lambda n: np.random.default_rng(n).normal(size=n),
    "few values": lambda n: np.random.default_rng(n).integers(0, 4, n).astype(np.float64),
    "sorted": lambda n: np.arange(n, dtype=np.float64),
    "falling": lambda n: -np.arange(n, dtype=np.float64),
    "walk": lambda n: np.cumsum(np.random.default_rng(n).normal(size=n)),
    "periodic": lambda n: np.sin(np.arange(n) * 2 * np.pi / 8),
    "all equal": lambda n: np.full(n, 3.0),
    "one outlier": lambda n: np.where(np.arange(n) == n // 2, 1e9, 0.0),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 2, 3, 100, 4 * SAMPLE, 4 * SAMPLE + 1, 20011])
@pytest.mark.parametrize("fraction", [0.0, 1e-4, 0.25, 0.5, 0.75, 0.95, 0.9999, 1.0])
def test_equals_the_naive_quantile(shape: str, n: int, fraction: float) -> None:
    series = SHAPES[shape](n)
    kept = series.copy()
    assert quantile(series, fraction) == pytest.approx(naive(series, fraction), rel=1e-14, abs=1e-14)
    assert (series == kept).all()


def test_a_sample_that_misleads_costs_time_only() -> None:
    # the sampled places hold the largest values: the bracket misses every rank but the last
    n = 5 * SAMPLE
    places = {int(((i + 1) * 0.6180339887498949 % 1.0) * n) for i in range(SAMPLE)}
    series = np.array([1000.0 + i if i in places else float(i % 7) for i in range(n)])
    assert median(series) == np.median(series)


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e300, 1e300)), st.floats(0, 1))
def test_stays_between_its_neighbours(series: np.ndarray, fraction: float) -> None:
    ordered = np.sort(series)
    position = fraction * (len(series) - 1)
    assert ordered[int(position)] <= quantile(series, fraction) <= ordered[min(int(position) + 1, len(series) - 1)]


@pytest.mark.parametrize("name", SERIES)
def test_equals_rs_quantiles(name: str) -> None:
    wanted = GOLDEN["series"][name]["summary"]["quantile_type7"]
    assert [quantile(SERIES[name], f) for f in (0.25, 0.5, 0.75)] == pytest.approx(wanted, rel=1e-12)
