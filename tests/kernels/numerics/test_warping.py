from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kernels.contract import BadSeries
from kernels.numerics.warping import distance as distance_of
from kernels.numerics.warping import everywhere, match, match_by_resolutions

Window = set[tuple[int, int]]


def naive(x: list[float], y: list[float], window: Window | None = None) -> tuple[float, list[list[int]]]:
    """The recursion over all cells of a window, as a dictionary."""
    cost = {(-1, -1): 0.0}
    came = {}
    for i in range(len(x)):
        for j in range(len(y)):
            if window is not None and (i, j) not in window:
                continue
            ways = [((a, b), cost.get((a, b), np.inf)) for a, b in ((i - 1, j), (i, j - 1), (i - 1, j - 1))]
            apart = abs(x[i] - y[j])
            came[i, j], least = min(((way, before + apart) for way, before in ways), key=lambda way: way[1])
            cost[i, j] = least
    path, at = [], (len(x) - 1, len(y) - 1)
    while at != (-1, -1):
        path.append(list(at))
        at = came[at]
    return cost[len(x) - 1, len(y) - 1], path[::-1]


def naive_by_resolutions(x: list[float], y: list[float], radius: int) -> tuple[float, list[list[int]]]:
    """Salvador and Chan's recursion, with the window as a set of cells."""
    if min(len(x), len(y)) < radius + 2:
        return naive(x, y)
    halves = [[(z[i] + z[i + 1]) / 2 for i in range(0, len(z) // 2 * 2, 2)] for z in (x, y)]
    _, path = naive_by_resolutions(*halves, radius)
    near = range(-radius, radius + 1)
    coarse = {(i + a, j + b) for i, j in path for a in near for b in near}
    return naive(x, y, {(2 * i + a, 2 * j + b) for i, j in coarse for a in (0, 1) for b in (0, 1)})


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 7), (7, 1), (12, 12), (30, 21), (21, 30)])
def test_equals_the_naive_recursion(n: int, m: int) -> None:
    rng = np.random.default_rng(n * m)
    x, y = np.round(rng.normal(size=n), 1), np.round(rng.normal(size=m), 1)  # rounded: ties
    distance, path = match(x, y, *everywhere(n, m))
    least, steps = naive(x.tolist(), y.tolist())
    assert distance == pytest.approx(least)
    assert path.tolist() == steps


@pytest.mark.parametrize("radius", [1, 2, 5])
@pytest.mark.parametrize(("n", "m"), [(3, 3), (17, 18), (33, 50), (50, 33)])
def test_equals_the_naive_search_by_resolutions(n: int, m: int, radius: int) -> None:
    rng = np.random.default_rng(n * m + radius)
    x, y = rng.normal(size=n).cumsum(), rng.normal(size=m).cumsum()
    distance, path = match_by_resolutions(x, y, radius)
    least, steps = naive_by_resolutions(x.tolist(), y.tolist(), radius)
    assert distance == pytest.approx(least)
    assert path.tolist() == steps
    assert distance_of(x, y, radius, np.inf) == distance
    assert distance_of(x, y, radius, distance) == distance
    assert distance_of(x, y, radius, distance / 2) in (np.inf, distance)


def test_a_way_that_costs_too_much_is_given_up() -> None:
    assert distance_of(np.zeros(50), np.ones(50), 1, 10.0) == np.inf


@pytest.mark.parametrize(("n", "m", "band"), [(20, 20, 3), (20, 14, 2), (14, 20, 30), (9, 9, 1)])
def test_a_band_leaves_out_what_is_further_apart(n: int, m: int, band: int) -> None:
    rng = np.random.default_rng(band)
    x, y = rng.normal(size=n), rng.normal(size=m)
    width = max(band, abs(n - m))
    within = {(i, j) for i in range(n) for j in range(m) if abs(i - j) <= width}
    distance, path = match(x, y, *everywhere(n, m, band))
    assert (distance, path.tolist()) == (pytest.approx(naive(x.tolist(), y.tolist(), within)[0]), path.tolist())
    assert all((i, j) in within for i, j in path.tolist())


def test_a_path_leads_from_the_first_rows_to_the_last_in_single_steps() -> None:
    rng = np.random.default_rng(1)
    distance, path = match_by_resolutions(x := rng.normal(size=300), y := rng.normal(size=200), 3)
    steps = {tuple(b - a for a, b in zip(one, other, strict=True)) for one, other in pairwise(path.tolist())}
    assert steps <= {(0, 1), (1, 0), (1, 1)}
    assert (path[0].tolist(), path[-1].tolist()) == ([0, 0], [299, 199])
    assert distance == pytest.approx(np.abs(x[path[:, 0]] - y[path[:, 1]]).sum())


def test_a_wider_search_finds_no_longer_way_than_the_cheapest_there_is() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=120).cumsum(), rng.normal(size=120).cumsum()
    exact = match(x, y, *everywhere(120, 120))[0]
    assert match_by_resolutions(x, y, 10)[0] >= exact - 1e-9


def test_too_many_pairs_and_values_out_of_range_are_refused() -> None:
    many = np.zeros(8001)
    with pytest.raises(BadSeries, match="64016001 pairs of rows would be looked at, at most 64000000 are allowed"):
        match(many, many, *everywhere(8001, 8001))
    with pytest.raises(BadSeries, match="would leave the range of floating-point numbers, the largest value is 1e"):
        match_by_resolutions(np.full(20, 1e307), np.full(20, -1e307), 1)
