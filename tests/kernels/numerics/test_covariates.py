from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.contract import BadSeries, Task, TooShort
from kernels.numerics.covariates import combinations, known

N, ROWS = 20, 4
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, N + ROWS))


def naive(columns: NDArray[np.float64]) -> list[bool]:
    """Which column adds nothing to the rank."""
    ranks = [int(np.linalg.matrix_rank(columns[: i + 1], tol=1e-6)) for i in range(len(columns))]
    return [rank == before for rank, before in zip(ranks, [0, *ranks], strict=False)]


def task(**covariates: NDArray[np.float64]) -> Task:
    return Task.of(np.arange(float(N)), rows=ROWS, known=covariates)


@pytest.mark.parametrize("seed", range(5))
def test_combinations_are_what_the_rank_says(seed: int) -> None:
    columns = np.random.default_rng(seed).normal(size=(6, 12))
    columns[3] = 2.0 * columns[0] - columns[2]
    columns[5] = columns[1]
    assert [of is not None for of in combinations(columns)] == naive(columns)
    assert combinations(columns)[3] == [0, 2]


def test_history_and_future_are_parted() -> None:
    found = known(task(a=A, b=B), "arima")
    assert found.names == ("a", "b")
    np.testing.assert_array_equal(found.inside, [A[:N], B[:N]])
    np.testing.assert_array_equal(found.ahead, [A[N:], B[N:]])


def test_none_are_none() -> None:
    assert known(task(), "arima").inside.shape == (0, N)


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        (
            {"a": A[:N]},
            "covariate a needs 24 values, 20 for the rows of the series and 4 for those to forecast, got 20",
        ),
        ({"a": np.where(np.arange(24) == 22, np.nan, A)}, "covariate a is not finite at row 22: nan"),
        ({"a": A * 1e200}, "covariate a must lie within 1e+150, got a value of magnitude"),
        ({"a": np.append(np.full(N, 3.0), A[N:])}, "covariate a is constant (3) at all 20 rows of the series"),
        ({"a": A, "b": 5.0 - 2.0 * A}, "covariate b is collinear: it is a linear combination of a; leave one out"),
        ({"a": A, "b": B, "c": A + B}, "covariate c is collinear: it is a linear combination of a and b"),
        ({f"a{i}": A for i in range(101)}, "arima takes at most 100 covariates, got 101"),
    ],
)
def test_what_a_regression_cannot_use_is_refused(covariates: dict[str, NDArray[np.float64]], message: str) -> None:
    with pytest.raises(BadSeries, match=re.escape(message)):
        known(task(**covariates), "arima")


def test_more_covariates_than_rows_can_tell_are_refused() -> None:
    many = {f"a{i}": RNG.normal(size=N + ROWS) for i in range(18)}
    with pytest.raises(TooShort, match="18 covariates need at least 21 rows, got 20"):
        known(task(**many), "arima")


def test_one_without_a_future_is_refused_by_name() -> None:
    with pytest.raises(BadSeries, match="but past_dynamic_real_1 ends with the data"):
        known(Task.of(np.arange(9.0), rows=2, past={"past_dynamic_real_1": A[:9]}), "arima")
