"""Forecasts of a pretrained model: which architecture a directory holds, batching, normalisation, intervals."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from kernels.contract import Forecast, Horizon, Series, as_series
from models import _checkpoint, _intervals, table
from models._checkpoint import DTYPES
from models._layers import Generated
from models.files import CheckpointError

TOKENS_AT_ONCE = 16384  # bounds the memory of one pass
_LARGEST = np.finfo(np.float64).max


@runtime_checkable
class Pretrained(Protocol):
    """What the file of a foundation model ends in, as ``MODEL = ...``: a class of such models.

    shortest : points that it needs at least.
    """

    shortest: int

    @classmethod
    def open(cls, folder: Path, dtype: torch.dtype = torch.float32) -> Self:
        """Load a model directory; raises CheckpointError."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Return the weights, as every torch module does."""

    def context_length(self, length: int, steps: int) -> int:
        """Return how many newest points of a series are used to forecast so many steps."""

    def generate(self, points: Tensor, steps: int, *, backtest: bool = True) -> Generated:
        """Forecast float32 (B, T) of order 1, T being a context length; with a backtest if asked to."""


def open_model(folder: Path, dtype: str = "float32") -> Pretrained:
    """Load a model directory, its architecture told by `model_type` in `config.json` (some come without one).

    Raises
    ------
    CheckpointError : the directory cannot be used, or this machine does not compute in `dtype`.
    """
    if dtype == "bfloat16" and not _checkpoint.bfloat16_is_fast():
        raise CheckpointError("this machine does not compute in bfloat16, use float32")
    model_type, modules = _checkpoint.pick(_checkpoint.read_config(folder), "model_type", ""), table.modules()
    if model_type not in modules:
        raise CheckpointError(f"{folder}: model_type {model_type!r} is none of {', '.join(filter(None, modules))}")
    architecture: type[Pretrained] = importlib.import_module(f"models.{modules[model_type]}").MODEL
    return architecture.open(folder, DTYPES[dtype])


@torch.inference_mode()
def forecast(model: Pretrained, series: Sequence[Series], horizon: Horizon) -> list[Forecast]:
    """Forecast several series, those of equal length in one pass.

    Parameters
    ----------
    series : each finite; the newest points are used, as many as the model takes. One that is shorter than the model
        needs is filled up at its start by mirroring.
    horizon : rows and the coverage of the intervals; it runs to its end whatever the time.

    Returns
    -------
    One forecast per series. A constant series is continued as it is, whatever its length.

    Raises
    ------
    BadSeries
    """
    known = [as_series(one) for one in series]
    answers: dict[int, Forecast] = {}
    groups: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(known):
        if (one == one[0]).all():
            flat = np.full(horizon.rows, one[0])
            answers[index] = Forecast(flat, flat, flat)
            continue
        known[index] = one = np.pad(one, (max(model.shortest - len(one), 0), 0), mode="reflect")
        groups[model.context_length(len(one), horizon.rows)].append(index)
    for context, members in groups.items():
        for some in _chunks(members, max(TOKENS_AT_ONCE // context, 1)):
            batch = np.stack([known[index][-context:] for index in some])
            answers.update(zip(some, _forecast_batch(model, batch, horizon), strict=True))
    return [answers[index] for index in range(len(known))]


def _forecast_batch(model: Pretrained, points: Series, horizon: Horizon) -> Iterator[Forecast]:
    # Scaled first, so that no finite series overflows; then float64 statistics keep a huge offset harmless.
    unit = np.abs(points).max(axis=1, keepdims=True)
    unit[unit == 0] = 1.0
    scaled = points / unit
    mean = scaled.mean(axis=1, keepdims=True)
    std = scaled.std(axis=1, ddof=1, keepdims=True)
    flat = ~(std > 0)  # a constant tail
    normal = (scaled - mean) / np.where(flat, 1.0, std)
    std = np.where(flat, 0.0, std)
    place = next(model.parameters()).device
    made = model.generate(torch.from_numpy(normal.astype(np.float32)).to(place), horizon.rows)
    ahead = made.ahead.cpu().numpy().astype(np.float64)
    backtest = made.backtest.cpu().numpy().astype(np.float64)
    origins = np.array(made.origins, dtype=np.intp)
    for row in range(len(points)):
        half = _intervals.half_widths(normal[row], backtest[row], origins, horizon.rows, horizon.conf)
        with np.errstate(over="ignore"):  # what is beyond the largest float becomes the largest float
            value, low, high = (
                np.clip((z * std[row] + mean[row]) * unit[row], -_LARGEST, _LARGEST)
                for z in (ahead[row], ahead[row] - half, ahead[row] + half)
            )
        yield Forecast(value, low, high)


def _chunks(items: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
