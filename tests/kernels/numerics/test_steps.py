from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.steps import four_sums_apart, mean_step, sum_apart


def naive(x: list[float], lag: int, first: int = 0) -> list[float]:
    return [abs(x[t] - x[t - lag]) for t in range(max(first, lag), len(x))]


@pytest.mark.parametrize("n", [9, 60])
def test_sums_equal_the_naive_ones_to_the_last_digit(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    lags = (1, 2, 5, 8)
    wanted = []
    for lag in lags:
        total = 0.0  # in this order: `sum` may compensate
        for step in naive(x.tolist(), lag):
            total += step
        wanted.append(total)
    assert [sum_apart(x, lag) for lag in lags] == wanted
    assert list(four_sums_apart(x, *lags)) == wanted


@pytest.mark.parametrize(("lag", "first"), [(1, 0), (3, 0), (3, 2), (1, 20)])
def test_a_mean_step_is_that_of_the_rows_from_the_first_one_on(lag: int, first: int) -> None:
    x = np.random.default_rng(0).normal(size=30)
    assert mean_step(x, lag, first) == pytest.approx(np.mean(naive(x.tolist(), lag, first)))


def test_where_there_is_no_such_pair_of_rows_the_step_is_0() -> None:
    assert mean_step(np.ones(3), 3, 0) == 0.0
