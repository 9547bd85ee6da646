"""Trains autoencoders for `sample_ad_model`: the one that comes with the node, and the operator's own.

``python -m models._autoencoder_training`` makes the shipped weights anew, in minutes on one core. Everything is
seeded and runs on one thread of the CPU: the same machine gives the same bits; another kind of processor rounds
differently and ends at other weights that find the same anomalies.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from kernels.contract import BadParameter, BadSeries, Series, TooShort, as_series
from models import _autoencoder_data
from models.anomaly import _autoencoder, _windows
from models.anomaly._autoencoder import Adaptive, Autoencoder, Shape, Trained
from models.anomaly._calibration import FLOOR
from models.anomaly.sample_ad_model import SHIPPED_FOLDER

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # steps done, of how many

SHAPE = Shape(window=32, hidden=64, code=8, limit=8.0)
SEED = 6
SMALLEST = 1e-6  # added to squared errors: below a thousandth of a spread nothing is told apart
# The shipped model: a lesson is one generated series.
LESSONS, STEPS, AT_ONCE, RATE = 3000, 2500, 32, 2e-3
NORMAL, ANOMALOUS, SLIPPED_IN = 320, 64, 12  # windows of a lesson; anomalous ones that its decoder is fitted to as well
SHARPNESS = 2.0  # of the comparison of two errors
USUAL = 0.8  # share of a long series' windows
# A model of the operator's own.
OWN_STEPS, OWN_BATCH, OWN_RATE = 3000, 256, 2e-3
LEAST_WINDOWS = 8  # spans of training data
HELD_OUT = 0.2  # the last part of the training data only helps to set the threshold


class Encoder(nn.Module):
    """The encoder of `_autoencoder`, in torch."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.inner = nn.Linear(shape.window, shape.hidden)
        self.outer = nn.Linear(shape.hidden, shape.code)
        self._limit = shape.limit

    def forward(self, windows: Tensor) -> Tensor:
        """Return (1, code) of every window."""
        hidden = torch.relu(self.inner(windows.clamp(-self._limit, self._limit)))  # (..., hidden)
        code = self.outer(hidden)  # (..., code)
        return torch.cat([torch.ones_like(code[..., :1]), code], -1)  # (..., 1 + code)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return the weights under the names they are stored by."""
        named = {"encoder.0": self.inner, "encoder.1": self.outer}
        return {
            f"{name}.{kind}": getattr(layer, kind).detach().numpy().copy()
            for name, layer in named.items()
            for kind in ("weight", "bias")
        }


@contextmanager
def _reproducibly() -> Iterator[None]:
    """Seed torch and keep it on one thread; afterwards everything is as it was."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)


def _unobserved(done: int, steps: int) -> None:
    """Report nothing."""


@_reproducibly()
def train_shipped(progress: Progress = _unobserved, *, lessons: int = LESSONS, steps: int = STEPS) -> Autoencoder:
    """Return the model that comes with the node, trained on generated series.

    It learns to tell apart: in every lesson a decoder is fitted to one series' windows, a few anomalous ones among
    them; of a normal and an anomalous window the latter shall have the larger error.
    """
    random = np.random.default_rng(SEED)
    pairs = [_lesson(random) for _ in range(lessons)]
    normal = torch.from_numpy(np.stack([pair[0] for pair in pairs]))  # (lessons, NORMAL, window)
    anomalous = torch.from_numpy(np.stack([pair[1] for pair in pairs]))  # (lessons, ANOMALOUS, window)
    encoder, penalty = Encoder(SHAPE), nn.Parameter(torch.tensor(-4.0))  # logarithm of the ridge
    learnt = [*encoder.parameters(), penalty]
    optimiser = torch.optim.Adam(learnt, RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        chosen = torch.randint(0, lessons, (AT_ONCE,))
        usual, unusual = normal[chosen], anomalous[chosen]
        seen = torch.cat([usual, unusual[:, :SLIPPED_IN]], 1)
        codes = encoder(torch.cat([usual, unusual], 1))  # (lessons, NORMAL + ANOMALOUS, 1 + code)
        errors = _errors(codes, torch.cat([usual, unusual], 1), codes[:, : seen.shape[1]], seen, penalty.exp())
        low, high = torch.split(torch.log(errors + SMALLEST), [NORMAL, ANOMALOUS], 1)
        loss = softplus(SHARPNESS * (low[:, :, None] - high[:, None, :])).mean()
        _descend(loss, optimiser, learnt)
        schedule.step()
        progress(step + 1, steps)
    return Autoencoder(SHAPE, Adaptive(ridge=float(penalty.detach().exp()), usual=USUAL), encoder.weights())


def _lesson(random: np.random.Generator) -> tuple[_windows.Windows, _windows.Windows]:
    """Return normal and anomalous windows of one generated series."""
    while True:
        example, season = _autoencoder_data.example(random)
        standard = _windows.standardise(example.values, *_windows.centre_and_spread(example.values))
        stride = 1 if random.random() < 0.15 else max(1, -(-int(season) // SHAPE.window))
        windows = _windows.cut(standard, SHAPE.window, stride)
        before = np.concatenate(([0], np.cumsum(example.anomalous)))
        touched = before[SHAPE.window * stride :] > before[: len(windows)]
        usual, unusual = np.flatnonzero(~touched), np.flatnonzero(touched)
        if len(usual) >= NORMAL and len(unusual) >= 4:
            return windows[random.choice(usual, NORMAL, replace=False)], windows[random.choice(unusual, ANOMALOUS)]


def _errors(codes: Tensor, windows: Tensor, seen_codes: Tensor, seen: Tensor, ridge: Tensor) -> Tensor:
    """Return every window's mean square error, (lessons, windows), with the decoder fitted as in `_autoencoder`."""
    errors = (seen_codes @ _ridge(seen_codes, seen_codes, seen, ridge) - seen).square().mean(-1).detach()
    usual = (errors <= torch.quantile(errors, USUAL, dim=-1, keepdim=True)).float()
    decoder = _ridge(seen_codes * usual[..., None], seen_codes, seen, ridge)
    return (codes @ decoder - windows).square().mean(-1)


