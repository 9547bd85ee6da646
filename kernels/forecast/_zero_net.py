"""The network of `zero`: features in, quantiles out, as products of matrices. Its weights lie beside it.

A block is x + B silu(A x + a). The features of a series become one vector; with those of a step ahead it becomes a
median and positive distances from each quantile to the next, so that quantiles cannot cross. silu(x) is h + h tanh(h)
of half of x, so what leads to one is halved when it is read. `models/_zero_training.py` makes the weights.
Cost: 0.16 million products for each step, 0.5 million for the series.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series
from kernels.numerics.products import in_slabs, times, times_slabs

SHARES = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
MEDIAN = len(SHARES) // 2
LIMIT = 6.0  # standard deviations: no feature is further off than that
BEYOND = np.zeros((2 * MEDIAN, len(SHARES)))  # adds distances up to how far each quantile is from the median
for _at in range(MEDIAN):
    BEYOND[_at, MEDIAN + 1 + _at :] = 1.0
    BEYOND[MEDIAN + _at, : MEDIAN - _at] = -1.0
HALVED = ("series_in.", "between.", "step_in.", ".a.")  # parts of the names of what leads to a silu
IN_SLABS = "step_blocks."  # the beginning of the names of what is multiplied with many rows
SHIPPED = Path(__file__).parent / "weights" / "zero"
FILE = "model.safetensors"

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]


def read(folder: Path) -> Weights:
    """Return the weights of a folder: a file of safetensors, which is a header of JSON and plain numbers.

    Matrices are (inputs, outputs), or slabs of that; what is `HALVED` is.

    Raises
    ------
    OSError, ValueError : there is none, or it is damaged. It comes with the program, so that is no user's error.
    """
    content = (folder / FILE).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    weights: dict[str, Floats] = {}
    for name, told in header.items():
        first, last = told["data_offsets"]
        stored = np.frombuffer(
            content[start + first : start + last], {"F16": np.float16, "F32": np.float32}[told["dtype"]]
        )
        tensor = np.ascontiguousarray(stored.reshape(told["shape"]).astype(np.float32).T)  # (inputs, outputs)
        if any(part in name for part in HALVED):
            tensor *= np.float32(0.5)
        weights[name] = in_slabs(tensor) if name.startswith(IN_SLABS) and tensor.ndim == 2 else tensor
    return weights


@cache
def shipped() -> Weights:
    """Return the weights that come with the program, read when they are first asked for."""
    return read(SHIPPED)


def quantiles(weights: Weights, series: Series, step: Series, view: NDArray[np.int64]) -> Series:
    """Return the quantiles of `SHARES` in units, (rows, shares), in order.

    series : (views, OF_SERIES) features. step : (rows, OF_STEP), of all views together. view : (rows,), which one a row
    ahead belongs to. Weights are read once for all of them, which is what one of them costs.
    """
    x = times(_standard(weights, "series", series), weights["series_in.weight"])
    x += weights["series_in.bias"]
    x = _blocks(weights, "series_blocks", _silu(x), times)  # (views, width)
    x = times(x, weights["between.weight"])
    x += weights["between.bias"]  # (views, step width)
    y = times(_standard(weights, "step", step), weights["step_in.weight"])
    y += x[view]
    y = _blocks(weights, "step_blocks", _silu(y), times_slabs)  # (rows, step width)
    raw = (times(y, weights["out.weight"]) + weights["out.bias"]).astype(np.float64)
    told = times(_softplus(raw[:, 1:]), BEYOND)
    told += raw[:, :1]
    return told


def _standard(weights: Weights, name: str, values: Series) -> Floats:
    standard = values.astype(np.float32)
    standard -= weights[f"{name}_mean"]
    standard *= weights[f"{name}_scale"]
    np.minimum(standard, LIMIT, out=standard)
    return np.maximum(standard, -LIMIT, out=standard)


def _softplus(x: Series) -> Series:
    """Return log(1 + exp(x)) without overflow."""
    above: Series = np.log1p(np.exp(-np.abs(x)))
    above += np.maximum(x, 0.0)
    return above


def _silu(half: Floats) -> Floats:
    """Return x / (1 + exp(-x)) of twice `half`, which is half + half tanh(half)."""
    silu: Floats = np.tanh(half)
    silu *= half
    silu += half
    return silu


def _blocks(weights: Weights, name: str, x: Floats, times: Callable[[Floats, Floats], Floats]) -> Floats:
    at = 0
    while f"{name}.{at}.a.weight" in weights:
        inner = times(x, weights[f"{name}.{at}.a.weight"])
        inner += weights[f"{name}.{at}.a.bias"]
        x += times(_silu(inner), weights[f"{name}.{at}.b.weight"])
        at += 1
    return x
