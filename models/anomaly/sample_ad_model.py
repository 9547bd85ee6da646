"""Autoencoder: flag the rows at which a series takes a shape that a few numbers cannot describe.

Every window of the series is encoded and decoded (`_autoencoder.py`); a row is anomalous when every window that holds
it has an error beyond the threshold (`_calibration.py`). Without further ado this works on shapes, not on levels: a
heart beat or a day that differs from the others is found even if all its values are ordinary ones.

The model that comes with the node was trained on generated series only and fits itself to each series it is given. A
model of the operator's own, trained on data known to be normal, is a folder with ``config.json`` and
``model.safetensors`` in the node's model folder.

Source: the rule for rows is that of TDengine's node; M. A. Kramer, "Nonlinear principal component analysis using
autoassociative neural networks", AIChE Journal 37 (1991), for the idea.
Cost: O(n window (hidden + code)) time, O(n (window + code)) memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kernels.contract import ANOMALY, Algorithm, BadParameter, Detection, Series, Task, TooShort, as_series
from kernels.options import Options, check, option
from models.anomaly import _autoencoder, _calibration, _windows
from models.anomaly._autoencoder import Adaptive, Autoencoder, BadModel, Trained

SHIPPED = "sample_ad_model"
SHIPPED_NAMES = (SHIPPED, "sample-ad-autoencoder")  # the second is the one that TDengine's manual has in its examples
SHIPPED_FOLDER = Path(__file__).parent / "weights" / SHIPPED
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
SHOWN = 64  # characters of a wrong name that its error repeats

Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of sample_ad_model."""

    model: str = option(SHIPPED, f"trained model, a folder of the node's model folder; {SHIPPED} comes with the node")
    threshold: float = option(1.0, "times the model's own threshold; lower finds more", ge=0.1, le=10.0)

    def __post_init__(self) -> None:
        check(self)
        if not self.model:
            raise BadParameter("model needs to be specified")
        if not NAME.fullmatch(self.model):
            raise BadParameter(
                f"failed to load model: {self.model[:SHOWN]!r}: a name is letters, digits, '_', '.' and '-', "
                "begins with a letter or digit and has at most 128 characters"
            )


class Models:
    """The models of one folder, each loaded when first asked for and again when its files have changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, tuple[Stamp, Autoencoder]] = {}

    def get(self, name: str) -> Autoencoder:
        """Return a model by name.

        Raises
        ------
        BadParameter : there is none, or it is damaged.
        """
        folder = SHIPPED_FOLDER if name in SHIPPED_NAMES else self._folder / name
        try:
            stamp = _stamp(folder)
            known = self._loaded.get(name)
            if known is None or known[0] != stamp:
                known = stamp, _autoencoder.read(folder)
                self._loaded[name] = known  # two threads may both load it: either copy will do
        except BadModel as error:
            raise BadParameter(f"failed to load model: {name}: {error}") from error
        return known[1]


def _stamp(folder: Path) -> Stamp:
    """Return what changes when a model's files change."""
    if not folder.is_dir():
        raise BadModel("there is no such folder in the node's model folder")
    try:
        stats = [(folder / name).stat() for name in (_autoencoder.CONFIG, _autoencoder.TENSORS)]
    except OSError as error:
        raise BadModel(f"{Path(error.filename).name} cannot be read: {error.strerror}") from error
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def judge(series: Series, model: Autoencoder, threshold: float = 1.0) -> Detection:
    """Flag the rows that every window holding them finds unusual; an adaptive model, at most a tenth of them.

    Parameters
    ----------
    series : float64 (n,), n >= two windows (64 for the shipped model), finite, any unit. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): least error of the windows that hold a row, in units of the model's own threshold; anomalous
        beyond `threshold` of them.

    Raises
    ------
    TooShort : fewer rows than that.
    """
    x, window, own = as_series(series), model.shape.window, model.judge
    needed = 2 * window if isinstance(own, Adaptive) else window * own.stride
    if len(x) < needed:
        raise TooShort(f"input data is too short: this model needs at least {needed} rows, got {len(x)}")
    if isinstance(own, Trained):
        errors, span = window_errors(_windows.standardise(x, own.centre, own.spread), model, own.stride)
        score = _windows.least_over_windows(errors, span) / own.threshold
        return Detection(np.where(score > threshold, -1, 1).astype(np.int8), score)
    standard = _windows.standardise(x, *_windows.centre_and_spread(x))
    season = _windows.season(standard)
    errors, span = window_errors(standard, model, _windows.stride_for(len(x), season, window))
    usual = min(_windows.HIGH, _autoencoder.without_one(len(errors), span))
    least = _windows.with_level_ends(_windows.least_over_windows(errors, span), errors, span, usual)
    score = least / _calibration.threshold(least, span, rhythmic=season > 0)
    return Detection(_calibration.flags(score, threshold), score)


def window_errors(standard: Series, model: Autoencoder, stride: int) -> tuple[Series, int]:
    """Return the error of every window of a standardised series, float64 (n - span + 1,), and the rows it spans."""
    span = model.shape.window * stride
    return model.errors(_windows.cut(standard, model.shape.window, stride), span), span


def _detect(models: Models, task: Task, params: Params) -> Detection:
    return judge(task.series, models.get(params.model), params.threshold)


def available(model_dir: Path) -> list[dict[str, Any]]:
    """Return what `/models` tells of the shipped model and of the operator's own, usable or not."""
    folders = [SHIPPED_FOLDER]
    if model_dir.is_dir():
        folders += sorted(folder for folder in model_dir.iterdir() if _autoencoder.looks_like_one(folder))
    return [_entry(folder) for folder in folders]


def _entry(folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": folder.name, "algo": SHIPPED, "type": ANOMALY, "path": str(folder)}
    try:
        _autoencoder.read(folder)
        size = (folder / _autoencoder.TENSORS).stat().st_size
    except (BadModel, OSError) as error:
        return {**entry, "status": "UNAVAIL", "size": None, "dtype": None, "error": str(error)}
    return {**entry, "status": "READY", "size": size, "dtype": "float32"}


def build(model_dir: Path) -> Algorithm:
    """Return the detector of a node that keeps its trained models in this folder (which need not exist)."""
    models = Models(model_dir)
    models.get(SHIPPED)
    return Algorithm(
        SHIPPED, "autoencoder: rows whose shape is unusual for the series", ANOMALY, Params, partial(_detect, models)
    )