def _ridge(weighted: Tensor, features: Tensor, wanted: Tensor, penalty: Tensor) -> Tensor:
    normal = weighted.mT @ features  # (lessons, 1 + code, 1 + code)
    mean = normal.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    solution: Tensor = torch.linalg.solve(normal + penalty * mean * torch.eye(normal.shape[-1]), weighted.mT @ wanted)
    return solution  # (lessons, 1 + code, window)


def _descend(loss: Tensor, optimiser: torch.optim.Optimizer, learnt: list[nn.Parameter]) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(learnt, 1.0)
    optimiser.step()


@_reproducibly()
def train_own(
    values: Series, tolerance: float = 0.001, progress: Progress = _unobserved, *, steps: int = OWN_STEPS
) -> Autoencoder:
    """Return a model of data that is known to be normal.

    Parameters
    ----------
    values : float64 (n,), evenly spaced, finite, at least 8 windows long (256 rows, or 8 seasons).
    tolerance : share of the training data's rows that the model may flag, 0 to 0.1; sets the threshold.

    Raises
    ------
    BadSeries : all values are equal, or one is not finite.
    BadParameter, TooShort
    """
    if not 0.0 <= tolerance <= 0.1:
        raise BadParameter(f"tolerance must be 0 to 0.1, got {tolerance}")
    series = as_series(values)
    least = LEAST_WINDOWS * SHAPE.window
    if len(series) < least:
        raise TooShort(f"input data is too short: training needs at least {least} rows, got {len(series)}")
    centre, spread = _windows.centre_and_spread(series)
    if spread == 0.0:
        raise BadSeries(f"nothing can be learnt from a constant series: all values are {series[0]}")
    standard = _windows.standardise(series, centre, spread)
    stride = _windows.stride_for(len(series), _windows.season(standard), SHAPE.window)
    span = SHAPE.window * stride
    windows = _windows.cut(standard, SHAPE.window, stride)
    studied = torch.from_numpy(windows[: max(1, int(len(series) * (1.0 - HELD_OUT)) - span + 1)])
    encoder, decoder = Encoder(SHAPE), nn.Linear(SHAPE.code + 1, SHAPE.window, bias=False)
    learnt = [*encoder.parameters(), *decoder.parameters()]
    optimiser = torch.optim.Adam(learnt, OWN_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        batch = studied[torch.randint(0, len(studied), (OWN_BATCH,))]
        _descend((decoder(encoder(batch)) - batch).square().mean(), optimiser, learnt)
        schedule.step()
        progress(step + 1, steps)
    weights = encoder.weights() | {"decoder.weight": decoder.weight.detach().numpy().copy()}
    model = Autoencoder(SHAPE, Trained(centre, spread, stride, threshold=1.0), weights)
    score = _windows.least_over_windows(model.errors(windows, span), span)
    threshold = max(float(np.quantile(score, 1.0 - tolerance)), FLOOR)
    return dataclasses.replace(model, judge=Trained(centre, spread, stride, threshold))


def main(folder: Path = SHIPPED_FOLDER) -> None:
    """Train the shipped model and store it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    def report(done: int, steps: int) -> None:
        if done % 250 == 0:
            log.info("step %d of %d", done, steps)

    folder.mkdir(parents=True, exist_ok=True)
    _autoencoder.write(train_shipped(report), folder)


if __name__ == "__main__":
    main()
