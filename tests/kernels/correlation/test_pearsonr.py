from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadSeries, Task, TooShort
from kernels.correlation import pearsonr
from tests.kernels.correlation.test_tlcc import L17, task
from tests.kernels.numerics.test_lagged import naive


@pytest.mark.parametrize(
    ("x", "y", "r", "p"),
    [
        ([1, 1.1, 1, 1.2, 1.1], [1, 1.5, 1.3, 1.8, 1.6], 0.9210376169618041, 0.02631796499311349),
        (L17, L17[::-1], -0.5305385072262919, 0.0284541050463382),
    ],
)
def test_the_answers_of_the_original(x, y, r: float, p: float) -> None:
    found = pearsonr.correlate(task(x, y))
    assert (found.value, found.p_value) == (pytest.approx(r, rel=1e-13), pytest.approx(p, rel=1e-12))


@pytest.mark.parametrize("n", [3, 10, 1000])
def test_equals_the_naive_coefficient(n: int) -> None:
    x, y = np.random.default_rng(n).normal(size=(2, n))
    assert pearsonr.correlate(task(x, x + y)).value == pytest.approx(naive(x.tolist(), (x + y).tolist(), 0))


def test_chance_is_as_likely_as_it_says() -> None:
    rng = np.random.default_rng(1)
    p = [pearsonr.correlate(task(*rng.normal(size=(2, 12)))).p_value for _ in range(400)]
    np.testing.assert_allclose(np.quantile(p, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.06)


def test_a_column_that_does_not_vary_has_no_correlation_and_all_of_it_is_chance() -> None:
    found = pearsonr.correlate(task(np.full(9, 0.1), np.arange(9.0)))
    assert (found.value, found.p_value) == (0.0, 1.0)


def test_refuses_one_column_columns_of_unequal_length_and_one_row() -> None:
    with pytest.raises(BadSeries, match="^a second data column is required for pearsonr$"):
        pearsonr.correlate(Task.of([1.0, 2.0]))
    with pytest.raises(BadSeries, match="pearsonr needs columns of one length, got 17 and 2 rows"):
        pearsonr.correlate(task(L17, L17[:2]))
    with pytest.raises(TooShort, match="at least 2 values are needed, got 1"):
        pearsonr.correlate(task([1.0], [2.0]))
