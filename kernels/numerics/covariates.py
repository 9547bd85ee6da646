"""Covariates that are known ahead, checked: what a regression can use of them.

Source: G. H. Golub and C. F. Van Loan, "Matrix Computations", section 5.5.7: in the QR factorisation of standardised
columns, a diagonal element next to 0 means that the column is a combination of those before it.
Cost: O(n k**2) for k covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.contract import BadSeries, Series, Task, TooShort

MOST = 100  # covariates
LARGEST = 1e150  # what can still be squared
SAME = 1e-7  # share of a covariate's deviation that must not be the others'
EQUAL = 1e-13  # range of a constant, relative to its values: rounding


@dataclass(frozen=True, slots=True)
class Covariates:
    """Covariates as they were given.

    names : of the k covariates. inside : (k, n), at the rows of the series. ahead : (k, rows), at the rows to forecast.
    """

    names: tuple[str, ...]
    inside: Series
    ahead: Series


def known(task: Task, user: str) -> Covariates:
    """Return the covariates of a task for a regression by the algorithm `user`; none: k is 0.

    Raises
    ------
    BadSeries : as `given`; one that is constant, or a combination of others.
    TooShort : too few rows for so many.
    """
    found, n = given(task, user), len(task.series)
    if found.names:
        if n < len(found.names) + 3:
            raise TooShort(f"{len(found.names)} covariates need at least {len(found.names) + 3} rows, got {n}")
        _refuse_useless(found.names, found.inside)
    return found


def given(task: Task, user: str) -> Covariates:
    """Return the covariates of a task, whatever they tell; none: k is 0.

    Raises
    ------
    BadSeries : one that is known for the past alone, of another length or not finite; too many.
    """
    if task.past:
        raise BadSeries(
            f"{user} needs covariates that are known ahead (dynamic_real_N), but {next(iter(task.past))} ends with the "
            "data: forecast it first, or leave it out"
        )
    names, n = tuple(task.known), len(task.series)
    if not names:
        return Covariates((), np.empty((0, n)), np.empty((0, task.rows)))
    if len(names) > MOST:
        raise BadSeries(f"{user} takes at most {MOST} covariates, got {len(names)}")
    table = np.array([_checked(name, task.known[name], n, task.rows) for name in names])
    return Covariates(names, np.ascontiguousarray(table[:, :n]), np.ascontiguousarray(table[:, n:]))


def _checked(name: str, given: Series, n: int, rows: int) -> Series:
    values = np.asarray(given, dtype=np.float64)
    if values.shape != (n + rows,):
        raise BadSeries(
            f"covariate {name} needs {n + rows} values, {n} for the rows of the series and {rows} for those to "
            f"forecast, got {values.size}"
        )
    finite = np.isfinite(values)
    if not finite.all():
        row = int(np.argmin(finite))
        raise BadSeries(f"covariate {name} is not finite at row {row}: {values[row]}")
    if (largest := float(np.max(np.abs(values)))) > LARGEST:
        raise BadSeries(f"covariate {name} must lie within {LARGEST:g}, got a value of magnitude {largest:g}")
    return values


def _refuse_useless(names: tuple[str, ...], inside: Series) -> None:
    """Raise BadSeries for a covariate that is constant or a combination of others."""
    for name, values in zip(names, inside, strict=True):
        if np.ptp(values) <= EQUAL * np.max(np.abs(values)):
            raise BadSeries(
                f"covariate {name} is constant ({values[0]:g}) at all {len(values)} rows of the series: what it does "
                "cannot be told"
            )
    for at, others in enumerate(combinations(_standardised(inside))):
        if others is not None:
            of = " and ".join(names[j] for j in others)
            raise BadSeries(f"covariate {names[at]} is collinear: it is a linear combination of {of}; leave one out")


def combinations(columns: Series) -> list[list[int] | None]:
    """Tell of each of some columns (k, n) which of those before it it is a combination of; None: it is none.

    An empty list is that of a column of zeros.
    """
    if not len(columns):
        return []
    triangle = np.asarray(np.linalg.qr(columns.T, mode="r"))
    found: list[list[int] | None] = []
    for at in range(len(columns)):
        length = float(np.linalg.norm(triangle[: at + 1, at]))
        left = abs(float(triangle[at, at])) if at < len(triangle) else 0.0
        if left > SAME * length:
            found.append(None)
            continue
        weights = np.linalg.lstsq(triangle[:at, :at], triangle[:at, at], rcond=None)[0]
        found.append(np.flatnonzero(np.abs(weights) > SAME * np.max(np.abs(weights), initial=0.0)).tolist())
    return found


def _standardised(inside: Series) -> Series:
    """Return the columns with mean 0 and deviation 1."""
    values = inside / np.max(np.abs(inside), axis=1, keepdims=True)
    values -= np.mean(values, axis=1, keepdims=True)
    return np.asarray(values / np.std(values, axis=1, keepdims=True))
