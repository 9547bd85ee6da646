"""HBOS: flag rows whose values lie where their columns' histograms are low.

Source: M. Goldstein and A. Dengel, "Histogram-based outlier score (HBOS)", KI-2012, as PyOD computes it: bins of equal
width, log2 of density + 0.1; for the score a value on an edge belongs to the bin below, for the density to the one
above. The density is that of the data's unit: the unit matters.    Cost: O(n) for each column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.anomaly import _share
from kernels.contract import ANOMALY, Algorithm, BadParameter, Detection, Needs, Series, Task
from kernels.options import Options, check, option

Bins = NDArray[np.uint32]
MAX_BINS = 10_000
NARROW = 1e-200  # a range so small is widened, or the bins in one would leave the range of numbers
ALPHA = 0.1  # added to every density


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of hbos."""

    contamination: float = _share.contamination()
    n_bins: int = option(
        10,
        f"bins of each column, at most {MAX_BINS}",
        ge=2,
        parse=_share.whole("n_bins"),
        refusal="n_bins should be >= 2",
    )

    def __post_init__(self) -> None:
        """Hold the number of bins to its bounds; raises BadParameter."""
        check(self)
        if self.n_bins > MAX_BINS:
            raise BadParameter(f"n_bins should be at most {MAX_BINS}, got {self.n_bins}")


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the share of the rows with the rarest values.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 2, finite. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): -log2 of the densities + 0.1, summed over the columns.

    Raises
    ------
    TooShort : n < 2. BadSeries : columns of unequal length.
    """
    score: Series = np.zeros(len(task.series))
    for column in _share.columns(task):
        low, high = float(column.min()), float(column.max())
        if low == high:
            low, high = low - 0.5, high + 0.5
        for factor in [0.25] * (not np.isfinite(high - low)) + [2.0**200] * (high - low < NARROW):
            column, low, high = column * factor, low * factor, high * factor
        edges = np.linspace(low, high, params.n_bins + 1)
        widths = np.diff(edges)
        if not (widths > 0.0).all():
            continue  # the column varies by no more than rounding
        bins = np.empty(len(column), np.uint32)
        counts = _count(column, edges, bins)
        with np.errstate(over="ignore"):  # a density out of range is as good as the largest
            density = np.minimum(counts / widths / len(column), np.finfo(np.float64).max)
        _add(-np.log2(density + ALPHA), bins, score)
    return _share.flagged(score, params.contamination)


@kernel("f8[::1](f8[::1], f8[::1], u4[::1])")
def _count(x: Series, edges: Series, bins: Bins) -> Series:
    """Count the values of each bin, and note for each value the bin of its score."""
    last = edges.shape[0] - 2
    counts = np.zeros((2, last + 1), np.int64)  # two in turn: a count waits for the one before
    low = edges[0]
    scale = (last + 1) / (edges[last + 1] - low)
    for i in range(x.shape[0]):
        value = x[i]
        # unsigned: no place is looked for before the first
        at = np.uint32(min(int((value - low) * scale), last))
        below, above = value < edges[at], at < last and value >= edges[at + np.uint32(1)]
        if below or above:  # rounding
            at = at - np.uint32(1) if below else at + np.uint32(1)
        counts[i & 1, at] += 1
        bins[i] = at - np.uint32(1) if value == edges[at] and at > 0 else at
    found: Series = (counts[0] + counts[1]).astype(np.float64)
    return found


@kernel("void(f8[::1], u4[::1], f8[::1])")
def _add(rarity: Series, bins: Bins, score: Series) -> None:
    for i in range(score.shape[0]):
        score[i] += rarity[bins[i]]


ALGORITHM = Algorithm(
    "hbos", "HBOS: low places of each column's histogram", ANOMALY, Params, detect, Needs("many", rows=2)
)
