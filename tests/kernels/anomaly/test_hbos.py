from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import hbos
from kernels.anomaly.hbos import Params
from kernels.contract import BadParameter, Task
from tests.kernels.golden import NASTY, flagged
from tests.kernels.pyod_golden import BOTH, L17, L96, TABLES, answer, task


def naive(table: list[list[float]], bins: int) -> list[float]:
    score = [0.0] * len(table)
    for column in map(list, zip(*table, strict=True)):
        counts, edges = np.histogram(column, bins)
        for row, x in enumerate(column):
            at = max(next(k for k in range(bins + 1) if x <= edges[k]) - 1, 0)  # an edge belongs to the bin below
            density = counts[at] / len(column) / (edges[at + 1] - edges[at])
            score[row] -= np.log2(density + 0.1)
    return score


@pytest.mark.parametrize("bins", [2, 10, 33])
@pytest.mark.parametrize("n", [2, 60])
def test_equals_the_naive_sums(n: int, bins: int) -> None:
    table = np.round(np.random.default_rng(n).normal(size=(n, 3)), 1)
    found = hbos.detect(Task.of(table), Params(n_bins=bins)).score
    np.testing.assert_allclose(found, naive(table.tolist(), bins), atol=1e-12)


@pytest.mark.parametrize(("name", "params"), [("hbos", Params()), ("hbos n_bins=25", Params(n_bins=25))])
@pytest.mark.parametrize("table", TABLES)
def test_the_answers_of_pyod(table: str, name: str, params: Params) -> None:
    found = hbos.detect(task(table), params)
    score, rows = answer(name, table)
    np.testing.assert_allclose(found.score, score, rtol=1e-10, atol=1e-12)
    assert flagged(found.flags) == rows


@pytest.mark.parametrize(("series", "rows"), [(L17, "16"), (L96, "6 9 10 43 44 46 49 50 57"), (BOTH, "0 16")])
def test_the_contracted_answers(series: np.ndarray, rows: str) -> None:
    assert " ".join(map(str, flagged(hbos.detect(Task.of(series)).flags))) == rows


@pytest.mark.parametrize("series", NASTY.values(), ids=list(NASTY))
def test_nothing_makes_it_answer_what_is_not_finite(series: np.ndarray) -> None:
    for bins in (2, 10, 1000):
        found = hbos.detect(Task.of(np.column_stack((series, series[::-1]))), Params(n_bins=bins))
        assert np.isfinite(found.score).all()


def test_a_column_that_does_not_vary_says_the_same_of_every_row() -> None:
    alone, beside = hbos.detect(Task.of(L17)), hbos.detect(Task.of(np.column_stack((L17, np.full(17, 0.1)))))
    assert np.ptp(alone.score - beside.score) < 1e-12


def test_refuses_numbers_of_bins_that_make_no_sense() -> None:
    with pytest.raises(BadParameter, match="^n_bins should be >= 2"):
        Params(n_bins=1)
    with pytest.raises(BadParameter, match="n_bins should be at most 10000, got 10001"):
        Params(n_bins=10_001)
