"""How often the prediction intervals of the foundation models hold what they promise.

    python -m benchmarks.coverage_tsfm [--series N] [--steps N] [--data ../shared/data]

No published weights are used: one model has random weights and so no skill at all, the other is a small Time-MoE
trained here, for a minute or so, on generated series. The series it is judged on are drawn anew; with `--data` there
are windows of real ones too.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as fn

from benchmarks.random_models import TINY_TIMEMOE, timemoe_directory, timer_directory
from kernels.contract import Horizon
from models.pretrained import Pretrained, forecast, open_model
from models.timemoe import Config, State, TimeMoe

Series = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Series]

SMALL = {
    **TINY_TIMEMOE,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "horizon_lengths": [1, 8, 32, 64],
}
SMALL_TIMER = {
    "model_type": "timer",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def _season(rng: np.random.Generator, n: int) -> Series:
    time = np.arange(n) + rng.integers(1000)
    period, second = rng.integers(6, 60, 2)
    wave = rng.normal(2, 1) * np.sin(2 * np.pi * time / period) + rng.normal(1, 1) * np.cos(4 * np.pi * time / second)
    return wave + rng.normal(size=n)


def _autoregressive(rng: np.random.Generator, n: int) -> Series:
    coefficient, series = rng.uniform(0.3, 0.97), rng.normal(size=n + 100)
    for i in range(1, n + 100):
        series[i] += coefficient * series[i - 1]
    return series[100:]


FAMILIES: dict[str, Draw] = {
    "white noise": lambda rng, n: rng.normal(size=n),
    "heavy tails (t3)": lambda rng, n: rng.standard_t(3, size=n),
    "season + noise": _season,
    "autoregressive": _autoregressive,
    "season + autoregressive": lambda rng, n: _season(rng, n) + _autoregressive(rng, n),
    "trend + noise": lambda rng, n: rng.normal(0, 0.02) * np.arange(n) + rng.normal(size=n),
    "random walk": lambda rng, n: np.cumsum(rng.normal(size=n)),
}


def main() -> None:
    """Print one line of coverages for each model, length and horizon."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=40, help="of each family")
    parser.add_argument("--steps", type=int, default=300, help="of training")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder with forecast/*.csv and ett/ETTh1.csv")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    families: dict[str, Draw] = dict(FAMILIES)
    if given.data:
        families |= {path.stem: _windows(path) for path in sorted((given.data / "forecast").glob("m4_[hdw]*.csv"))}
        families["ETTh1"] = _ett(given.data / "ett" / "ETTh1.csv")
    with tempfile.TemporaryDirectory() as folder:
        models: dict[str, Pretrained] = {
            "trained Time-MoE": trained(given.steps),
            "random Time-MoE": open_model(timemoe_directory(Path(folder, "moe"), SMALL)),
            "random Timer": open_model(timer_directory(Path(folder, "timer"), SMALL_TIMER)),
        }
        for name, model in models.items():
            print(f"\n{name:<26}" + "".join(f"{known:>9} -> {ahead:<3}" for known, ahead in SIZES))
            for family, draw in families.items():
                print(f"{family:<26}", end="")
                for known, ahead in SIZES:
                    print(f"{_coverage(model, draw, known, ahead, given.series):>15}", end="")
                    sys.stdout.flush()
                print()


SIZES = ((100, 10), (256, 24), (512, 96), (512, 200))


def _coverage(model: Pretrained, draw: Draw, known: int, ahead: int, count: int) -> str:
    rng = np.random.default_rng(known + ahead)
    drawn = [one for one in (draw(rng, known + ahead) for _ in range(count)) if len(one) == known + ahead]
    if not drawn:
        return "-"
    told = []
    for conf in (0.8, 0.95):
        found = forecast(model, [one[:known] for one in drawn], Horizon(ahead, conf))
        inside = [(f.low <= one[known:]) & (one[known:] <= f.high) for f, one in zip(found, drawn, strict=True)]
        told.append(f"{np.mean(inside):.2f}")
    return " / ".join(told)


def trained(steps: int) -> TimeMoe:
    """Return a small Time-MoE trained on generated series, every head at every point."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    model = TimeMoe(Config.read(SMALL)).to_empty(device="cpu")
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, 1.0 if "norm" in name else 0.0, 0.0 if "norm" in name else 0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    lengths, points = model.config.horizon_lengths, 160
    for _ in range(steps):
        kinds = rng.choice(list(FAMILIES), 12)
        batch = np.stack([FAMILIES[kind](rng, points + max(lengths)) for kind in kinds])
        batch = (batch - batch[:, :points].mean(1, keepdims=True)) / batch[:, :points].std(1, keepdims=True)
        series = torch.from_numpy(batch.astype(np.float32))
        states = model.states(series[:, :points], State(model, len(series), points), keep=points)
        windows = series[:, 1:].unfold(1, max(lengths), 1)[:, :points]  # (B, points, longest head)
        heads = zip(model.lm_heads, lengths, strict=True)
        loss = sum(fn.huber_loss(head(states), windows[:, :, :length]) for head, length in heads)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.requires_grad_(False)


def _windows(path: Path) -> Draw:
    """Ends of the file's series, train and test together."""
    csv.field_size_limit(sys.maxsize)
    with path.open(newline="") as file:
        rows = [np.array(f"{row['train']} {row['test']}".split(), float) for row in csv.DictReader(file)]
    return lambda rng, n: rows[rng.integers(len(rows))][-n:]


def _ett(path: Path) -> Draw:
    """Windows of the oil temperature and the loads."""
    table = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 8))

    def draw(rng: np.random.Generator, n: int) -> Series:
        start = rng.integers(len(table) - n)
        window: Series = table[start : start + n, rng.integers(7)]
        return window

    return draw


if __name__ == "__main__":
    main()
