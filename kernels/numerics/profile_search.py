"""The pieces of series that are most like a given one, by dynamic time warping or by the cosine of their angle.

Warping is that of `kernels.numerics.warping` with a radius, but only for the pieces that it can matter for: from the
least lower bound on, until the bound is above what is wanted (T. Seidl and H.-P. Kriegel, "Optimal multi-step k-nearest
neighbor search", SIGMOD 1998). The bounds are those of the ends (S.-W. Kim et al., "An index-based approach for
similarity search supporting time warping", ICDE 2001) and of the envelope (E. Keogh, "Exact indexing of dynamic time
warping", VLDB 2002), which no band narrows here: the range of the other series, both ways. A match that has become too
expensive is given up (T. Rakthanmanon et al., "Searching and mining trillions of time series subsequences", KDD 2012).
All that changes no answer.    Cost: O(points) for the bounds, O(size radius) for each piece that is matched.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import BadSeries, Series
from kernels.numerics.warping import distance

NONE, CENTERING, Z_SCORE, MIN_MAX = "none", "centering", "z-score", "min-max"
NORMALIZATIONS = (NONE, CENTERING, Z_SCORE, MIN_MAX)
DTW, COSINE = "dtw", "cosine"
OVERLAPPING, NESTED = "overlapping", "nested"
LARGEST = 1e150  # of the values: their squares, and sums of these, are in range
ROUNDING = 1.0 - 1e-9  # of a bound, far more than its sum can be off
AT_ONCE = 20_000_000  # points between two looks at the clock
MATCHED = 64  # pieces between two looks at the clock

Rows = NDArray[np.int64]


class Pieces(NamedTuple):
    """Pieces of a series, candidates for a match, all int64 (k,): where they begin, how many values, when they are."""

    begin: Rows
    size: Rows
    first: Rows
    last: Rows

    def chosen(self, which: NDArray[np.bool_]) -> Pieces:
        """Return some of them."""
        return Pieces(*(part[which] for part in self))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is a match.

    metric : DTW or COSINE. radius : of the former, 1 to 10.
    normalization : what is done to the profile and to each piece before they are compared.
    most : number of matches. threshold : largest distance, or least similarity.
    exclude : OVERLAPPING or NESTED: a piece that overlaps a better match, or holds it or lies in it, is none.
    """

    metric: str = DTW
    radius: int = 1
    normalization: str = NONE
    most: int = 1
    threshold: float | None = None
    exclude: str = ""


def search(
    profile: Series, values: Series, pieces: Pieces, wanted: Wanted, out_of_time: Callable[[], bool] = lambda: False
) -> list[tuple[float, int]]:
    """Return the matches, best first, those as good in the order of the pieces.

    Parameters
    ----------
    profile, values : float64 (n,), (m,), finite. Not modified.
    pieces : of `values`, of one value at least; for the cosine of n.

    Returns
    -------
    distance or similarity, and number of the piece.

    Raises
    ------
    BadSeries : values too large, the time is up.
    """
    largest = max(float(np.abs(profile).max()), float(np.abs(values).max(initial=0.0)))
    if not largest < LARGEST:
        raise BadSeries(f"values must be less than {LARGEST:g}, got {largest}")
    how = NORMALIZATIONS.index(wanted.normalization)
    profile = _normalized(profile, 0, len(profile), how)
    free = np.ones(len(pieces.begin), np.bool_)
    if wanted.metric == COSINE:
        ranked = _by_similarity(profile, values, pieces, how, wanted)
    else:
        ranked = _by_distance(profile, values, pieces, how, wanted, free, out_of_time)
    found: list[tuple[float, int]] = []
    for value, number in ranked:
        if not free[number]:
            continue
        found.append((value, number))
        if len(found) == wanted.most:
            break
        if wanted.exclude:
            free &= ~_conflicts(pieces, number, wanted.exclude)
    return found


def _conflicts(pieces: Pieces, number: int, exclude: str) -> NDArray[np.bool_]:
    first, last = pieces.first[number], pieces.last[number]
    if exclude == OVERLAPPING:
        conflict: NDArray[np.bool_] = (pieces.first < last) & (first < pieces.last)
        return conflict
    holds = (pieces.first <= first) & (last <= pieces.last)
    held = (first <= pieces.first) & (pieces.last <= last)
    nested: NDArray[np.bool_] = holds != held  # both: the same times
    return nested


def _by_similarity(
    profile: Series, values: Series, pieces: Pieces, how: int, wanted: Wanted
) -> Iterator[tuple[float, int]]:
    similar = _similarities(profile, values, pieces.begin, how)
    enough = np.flatnonzero(similar >= (-inf if wanted.threshold is None else wanted.threshold))
    order = enough[np.argsort(-similar[enough], kind="stable")]
    return zip(similar[order].tolist(), order.tolist(), strict=True)


