from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.neighbors import LocalOutlierFactor

from kernels.anomaly import lof
from kernels.anomaly.lof import Params
from kernels.contract import BadParameter, BadSeries, Task, TooShort
from tests.kernels.golden import GOLDEN, NASTY, SERIES, flagged


def naive(table: np.ndarray, k: int) -> np.ndarray:
    """All distances; of several rows at the k-distance each counts in part."""
    table = np.asarray(table, np.float64).reshape(len(table), -1)
    n, k = len(table), min(k, len(table) - 1)
    distance = np.sqrt(((table[:, None] - table[None]) ** 2).sum(axis=2))
    far = np.array([sorted(np.delete(distance[i], i))[k - 1] for i in range(n)])
    weight = np.zeros((n, n))
    for i in range(n):
        others = np.arange(n) != i
        inner, rim = others & (distance[i] < far[i]), others & (distance[i] == far[i])
        weight[i, inner], weight[i, rim] = 1.0, (k - inner.sum()) / rim.sum()
    reach = np.maximum(distance, far[None, :])
    mean = (weight * reach).sum(axis=1) / k
    distinct = mean[np.unique(table, axis=0, return_index=True)[1]]
    density = 1 / (mean + 1e-10 * (np.median(distinct[distinct > 0]) if distinct.any() else 1))
    return (weight @ density) / k / density


def sklearns(table: np.ndarray, k: int, algorithm: str = "auto") -> np.ndarray:
    model = LocalOutlierFactor(n_neighbors=min(k, len(table) - 1), algorithm=algorithm)
    return -model.fit(np.asarray(table, np.float64).reshape(len(table), -1)).negative_outlier_factor_


@pytest.mark.parametrize("k", [1, 2, 10, 30])
@pytest.mark.parametrize("n", [2, 3, 11, 60])
@pytest.mark.parametrize("columns", [1, 2, 5])
def test_equals_the_naive_factors(n: int, k: int, columns: int) -> None:
    rng = np.random.default_rng(n)
    for table in (
        rng.normal(size=(n, columns)),
        rng.integers(0, 3, (n, columns)),
        np.round(rng.normal(size=(n, columns)) * 9),
    ):
        np.testing.assert_allclose(lof.detect(Task.of(table), Params(k)).score, naive(table, k), rtol=1e-9)


@pytest.mark.parametrize(("n", "columns"), [(500, 1), (700, 2), (400, 8)])
@pytest.mark.parametrize("k", [5, 20])
def test_equals_scikit_learn_where_no_distances_tie(n: int, columns: int, k: int) -> None:
    # large numbers, beside which the 1e-10 that scikit-learn adds to a distance is nothing
    table = 1e6 * np.random.default_rng(k).normal(size=(n, columns))
    np.testing.assert_allclose(lof.detect(Task.of(table), Params(k)).score, sklearns(table, k), rtol=1e-9)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("k", [10, 20])
def test_lies_between_the_flags_of_all_and_of_any_recorded_algorithm(name: str, k: int) -> None:
    recorded = GOLDEN["series"][name]["lof"][f"k={k}"]
    found = set(flagged(lof.detect(Task.of(SERIES[name]), Params(k)).flags))
    assert set(recorded["flagged_by_all"]) <= found <= set(recorded["flagged_by_any"])


def test_equals_the_recorded_factors_where_no_distances_tie() -> None:
    recorded = GOLDEN["series"]["ldeaths"]["lof"]["k=20"]["factor"]
    np.testing.assert_allclose(lof.detect(Task.of(SERIES["ldeaths"]), Params(20)).score, recorded, rtol=1e-9)


def test_rows_that_all_have_equal_neighbours_fit() -> None:
    series = np.array([1.0] * 30 + [5.0] * 30)
    assert (lof.detect(Task.of(series)).score == 1.0).all()
    np.testing.assert_allclose(sklearns(series, 10), 1.0)


def test_one_row_beside_equal_ones_is_as_far_out_as_scikit_learn_says() -> None:
    series = np.array([1.0] * 30 + [2.0])  # a distance of 1: scikit-learn's floor is then ours
    assert flagged(lof.detect(Task.of(series)).flags) == [30]
    with pytest.warns(UserWarning, match="Duplicate values"):
        theirs = sklearns(series, 10)
    np.testing.assert_allclose(lof.detect(Task.of(series)).score, theirs, rtol=1e-6)


