"""PCA: flag rows by their distances to the principal axes, those of little variance counting most.

Source: M.-L. Shyu et al., "A novel anomaly detection scheme based on principal component classifier", ICDM 2003, as
PyOD computes it: the sum over all components of the distance from the row to the end of the component's unit vector,
divided by the component's share of the variance. A vector points so that its largest entry is positive, the first of
several.
Cost: O(n c^2) for c columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from kernels._jit import kernel
from kernels.anomaly import _share
from kernels.contract import ANOMALY, Algorithm, BadParameter, BadSeries, Detection, Needs, Series, Task
from kernels.numerics.scaling import scale_to_unit
from kernels.options import Options, check, option

MAX_COLUMNS = 500
MAX_PRODUCTS = 2_000_000_000  # about 2 s
TINY, LARGEST = 1e-100, 1e100  # values between them have squares in range
BLOCK = 512  # rows
ALIKE = 1e-9  # entries of a vector that differ by less are as large
LEAST_SHARE = float(np.finfo(np.float64).eps)  # of the variance: below is rounding
COMPONENTS = "n_components must be a positive integer or a float in (0, 1) for variance ratio"


def _components(text: str) -> int | float | None:
    if text.lower() in ("none", "null"):
        return None
    try:
        number = float(text)
    except ValueError:
        raise BadParameter(f"{COMPONENTS}, got {text!r}") from None
    return int(number) if number >= 1.0 and number.is_integer() else number


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of pca."""

    contamination: float = _share.contamination()
    n_components: int | float | None = option(
        None,
        "components that count; in (0, 1): as many as have this share of the variance; none: all",
        parse=_components,
    )
    standardization: bool = option(
        True, "1: columns are brought to mean 0 and standard deviation 1", parse=_share.truth("standardization")
    )

    def __post_init__(self) -> None:
        """Hold the number of components to what there can be; raises BadParameter."""
        check(self)
        given = self.n_components
        if given is not None and not (0.0 < given < 1.0 or (given >= 1 and float(given).is_integer())):
            raise BadParameter(f"{COMPONENTS}, got {given}")


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the share of the rows that are furthest from the components.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 2, finite, any units if they are standardized. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): the sum of the distances, each divided by the share of the variance.

    Raises
    ------
    TooShort : n < 2. BadSeries : columns of unequal length, or too many. BadParameter : more components than there are.
    """
    table = centred = _share.columns(task)
    count, n = table.shape
    if count > MAX_COLUMNS or n * count * count > MAX_PRODUCTS:
        raise BadSeries(
            f"pca takes at most {MAX_COLUMNS} columns, and {MAX_PRODUCTS} products of rows and pairs of columns, "
            f"got {n} rows of {count} columns"
        )
    if params.standardization:
        for column in table:
            _bring_to_unit(column)
    elif (largest := float(np.abs(table).max())) > LARGEST:
        raise BadSeries(f"without standardization values must be at most {LARGEST:g}, got {largest}")
    else:
        centred = table - table.mean(axis=1)[:, None]
    vectors, shares = _principal(centred, params.n_components)
    return _share.flagged(_distances(table, vectors, 1.0 / shares), params.contamination)


def _bring_to_unit(column: Series) -> None:
    """Bring a column to mean 0 and standard deviation 1, or to 0 where it does not vary."""
    low, high = float(column.min()), float(column.max())
    if low == high:
        column[:] = 0.0
        return
    if not TINY < max(-low, high) < LARGEST:
        scale_to_unit(column)
        low, high = float(column.min()), float(column.max())
    _standardize(column, low, high)


def _principal(centred: Series, wanted: float | None) -> tuple[Series, Series]:
    """Return the wanted components, (k, columns), and the share of the variance of each, those of most first.

    Raises
    ------
    BadParameter : more are wanted than there are.
    """
    count, n = centred.shape
    most = min(n, count)
    if wanted is not None and wanted > most:
        raise BadParameter(f"n_components must be at most {most} for {n} rows of {count} columns, got {wanted}")
    values, vectors = np.linalg.eigh(_products(centred) / n)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    total = float(values.sum())
    shares = values / total if total > 0.0 else np.full(count, 1.0 / count)
    number = most
    if wanted is not None:
        number = int(wanted) if wanted >= 1 else min(int(np.searchsorted(np.cumsum(shares), wanted, "right")) + 1, most)
    size = np.abs(vectors)
    largest = np.argmax(size >= size.max(axis=0) * (1.0 - ALIKE), axis=0)
    vectors = vectors * np.where(vectors[largest, np.arange(count)] < 0.0, -1.0, 1.0)
    return np.ascontiguousarray(vectors[:, :number].T), np.maximum(shares[:number], LEAST_SHARE)


@kernel("void(f8[::1], f8, f8)")
def _standardize(x: Series, low: float, high: float) -> None:
    n = x.shape[0]
    half = (low + high) / 2.0
    scale = 2.0 / (high - low)  # to -1 ... 1, so that no square underflows beside a large mean
    even = n - n % 2
    one = other = 0.0  # two sums at a time: a sum waits for the one before
    for i in range(n):
        x[i] = (x[i] - half) * scale
    for i in range(0, even, 2):
        one += x[i]
        other += x[i + 1]
    mean = (one + other + (x[n - 1] if even < n else 0.0)) / n
    one = other = 0.0
    for i in range(n):
        x[i] -= mean
    for i in range(0, even, 2):
        one += x[i] * x[i]
        other += x[i + 1] * x[i + 1]
    factor = 1.0 / sqrt((one + other + (x[n - 1] * x[n - 1] if even < n else 0.0)) / n)
    for i in range(n):
        x[i] *= factor


@kernel("f8[:, ::1](f8[:, ::1])")
def _products(table: Series) -> Series:
    """Return the products of all pairs of columns (rows of the table), summed over the rows, in four sums at a time."""
    count, n = table.shape
    found = np.zeros((count, count))
    for begin in range(0, n, BLOCK):
        size = min(BLOCK, n - begin)
        fours = size - size % 4
        for j in range(count):
            for k in range(j + 1):
                x, y = table[j, begin : begin + size], table[k, begin : begin + size]
                a = b = c = d = 0.0
                for i in range(0, fours, 4):
                    a += x[i] * y[i]
                    b += x[i + 1] * y[i + 1]
                    c += x[i + 2] * y[i + 2]
                    d += x[i + 3] * y[i + 3]
                for i in range(fours, size):
                    a += x[i] * y[i]
                found[j, k] += (a + b) + (c + d)
    for j in range(count):
        found[:j, j] = found[j, :j]
    return found


@kernel("f8[::1](f8[:, ::1], f8[:, ::1], f8[::1])")
def _distances(table: Series, vectors: Series, weights: Series) -> Series:
    """Return for each row the sum of its weighted distances to vectors; a block of rows stays in the first cache."""
    count, n = table.shape
    score = np.zeros(n)
    squares = np.empty(BLOCK)
    for begin in range(0, n, BLOCK):
        size = min(BLOCK, n - begin)
        for k in range(vectors.shape[0]):
            squares[:] = 0.0
            fours = count - count % 4
            for j in range(0, fours, 4):  # so that the sums are read and written less often
                x0, x1 = table[j, begin : begin + size], table[j + 1, begin : begin + size]
                x2, x3 = table[j + 2, begin : begin + size], table[j + 3, begin : begin + size]
                v0, v1, v2, v3 = vectors[k, j], vectors[k, j + 1], vectors[k, j + 2], vectors[k, j + 3]
                for i in range(size):
                    a, b, c, d = x0[i] - v0, x1[i] - v1, x2[i] - v2, x3[i] - v3
                    squares[i] += (a * a + b * b) + (c * c + d * d)
            for j in range(fours, count):
                column, end = table[j, begin : begin + size], vectors[k, j]
                for i in range(size):
                    squares[i] += (column[i] - end) * (column[i] - end)
            for i in range(size):
                score[begin + i] += sqrt(squares[i]) * weights[k]
    return score


ALGORITHM = Algorithm(
    "pca", "PCA: distance to the principal axes of the columns", ANOMALY, Params, detect, Needs("many", rows=2)
)
