"""Dynamic time warping: how far two columns are apart when the rows of each may be stretched.

Source: see `kernels.numerics.warping`.    Cost: O(n radius) time and memory; with ``exact`` O(n m), or O(n band).
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.contract import CORRELATION, DISTANCE, Algorithm, BadSeries, Correlation, Needs, Task, as_pair
from kernels.numerics import warping
from kernels.options import Options, option


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of dtw."""

    radius: int = option(
        1,
        "rows around the path of half the resolution that are looked at",
        ge=1,
        le=10,
        refusal="radius value out of range, valid range [1, 10]",
    )
    exact: bool = option(False, "1: the cheapest path there is, not the one that is found by resolutions")
    band: int = option(0, "with exact: rows that are matched are at most so many rows apart; 0: any", ge=0)


def correlate(task: Task, params: Params = Params()) -> Correlation:  # noqa: B008  (frozen, no state)
    """Match the rows of two columns.

    Parameters
    ----------
    task : its two columns, float64 (n,) and (m,), at least one value each, finite, in one unit. Not modified.

    Returns
    -------
    Correlation
        value : the sum of |a - b| over the path, in the columns' unit. path : int64 (k, 2).

    Raises
    ------
    BadSeries : not two columns, one without values, too many pairs of rows, a distance out of range.
    """
    x, y = as_pair(task, "dtw", at_least=0)
    if not len(x) or not len(y):
        raise BadSeries("empty time-series data to perform dtw")
    if params.exact:
        distance, path = warping.match(x, y, *warping.everywhere(len(x), len(y), params.band))
    else:
        distance, path = warping.match_by_resolutions(x, y, params.radius)
    return Correlation(distance, DISTANCE, path=path)


ALGORITHM = Algorithm(
    "dtw",
    "dynamic time warping: distance and path of two columns",
    CORRELATION,
    Params,
    correlate,
    Needs("two", noise_check=False),
)
