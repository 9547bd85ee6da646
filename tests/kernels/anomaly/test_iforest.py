from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import iforest
from kernels.anomaly.iforest import Params
from kernels.contract import BadParameter, BadSeries, Task
from tests.kernels.golden import NASTY, flagged
from tests.kernels.pyod_golden import BOTH, L17, L96, TABLES, answer, task


def naive_depth(
    table: list[list[float]], rows: list[int], node: int, random: list, level: int, levels: int, x
) -> float:
    """How deep a row gets in the tree of some rows; `random` has three numbers for each node."""
    varying = [k for k in range(len(table[0])) if len({table[row][k] for row in rows}) > 1] if len(rows) > 1 else []
    if level == levels or not varying:
        return level + expected(len(rows))
    feature = int(random[node][0] * len(table[0]))
    if feature not in varying:
        feature = varying[int(random[node][1] * len(varying))]
    values = [table[row][feature] for row in rows]
    cut = min(values) * (1.0 - random[node][2]) + max(values) * random[node][2]
    left = x[feature] <= cut
    kept = [row for row in rows if (table[row][feature] <= cut) == left]
    return naive_depth(table, kept, 2 * node + (1 if left else 2), random, level + 1, levels, x)


def expected(size: int) -> float:
    return (
        0.0 if size <= 1 else 1.0 if size == 2 else 2 * (np.log(size - 1) + 0.5772156649015329) - 2 * (size - 1) / size
    )


@pytest.mark.parametrize(("n", "columns"), [(2, 1), (9, 2), (20, 3)])
def test_equals_the_naive_trees(n: int, columns: int) -> None:
    table = np.round(np.random.default_rng(n).normal(size=(n, columns)), 1)
    table[:, -1] = 1.0 if columns == 3 else table[:, -1]
    found = iforest.detect(Task.of(table), Params(n_estimators=5)).score
    random = np.random.default_rng(42)
    levels = int(np.ceil(np.log2(n)))
    samples = [random.choice(n, n, replace=False, shuffle=False).tolist() for _ in range(5)]
    cuts = random.random((5, 2**levels - 1, 3)).tolist()
    rows = table.tolist()
    for x, score in zip(rows, found, strict=True):
        depths = [
            naive_depth(rows, *tree, 0, levels, x)
            for tree in ((sample, 0, cut) for sample, cut in zip(samples, cuts, strict=True))
        ]
        assert score == pytest.approx(2.0 ** (-np.mean(depths) / expected(n)))


@pytest.mark.compiled_only("100 trees")
@pytest.mark.parametrize("table", TABLES)
def test_the_answers_of_pyod_within_what_another_seed_changes(table: str) -> None:
    found = iforest.detect(task(table))
    (score, rows), (other, _) = answer("iforest", table), answer("iforest random_state=7", table)
    between_seeds = np.std(other - score)
    assert np.std(found.score - score) < 1.6 * between_seeds
    assert len(set(flagged(found.flags)) & set(rows)) >= 0.6 * len(rows)


@pytest.mark.compiled_only("100 trees")
@pytest.mark.parametrize(
    ("series", "rows", "same"),
    [(L17, "0 16", 2), (L96, "10 21 43 46 49 50 57 86 87 89", 8), (BOTH, "0 16", 2)],
)
def test_the_contracted_answers_but_for_the_seed(series: np.ndarray, rows: str, same: int) -> None:
    found = flagged(iforest.detect(Task.of(series)).flags)
    assert len(set(found) & set(map(int, rows.split()))) >= same


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    first, again, other = (
        iforest.detect(Task.of(BOTH), Params(n_estimators=5, random_state=seed)) for seed in (42, 42, 1)
    )
    np.testing.assert_array_equal(first.score, again.score)
    assert (first.score != other.score).any()


def test_more_rows_than_a_tree_takes_and_a_number_that_is_no_multiple_of_four() -> None:
    table = np.random.default_rng(3).normal(size=(303, 2))
    table[200] = 9.0
    score = iforest.detect(Task.of(table), Params(n_estimators=5)).score
    assert (np.argmax(score), (score > 0.0).all(), (score < 1.0).all()) == (200, True, True)


def test_rows_that_are_all_alike_stand_out_as_little_as_expected() -> None:
    np.testing.assert_allclose(iforest.detect(Task.of(np.ones((30, 2)))).score, 0.5)


@pytest.mark.parametrize("series", NASTY.values(), ids=list(NASTY))
def test_nothing_makes_it_answer_what_is_not_finite(series: np.ndarray) -> None:
    found = iforest.detect(Task.of(np.column_stack((series, series[::-1]))), Params(n_estimators=10))
    assert np.isfinite(found.score).all()


def test_it_ends_when_the_time_is_up() -> None:
    late = Task.of(L17, out_of_time=lambda: True)
    assert iforest.detect(late, Params(n_estimators=50)).flags.any()
    with pytest.raises(BadSeries, match="60 trees were not done in time; n_estimators=50 would be"):
        iforest.detect(late, Params(n_estimators=60))


def test_refuses_numbers_of_trees_and_seeds_that_make_no_sense() -> None:
    with pytest.raises(BadParameter, match="^n_estimators should be greater than 0"):
        Params(n_estimators=0)
    with pytest.raises(BadParameter, match="n_estimators should be at most 10000, got 10001"):
        Params(n_estimators=10_001)
    with pytest.raises(BadParameter, match="^random_state must be >= 0"):
        Params(random_state=-1)
