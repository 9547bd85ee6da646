"""Forecasts of a pretrained model: which architecture a directory holds, batching, normalisation, intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from kernels.contract import Forecast, Horizon, Series, TooShort, as_series
from models import _checkpoint, _intervals
from models._checkpoint import DTYPES
from models.files import CheckpointError
from models.tdtsfm import TdTsfm
from models.timemoe import TimeMoe

Pretrained = TimeMoe | TdTsfm

TOKENS_AT_ONCE = 16384  # bounds the memory of one pass
_LARGEST = np.finfo(np.float64).max


def open_model(folder: Path, dtype: str = "float32") -> Pretrained:
    """Load a model directory, its architecture told by `model_type` in `config.json` (TDtsfm 1.0 has none).

    Raises
    ------
    CheckpointError : the directory cannot be used, or this machine does not compute in `dtype`.
    """
    if dtype == "bfloat16" and not _checkpoint.bfloat16_is_fast():
        raise CheckpointError("this machine does not compute in bfloat16, use float32")
    kind = _checkpoint.read_config(folder).get("model_type", "taos")
    architectures: dict[str, type[Pretrained]] = {"time_moe": TimeMoe, "timer": TdTsfm, "taos": TdTsfm}
    if kind not in architectures:
        raise CheckpointError(f"{folder}: model_type {kind!r} is none of {', '.join(architectures)}")
    return architectures[kind].open(folder, DTYPES[dtype])


@torch.inference_mode()
def forecast(model: Pretrained, series: Sequence[Series], horizon: Horizon) -> list[Forecast]:
    """Forecast several series, those of equal length in one pass.

    Parameters
    ----------
    series : each finite, at least `model.shortest` points; the newest are used, as many as the model takes.
    horizon : rows and the coverage of the intervals; it runs to its end whatever the time.

    Returns
    -------
    One forecast per series. A constant series is continued as it is, whatever its length.

    Raises
    ------
    TooShort, BadSeries
    """
    known = [as_series(one) for one in series]
    answers: dict[int, Forecast] = {}
    groups: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(known):
        if (one == one[0]).all():
            flat = np.full(horizon.rows, one[0])
            answers[index] = Forecast(flat, flat, flat)
        elif len(one) < model.shortest:
            raise TooShort(f"Input length must be at least {model.shortest}, got {len(one)}")
        else:
            groups[model.fed(len(one), horizon.rows)].append(index)
    for fed, members in groups.items():
        for some in _chunks(members, max(TOKENS_AT_ONCE // fed, 1)):
            batch = np.stack([known[index][-fed:] for index in some])
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
    place = model.model.norm.weight.device
    rolled = model.roll(torch.from_numpy(normal.astype(np.float32)).to(place), horizon.rows)
    ahead = rolled.ahead.cpu().numpy().astype(np.float64)
    earlier = rolled.earlier.cpu().numpy().astype(np.float64)
    cuts = np.array(rolled.cuts, dtype=np.intp)
    for row in range(len(points)):
        half = _intervals.half_widths(normal[row], earlier[row], cuts, horizon.rows, horizon.conf)
        with np.errstate(over="ignore"):  # what is beyond the largest float becomes the largest float
            value, low, high = (
                np.clip((z * std[row] + mean[row]) * unit[row], -_LARGEST, _LARGEST)
                for z in (ahead[row], ahead[row] - half, ahead[row] + half)
            )
        yield Forecast(value, low, high)


def _chunks(items: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
