from __future__ import annotations

import numpy as np
import pytest

from kernels.correlation import spearman
from tests.kernels.correlation.test_tlcc import L17, task
from tests.kernels.numerics.test_lagged import naive


def ranks(x: list[float]) -> list[float]:
    return [sum(other < value for other in x) + (sum(other == value for other in x) + 1) / 2 for value in x]


@pytest.mark.parametrize("n", [3, 10, 60])
def test_equals_the_naive_coefficient_of_ranks(n: int) -> None:
    x, y = np.round(np.random.default_rng(n).normal(size=(2, n)), 1).tolist()
    assert spearman.correlate(task(x, y)).value == pytest.approx(naive(ranks(x), ranks(y), 0))


def test_equals_scipy() -> None:
    found = spearman.correlate(task(L17, L17[::-1]))  # scipy.stats.spearmanr 1.17
    assert (found.value, found.p_value) == (pytest.approx(-0.4299754299754299), pytest.approx(0.08494978564343587))


def test_any_growing_relation_counts_in_full() -> None:
    x = np.random.default_rng(1).normal(size=50)
    assert spearman.correlate(task(x, np.exp(3.0 * x))).value == pytest.approx(1.0)
    assert spearman.correlate(task(x, -(x**3))).value == pytest.approx(-1.0)


def test_a_column_that_does_not_vary_has_no_correlation() -> None:
    assert spearman.correlate(task(np.ones(9), np.arange(9.0))).value == 0.0