def _by_distance(
    profile: Series,
    values: Series,
    pieces: Pieces,
    how: int,
    wanted: Wanted,
    free: NDArray[np.bool_],
    out_of_time: Callable[[], bool],
) -> Iterator[tuple[float, int]]:
    """Yield pieces by their distances; those that are no longer free are not looked at."""

    def look_at_the_clock() -> None:
        if out_of_time():
            raise BadSeries(f"{len(free)} candidates were not compared in time; fewer or shorter windows help")

    worst = inf if wanted.threshold is None else wanted.threshold
    heap: list[tuple[float, bool, int]] = []  # a bound stands before a distance that is as large
    for part in np.array_split(np.arange(len(free)), 1 + int(pieces.size.sum()) // AT_ONCE):
        look_at_the_clock()
        bounds = _bounds(profile, values, pieces.begin[part], pieces.size[part], how) * ROUNDING
        heap += [(bound, False, number) for bound, number in zip(bounds.tolist(), part.tolist(), strict=True)]
    heapify(heap)
    known: list[float] = []
    matched = 0
    while heap and heap[0][0] <= worst:
        value, exact, number = heappop(heap)
        if exact:
            yield value, number
        elif free[number]:
            matched += 1
            if matched % MATCHED == 0:
                look_at_the_clock()
            # of what may be excluded nobody knows how many are needed
            limit = worst if wanted.exclude or len(known) < wanted.most else min(worst, known[wanted.most - 1])
            value = _distance(profile, values, pieces.begin[number], pieces.size[number], how, wanted.radius, limit)
            if value <= limit:
                heappush(heap, (value, True, number))
                insort(known, value)


@kernel("f8[::1](f8[::1], i8, i8, i8)")
def _normalized(values: Series, begin: int, size: int, how: int) -> Series:
    """Return a piece as it is compared; one that does not vary is all zeros where it would be divided by its spread."""
    x = values[begin : begin + size].copy()
    if how == 0:
        return x
    low, high, total = x[0], x[0], 0.0
    for i in range(size):
        low, high = min(low, x[i]), max(high, x[i])
        total += x[i]
    middle = low if how == 3 or low == high else total / size
    squares = 0.0
    for i in range(size):
        x[i] -= middle
        squares += x[i] * x[i]
    spread = 1.0
    if how == 2:
        spread = sqrt(squares / size)
    elif how == 3:
        spread = high - low
    if spread == 0.0 or low == high:
        x[:] = 0.0
    elif spread != 1.0:
        for i in range(size):
            x[i] /= spread
    return x


@kernel("f8[::1](f8[::1], f8[::1], i8[::1], i8[::1], i8)")
def _bounds(profile: Series, values: Series, begin: Rows, size: Rows, how: int) -> Series:
    """Return what each distance is at least: every value is matched, the first ones and the last ones are a match."""
    n = profile.shape[0]
    low, high = np.min(profile), np.max(profile)
    found = np.empty(begin.shape[0])
    for k in range(begin.shape[0]):
        x = _normalized(values, begin[k], size[k], how)
        m = x.shape[0]
        ends = abs(profile[0] - x[0])
        if n > 1 or m > 1:
            ends += abs(profile[n - 1] - x[m - 1])
        outside, least, most = 0.0, x[0], x[0]
        for i in range(m):
            outside += max(low - x[i], 0.0) + max(x[i] - high, 0.0)
            least, most = min(least, x[i]), max(most, x[i])
        beyond = 0.0
        for i in range(n):
            beyond += max(least - profile[i], 0.0) + max(profile[i] - most, 0.0)
        found[k] = max(ends, max(outside, beyond))
    return found


@kernel("f8(f8[::1], f8[::1], i8, i8, i8, i8, f8)")
def _distance(profile: Series, values: Series, begin: int, size: int, how: int, radius: int, limit: float) -> float:
    return distance(profile, _normalized(values, begin, size, how), radius, limit)


@kernel("f8[::1](f8[::1], f8[::1], i8[::1], i8)")
def _similarities(profile: Series, values: Series, begin: Rows, how: int) -> Series:
    """Return the cosine of the angle between the profile and each piece, 0 where one of them is all zeros."""
    n = profile.shape[0]
    length = sqrt(np.sum(profile * profile))
    found = np.zeros(begin.shape[0])
    for k in range(begin.shape[0]):
        x = _normalized(values, begin[k], n, how)
        product = squares = 0.0
        for i in range(n):
            product += profile[i] * x[i]
            squares += x[i] * x[i]
        if length > 0.0 and squares > 0.0:
            found[k] = min(max(product / length / sqrt(squares), -1.0), 1.0)
    return found
