"""A small autoencoder in numpy: strict loading, encoding, and the error of every window.

A window w of T values is encoded by two layers, c = B relu(A clip(w) + a) + b, and decoded by one, w' = D (1, c).
What a rare or broken shape has in common with the usual ones is too little for the few numbers of c to describe it,
so its error |w - w'| is large.

The decoder D comes in two kinds. A *trained* model brings its own, learnt from data that was known to be normal.
An *adaptive* model fits it by ridge regression to the windows of the very series it judges (least squares on fixed
features; the encoder was trained, through that regression, to make it work: L. Bertinetto et al., "Meta-learning with
differentiable closed-form solvers", ICLR 2019), once with all windows and again without the worst ones.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from kernels.contract import Series
from kernels.numerics.products import ON_ONE_THREAD, times
from models.anomaly._windows import Windows

Weights = NDArray[np.float32]

FORMAT = "taosanode-autoencoder-1"
CONFIG, TENSORS = "config.json", "model.safetensors"
LARGEST_FILE = 16 * 1024 * 1024
LARGEST_WEIGHT = 1000.0  # nothing trained comes near; below it no sum can overflow
AT_ONCE = 2048  # windows encoded at once: what they need stays in the processor's cache


class BadModel(ValueError):
    """A folder does not hold a usable autoencoder; the message says why."""


@dataclass(frozen=True, slots=True)
class Adaptive:
    """How an adaptive model fits its decoder.

    ridge : penalty, relative to the mean of the normal matrix's diagonal.
    usual : share of the windows that are taken for usual if the series is long: those with the least error.
    """

    ridge: float
    usual: float

    def __post_init__(self) -> None:
        _within("ridge", self.ridge, 1e-9, 1e3)
        _within("usual", self.usual, 0.5, 0.99)

    def share(self, windows: int, span: int) -> float:
        """Return the share of windows to take for usual."""
        return min(self.usual, without_one(windows, span))


@dataclass(frozen=True, slots=True)
class Trained:
    """How a trained model sees a series.

    centre, spread : of the training data, in its unit.
    stride : rows that one value of a window stands for.
    threshold : largest error of a normal window, in spreads.
    """

    centre: float
    spread: float
    stride: int
    threshold: float

    def __post_init__(self) -> None:
        _within("centre", self.centre, -1.7e308, 1.7e308)
        _within("spread", self.spread, 1e-300, 1.7e308)
        if not 1 <= self.stride <= 1_000_000:
            raise BadModel(f"stride must be 1 to 1000000, got {self.stride}")
        _within("threshold", self.threshold, 1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the layers: values in a window, units of the hidden layer, numbers in the code; `limit` clips input."""

    window: int
    hidden: int
    code: int
    limit: float

    def __post_init__(self) -> None:
        for name, least, most in (("window", 4, 1024), ("hidden", 1, 1024), ("code", 1, self.window - 1)):
            if not least <= getattr(self, name) <= most:
                raise BadModel(f"{name} must be {least} to {most}, got {getattr(self, name)}")
        _within("limit", self.limit, 0.1, 100.0)

    def tensors(self, judge: Adaptive | Trained) -> dict[str, tuple[int, ...]]:
        """Return the names and shapes of all tensors."""
        shapes: dict[str, tuple[int, ...]] = {
            "encoder.0.weight": (self.hidden, self.window),
            "encoder.0.bias": (self.hidden,),
            "encoder.1.weight": (self.code, self.hidden),
            "encoder.1.bias": (self.code,),
        }
        if isinstance(judge, Trained):
            shapes["decoder.weight"] = (self.window, self.code + 1)  # column 0 is the bias
        return shapes


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """A loaded model; `weights` by name, as `Shape.tensors` lists them."""

    shape: Shape
    judge: Adaptive | Trained
    weights: dict[str, Weights]

    def features(self, windows: Windows) -> Series:
        """Return (1, code) of every window, float64 (m, code + 1)."""
        inner, inner_bias = self.weights["encoder.0.weight"].T, self.weights["encoder.0.bias"]
        outer, outer_bias = self.weights["encoder.1.weight"].T, self.weights["encoder.1.bias"]
        features = np.ones((len(windows), self.shape.code + 1))
        for start in range(0, len(windows), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            hidden = np.clip(windows[some], -self.shape.limit, self.shape.limit)
            hidden = times(hidden, inner)  # (some, hidden)
            hidden += inner_bias
            np.maximum(hidden, 0.0, out=hidden)
            features[some, 1:] = times(hidden, outer) + outer_bias  # (some, code)
        return features

    def errors(self, windows: Windows, span: int) -> Series:
        """Return the root mean square error of every window, in spreads; a window spans so many rows."""
        features, wanted = self.features(windows), windows.astype(np.float64)
        if isinstance(self.judge, Trained):
            return _rms(wanted, times(features, self.weights["decoder.weight"].T.astype(np.float64)))
        errors = _rms(wanted, times(features, _ridge(features, wanted, self.judge.ridge)))
        usual = errors <= np.quantile(errors, self.judge.share(len(errors), span))
        return _rms(wanted, times(features, _ridge(features[usual], wanted[usual], self.judge.ridge)))


def without_one(windows: int, span: int) -> float:
    """Return the share of windows that no single anomaly reaches: one of a span is in nearly two spans of windows."""
    return max(0.5, 1.0 - 2.0 * span / windows)


def _transposed_times(left: Series, right: Series) -> Series:
    """Return ``left.T @ right``, computed in slices on the calling thread."""
    size = max(1, ON_ONE_THREAD // (left.shape[1] * right.shape[1]))
    whole = len(left) // size * size
    slices = left[:whole].reshape(-1, size, left.shape[1]).transpose(0, 2, 1)
    product: Series = np.matmul(slices, right[:whole].reshape(-1, size, right.shape[1])).sum(axis=0)
    product += left[whole:].T @ right[whole:]
    return product


def _ridge(features: Series, wanted: Series, penalty: float) -> Series:
    """Return the decoder (code + 1, window) that least squares with a penalty finds."""
    both = np.concatenate((features, wanted), axis=1)  # (m, code + 1 + window)
    products = _transposed_times(features, both)
    size = features.shape[1]
    normal = products[:, :size]
    normal += penalty * np.trace(normal) / size * np.eye(size)
    return np.linalg.solve(normal, products[:, size:]).astype(np.float64, copy=False)


def _rms(wanted: Series, decoded: Series) -> Series:
    decoded -= wanted
    error: Series = np.sqrt(np.einsum("ij,ij->i", decoded, decoded) / wanted.shape[1])
    return error


def read(folder: Path) -> Autoencoder:
    """Load a model from its folder; nothing in it is executed or unpickled.

    Raises
    ------
    BadModel : a file is missing or too large, a setting or tensor is missing, unknown or out of its bounds.
    """
    settings = _settings(folder)
    judges: dict[str, type[Adaptive] | type[Trained]] = {"adaptive": Adaptive, "trained": Trained}
    kind = "trained" if "trained" in settings else "adaptive"
    _names("config.json", set(settings), {"format", "shape", kind})
    shape: Shape = _dataclass(Shape, "shape", settings["shape"])
    judge: Adaptive | Trained = _dataclass(judges[kind], kind, settings[kind])
    try:
        weights = load(_bytes(folder / TENSORS))
    except SafetensorError as error:
        raise BadModel(f"{TENSORS} is damaged: {error}") from error
    expected = shape.tensors(judge)
    _names(TENSORS, set(weights), set(expected))
    for name, size in expected.items():
        tensor = weights[name]
        if tensor.dtype != np.float32 or tensor.shape != size:
            raise BadModel(f"{name} must be float32 {size}, got {tensor.dtype} {tensor.shape}")
        if not (np.abs(tensor) <= LARGEST_WEIGHT).all():  # also refuses nan
            raise BadModel(f"{name} holds values that are not finite or beyond {LARGEST_WEIGHT:g}")
    return Autoencoder(shape, judge, weights)


def looks_like_one(folder: Path) -> bool:
    """Tell whether a folder says that it holds an autoencoder, usable or not."""
    try:
        _settings(folder)
    except BadModel:
        return False
    return True


def write(model: Autoencoder, folder: Path) -> None:
    """Store a model in an existing folder."""
    kind = type(model.judge).__name__.lower()
    settings = {
        "format": FORMAT,
        "shape": dataclasses.asdict(model.shape),
        kind: dataclasses.asdict(model.judge),
    }
    (folder / TENSORS).write_bytes(save(model.weights))
    (folder / CONFIG).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _settings(folder: Path) -> dict[str, Any]:
    text = _bytes(folder / CONFIG)
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:  # neither JSON nor UTF-8, or nested without end
        raise BadModel(f"{CONFIG} is not JSON: {error}") from error
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise BadModel(f"{CONFIG} has no format {FORMAT}")
    return settings


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadModel(f"{path.name} cannot be read: {error.strerror or error}") from error
    if len(content) > LARGEST_FILE:
        raise BadModel(f"{path.name} is larger than {LARGEST_FILE} bytes")
    return content


def _names(where: str, found: set[str], expected: set[str]) -> None:
    missing, unknown = sorted(expected - found), sorted(found - expected)
    if missing:
        raise BadModel(f"{where} lacks {', '.join(missing)}")
    if unknown:
        raise BadModel(f"{where} holds unknown {', '.join(unknown)[:100]}")


def _dataclass(kind: type[Any], name: str, values: Any) -> Any:
    """Build a dataclass of numbers from JSON, refusing any other name or type."""
    if not isinstance(values, dict):
        raise BadModel(f"{name} must be an object")
    fields = {field.name: field.type for field in dataclasses.fields(kind)}
    _names(name, set(values), set(fields))
    for key, wanted in fields.items():
        allowed = int if wanted == "int" else (int, float)
        if isinstance(values[key], bool) or not isinstance(values[key], allowed):
            raise BadModel(f"{name}.{key} must be {'an integer' if wanted == 'int' else 'a number'}")
    return kind(**values)


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # also refuses nan
        raise BadModel(f"{name} must be {least:g} to {most:g}, got {value}")
