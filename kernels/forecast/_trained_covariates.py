"""What covariates do to a series, as it was learned beforehand: each has an origin, a size and a weight.

A covariate x adds ``weight (x - origin) / size``. Cost: O(k (n + rows)) for k covariates.
"""

from __future__ import annotations

import numpy as np

from kernels.contract import BadParameter, BadSeries, Json, Series, Task
from kernels.forecast._contracted import LARGEST
from kernels.numerics.covariates import MOST, given
from kernels.numerics.products import times
from kernels.trained import SMALLEST, bounded, refuse_infinite, shaped, within

ORIGIN, SIZE, WEIGHT = range(3)  # rows of an effect


def no_effect() -> Series:
    """Return the effect of no covariates, (3, 0)."""
    return np.empty((3, 0))


def checked(names: tuple[str, ...], effect: Series) -> None:
    """Hold names and effect, float64 (3, k), to their bounds; raises BadParameter."""
    within("the number of covariates", len(names), 0, MOST)
    if len(set(names)) < len(names):
        raise BadParameter(f"covariates must have different names, got {', '.join(names)}")
    shaped("effect", effect, (3, len(names)))
    bounded("effect", effect, -LARGEST, LARGEST)
    bounded("the sizes of covariates", effect[SIZE], SMALLEST, LARGEST)


def beside(task: Task, names: tuple[str, ...], effect: Series) -> tuple[Series, Series]:
    """Return what the covariates of a task add, (n,) at its rows and (rows,) ahead.

    Where one of them has a name of the training, all must, and they go by name; else they go in order.

    Raises
    ------
    BadSeries : another number of covariates than in training; what `kernels.numerics.covariates.given` refuses.
    """
    found = given(task, "the model")
    if len(found.names) != len(names):
        trained = f"{len(names)} covariates: {', '.join(names)}" if names else "no covariates"
        has = ", ".join(found.names) or "none"
        raise BadSeries(f"the model was trained with {trained}; the request has {has}")
    inside, ahead = found.inside, found.ahead
    if set(names) & set(found.names):
        if missing := [name for name in names if name not in found.names]:
            raise BadSeries(f"the model's covariate {missing[0]} is missing; the request has {', '.join(found.names)}")
        order = [found.names.index(name) for name in names]
        inside, ahead = inside[order], ahead[order]
    with np.errstate(over="ignore", invalid="ignore"):
        added = [
            times(effect[None, WEIGHT], (part - effect[ORIGIN, :, None]) / effect[SIZE, :, None])[0]
            for part in (inside, ahead)
        ]
    refuse_infinite(*added)
    return added[0], added[1]


def told(names: tuple[str, ...], effect: Series) -> dict[str, Json]:
    """Return what an answer says of the covariates: what one more of each adds."""
    if not names:
        return {}
    with np.errstate(over="ignore"):  # what is infinite is told as the largest float
        each = np.nan_to_num(effect[WEIGHT] / effect[SIZE])
    return {"covariates": dict(zip(names, each.tolist(), strict=True))}
