from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.contract import BadSeries
from kernels.numerics import profile_search
from kernels.numerics.profile_search import COSINE, DTW, NESTED, NORMALIZATIONS, OVERLAPPING, Pieces, Wanted, search
from kernels.numerics.warping import match_by_resolutions


def naive_normalized(x: np.ndarray, how: str) -> np.ndarray:
    if how == "centering":
        return x - x.mean()
    if how == "none":
        return x
    if x.min() == x.max():
        return x * 0.0
    return (x - x.mean()) / x.std() if how == "z-score" else (x - x.min()) / (x.max() - x.min())


def naive(profile: np.ndarray, values: np.ndarray, pieces: Pieces, wanted: Wanted) -> list[tuple[float, int]]:
    """Compare with every piece, sort, go through them."""
    how = NORMALIZATIONS.index(wanted.normalization)
    a = profile_search._normalized(profile, 0, len(profile), how)
    ranked = []
    for k, (begin, size) in enumerate(zip(pieces.begin, pieces.size, strict=True)):
        b = profile_search._normalized(values, begin, size, how)
        if wanted.metric == DTW:
            ranked.append((match_by_resolutions(a, b, wanted.radius)[0], k))
        else:
            ranked.append((-float(a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)), k))
    found: list[tuple[float, int]] = []
    for value, k in sorted(ranked):
        if wanted.threshold is not None and value > wanted.threshold * (1 if wanted.metric == DTW else -1):
            break
        if not any(conflict(k, i, pieces, wanted.exclude) for _, i in found):
            found.append((value, k))
    return found[: wanted.most]


def conflict(k: int, i: int, pieces: Pieces, exclude: str) -> bool:
    a, b = (pieces.first[k], pieces.last[k]), (pieces.first[i], pieces.last[i])
    if exclude == OVERLAPPING:
        return bool(a[0] < b[1] and b[0] < a[1])
    nested = (a[0] <= b[0] and b[1] <= a[1]) or (b[0] <= a[0] and a[1] <= b[1])
    return exclude == NESTED and nested and a != b


def windows(n: int, sizes: range, step: int = 1) -> Pieces:
    places = np.array([(begin, size) for size in sizes for begin in range(0, n - size + 1, step)])
    begin, size = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
    return Pieces(begin, size, begin, begin + size - 1)


@given(
    st.integers(0, 10_000),
    st.integers(1, 9),
    st.integers(1, 3),
    st.sampled_from(NORMALIZATIONS),
    st.sampled_from(["", OVERLAPPING, NESTED]),
    st.sampled_from([None, 0.0, 2.0, 6.0]),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_matches_are_those_of_comparing_with_every_piece(
    seed: int, n: int, radius: int, how: str, exclude: str, threshold: float | None
) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=24).cumsum())  # whole numbers: ties, and pieces that do not vary
    profile = values[5 : 5 + n] + (seed % 2)
    pieces = windows(24, range(max(n - 2, 1), n + 3))
    wanted = Wanted(DTW, radius, how, 500 if threshold is not None else 1 + seed % 12, threshold, exclude)
    found = search(profile, values, pieces, wanted)
    expected = naive(profile, values, pieces, wanted)
    assert found == expected


@pytest.mark.parametrize("how", NORMALIZATIONS)
def test_normalizations_are_the_naive_ones(how: str) -> None:
    values = np.random.default_rng(1).normal(5.0, size=30)
    for piece in (values, np.full(30, 0.1)):
        found = profile_search._normalized(piece, 3, 20, NORMALIZATIONS.index(how))
        np.testing.assert_allclose(found, naive_normalized(piece[3:23], how), atol=1e-12)


@pytest.mark.parametrize("how", NORMALIZATIONS)
@pytest.mark.parametrize(("most", "threshold", "exclude"), [(7, None, ""), (500, 0.5, ""), (5, None, OVERLAPPING)])
def test_cosines_are_the_naive_ones(how: str, most: int, threshold: float | None, exclude: str) -> None:
    rng = np.random.default_rng(most)
    values, profile = rng.normal(size=60), rng.normal(size=8)
    wanted = Wanted(COSINE, 1, how, most, threshold, exclude)
    found = search(profile, values, windows(60, range(8, 9)), wanted)
    expected = naive(profile, values, windows(60, range(8, 9)), wanted)
    assert [number for _, number in found] == [number for _, number in expected]
    np.testing.assert_allclose([value for value, _ in found], [-value for value, _ in expected], atol=1e-8)


@pytest.mark.parametrize("radius", [1, 4])
def test_a_bound_is_never_above_the_distance(radius: int) -> None:
    rng = np.random.default_rng(radius)
    values, profile = rng.normal(size=50).cumsum(), rng.normal(size=9)
    pieces = windows(50, range(1, 20, 6))
    bounds = profile_search._bounds(profile, values, pieces.begin, pieces.size, 0)
    for bound, begin, size in zip(bounds, pieces.begin, pieces.size, strict=True):
        assert bound <= match_by_resolutions(profile, values[begin : begin + size], radius)[0] + 1e-12


def test_all_zeros_are_like_nothing() -> None:
    found = search(np.array([1.0, -1.0]), np.zeros(4), windows(4, range(2, 3)), Wanted(COSINE, most=9))
    assert [value for value, _ in found] == [0.0, 0.0, 0.0]


def test_values_out_of_range_and_a_search_that_is_late_are_refused() -> None:
    with pytest.raises(BadSeries, match=r"values must be less than 1e\+150, got 1e\+200"):
        search(np.array([1e200]), np.ones(3), windows(3, range(1, 2)), Wanted())
    with pytest.raises(BadSeries, match="3 candidates were not compared in time"):
        search(np.ones(1), np.ones(3), windows(3, range(1, 2)), Wanted(), lambda: True)