@pytest.mark.parametrize("columns", [1, 3])
def test_more_neighbours_than_rows_means_all_others(columns: int) -> None:
    table = np.random.default_rng(1).normal(size=(12, columns))
    for k in (12, 13, 40000):
        assert (lof.detect(Task.of(table), Params(k)).score == lof.detect(Task.of(table), Params(11)).score).all()


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("k", [1, 10, 1000])
def test_answers_are_finite_for_any_finite_series(name: str, k: int) -> None:
    series = NASTY[name]
    for table in (series, np.column_stack((series, series[::-1]))):
        score = lof.detect(Task.of(table), Params(k)).score
        assert np.isfinite(score).all()
        assert (score >= 0).all()


@settings(max_examples=50)
@given(arrays(np.float64, st.tuples(st.integers(3, 40), st.integers(1, 3)), elements=st.integers(0, 8).map(float)))
def test_neither_order_nor_mirror_matters_even_with_ties(table: np.ndarray) -> None:
    score = lof.detect(Task.of(table), Params(3)).score
    order = np.random.default_rng(0).permutation(len(table))
    np.testing.assert_allclose(lof.detect(Task.of(table[order]), Params(3)).score, score[order], rtol=1e-9)
    np.testing.assert_allclose(lof.detect(Task.of(-table), Params(3)).score, score, rtol=1e-9)


@pytest.mark.parametrize("offset", [1e9, -1e6])
def test_an_offset_does_not_matter(offset: float) -> None:
    series = np.random.default_rng(4).integers(0, 10**6, 200) / 1024
    np.testing.assert_allclose(lof.detect(Task.of(series + offset)).score, lof.detect(Task.of(series)).score, rtol=1e-9)


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_ties_are_ties_also_in_steps_that_no_double_holds(columns: int) -> None:
    steps = np.random.default_rng(7).integers(0, 12, (80, columns))
    whole, tenths = lof.detect(Task.of(steps)), lof.detect(Task.of(steps * 0.1))
    np.testing.assert_allclose(tenths.score, whole.score, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e12])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_neither_unit_nor_zero_of_several_columns_matters(scale: float, offset: float) -> None:
    table = np.random.default_rng(9).integers(0, 9, (120, 3)).astype(np.float64)
    table[50] = 30.0
    found, moved = lof.detect(Task.of(table)), lof.detect(Task.of((table + offset) * scale))
    assert found.flags[50] == -1
    np.testing.assert_array_equal(moved.flags, found.flags)
    np.testing.assert_allclose(moved.score, found.score, rtol=1e-6)


def test_one_column_of_a_table_is_the_series() -> None:
    series = np.random.default_rng(6).normal(size=50)
    assert (lof.detect(Task.of(series.reshape(-1, 1))).score == lof.detect(Task.of(series)).score).all()


def test_a_row_is_found_that_no_column_shows() -> None:
    rng = np.random.default_rng(8)
    first = rng.normal(size=300)
    table = np.column_stack((first, first + 0.01 * rng.normal(size=300)))
    table[100] = [1.0, -1.0]
    assert lof.detect(Task.of(table)).flags[100] == -1
    assert int(np.argmax(lof.detect(Task.of(table)).score)) == 100


def test_the_table_is_not_modified() -> None:
    table = np.arange(20.0).reshape(10, 2)
    lof.detect(Task.of(table))
    assert (table == np.arange(20.0).reshape(10, 2)).all()


def test_the_wire_knows_the_documented_spellings() -> None:
    (neighbors,) = (field for field in dataclasses.fields(Params) if field.name == "neighbors")
    assert {"n_neighbor", "n_neighbors"} <= set(neighbors.metadata["aliases"])
    assert Params() == Params(neighbors=10, algorithm="auto")


def test_refusals() -> None:
    with pytest.raises(BadParameter, match="neighbors must be >= 1, got 0"):
        Params(0)
    with pytest.raises(BadParameter, match="algorithm must be auto or brute or kd_tree or ball_tree, got magic"):
        Params(10, "magic")  # type: ignore[arg-type]
    with pytest.raises(TooShort, match="at least 2 values are needed, got 1"):
        lof.detect(Task.of([1.0]))
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        lof.detect(Task.of([[1.0, 2.0], [np.nan, 2.0]]))
