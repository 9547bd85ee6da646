from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import pca
from kernels.anomaly.pca import Params
from kernels.contract import BadParameter, BadSeries, Task
from tests.kernels.golden import NASTY, flagged
from tests.kernels.pyod_golden import BOTH, L17, L96, TABLES, answer, task


def naive(table: np.ndarray, number: int, standardized: bool) -> list[float]:
    if standardized:
        table = (table - table.mean(axis=0)) / table.std(axis=0)
    _, values, vectors = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    shares = values**2 / (values**2).sum()
    score = []
    for row in table:
        total = 0.0
        for vector, share in list(zip(vectors, shares, strict=True))[:number]:
            end = vector * np.sign(vector[np.argmax(np.abs(vector))])
            total += sum((x - e) ** 2 for x, e in zip(row, end, strict=True)) ** 0.5 / share
        score.append(total)
    return score


@pytest.mark.parametrize("standardized", [True, False])
@pytest.mark.parametrize(("columns", "number"), [(1, 1), (3, 3), (6, 2), (9, 9)])
def test_equals_the_naive_sums(columns: int, number: int, standardized: bool) -> None:
    table = np.random.default_rng(columns).normal(size=(41, columns)) * np.arange(1.0, columns + 1.0) + 5.0
    found = pca.detect(Task.of(table), Params(n_components=number, standardization=standardized))
    np.testing.assert_allclose(found.score, naive(table, number, standardized), rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("pca", Params()),
        ("pca n_components=2", Params(n_components=2)),
        ("pca n_components=0.8", Params(n_components=0.8)),
        ("pca standardization=0", Params(standardization=False)),
    ],
)
@pytest.mark.parametrize("table", TABLES)
def test_the_answers_of_pyod(table: str, name: str, params: Params) -> None:
    found = pca.detect(task(table), params)
    score, rows = answer(name, table)
    np.testing.assert_allclose(found.score, score, rtol=1e-8)
    assert flagged(found.flags) == rows


@pytest.mark.parametrize(("series", "rows"), [(L17, "0 10"), (L96, "2 3 20 58 82 84 86 88 89 91"), (BOTH, "0 16")])
def test_the_contracted_answers(series: np.ndarray, rows: str) -> None:
    assert " ".join(map(str, flagged(pca.detect(Task.of(series)).flags))) == rows


@pytest.mark.parametrize("series", NASTY.values(), ids=list(NASTY))
def test_nothing_makes_it_answer_what_is_not_finite(series: np.ndarray) -> None:
    table = np.column_stack((series, series[::-1], series))  # one column is another
    assert np.isfinite(pca.detect(Task.of(table)).score).all()
    if np.abs(series).max() <= 1e100:
        assert np.isfinite(pca.detect(Task.of(table), Params(standardization=False)).score).all()


def test_fewer_rows_than_columns_are_taken() -> None:
    assert np.isfinite(pca.detect(Task.of(np.random.default_rng(2).normal(size=(3, 8)))).score).all()


def test_refuses_components_and_columns_there_cannot_be() -> None:
    for number in (0, -1, 1.5):
        with pytest.raises(BadParameter, match="^n_components must be a positive integer or a float in"):
            Params(n_components=number)
    with pytest.raises(BadParameter, match="n_components must be at most 2 for 17 rows of 2 columns, got 3"):
        pca.detect(Task.of(BOTH), Params(n_components=3))
    with pytest.raises(BadSeries, match="pca takes at most 500 columns"):
        pca.detect(Task.of(np.ones((10, 501))))
    with pytest.raises(BadSeries, match=r"without standardization values must be at most 1e\+100"):
        pca.detect(Task.of(BOTH * 1e200), Params(standardization=False))
