from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import copod
from kernels.anomaly.copod import Params
from kernels.contract import BadParameter, Task, TooShort
from tests.kernels.golden import NASTY, flagged
from tests.kernels.pyod_golden import BOTH, L17, L96, TABLES, answer, task


def naive(table: list[list[float]]) -> list[float]:
    score = [0.0] * len(table)
    for column in map(list, zip(*table, strict=True)):
        n = len(column)
        mean = sum(column) / n
        skewness = np.sign(round(sum((x - mean) ** 3 for x in column) / n / max(np.std(column), 1e-9) ** 3, 9))
        for row, x in enumerate(column):
            left = -np.log(sum(other <= x for other in column) / n)
            right = -np.log(sum(other >= x for other in column) / n)
            named = left + right if skewness == 0 else left if skewness < 0 else right
            score[row] += max(named, (left + right) / 2)
    return score


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("n", [2, 30])
def test_equals_the_naive_sums(n: int, columns: int) -> None:
    table = np.round(np.random.default_rng(n).gamma(2.0, size=(n, columns)), 1)
    np.testing.assert_allclose(copod.detect(Task.of(table)).score, naive(table.tolist()), atol=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_the_answers_of_pyod(table: str) -> None:
    found = copod.detect(task(table))
    score, rows = answer("copod", table)
    np.testing.assert_allclose(found.score, score, rtol=1e-10)
    assert flagged(found.flags) == rows


@pytest.mark.parametrize(("series", "rows"), [(L17, "15 16"), (L96, "6 9 10 43 44 46 49 50 57 86"), (BOTH, "0 16")])
def test_the_contracted_answers(series: np.ndarray, rows: str) -> None:
    assert " ".join(map(str, flagged(copod.detect(Task.of(series)).flags))) == rows


@pytest.mark.parametrize("series", NASTY.values(), ids=list(NASTY))
def test_nothing_makes_it_answer_what_is_not_finite(series: np.ndarray) -> None:
    found = copod.detect(Task.of(np.column_stack((series, series[::-1]))))
    assert np.isfinite(found.score).all()


def test_a_column_that_does_not_vary_says_nothing() -> None:
    alone, beside = copod.detect(Task.of(L17)), copod.detect(Task.of(np.column_stack((L17, np.full(17, 0.1)))))
    np.testing.assert_array_equal(alone.score, beside.score)


def test_growing_transformations_change_nothing_while_the_skewness_keeps_its_side() -> None:
    table = np.random.default_rng(1).gamma(1.0, size=(50, 2))
    np.testing.assert_array_equal(copod.detect(Task.of(table)).score, copod.detect(Task.of(np.exp(table))).score)


def test_refuses_a_share_out_of_range_and_a_single_row() -> None:
    for share in (0.0, 0.51, -1.0):
        with pytest.raises(BadParameter, match=r"^contamination value out of range, valid range \(0, 0.5\]"):
            Params(share)
    with pytest.raises(TooShort, match="at least 2 values are needed, got 1"):
        copod.detect(Task.of([1.0]))
