"""Trains `zero`, the forecaster that comes with the node: ``python -m models._zero_training`` makes its weights anew.

Everything is seeded; one thread learns while another process makes the next lessons: the same machine gives the same
bits, another one the same score within its noise. Products are computed in bfloat16, which needs a processor with AMX
(or AVX-512) to be quick.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import cos, pi
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from kernels.forecast import _zero_net
from kernels.forecast._zero_features import OF_SERIES, OF_STEP
from models._zero_lessons import Lessons, lessons

SEED = 15
WIDTH, STEP_WIDTH, BLOCKS, STEP_BLOCKS = 384, 192, 2, 2
BATCH, POOL, REPEATS = 1024, 16384, 3  # lessons of a pool are learnt `REPEATS` times
BEND = 2.0  # units from which on an error counts less
WARM_UP, WEIGHT_DECAY = 200, 0.01
KEPT = 0.998  # of the moving average of the weights, at each step
LOOK_AT, EVERY = 4096, 1000  # lessons that progress is measured on; steps between two looks
Progress = Callable[[dict[str, float]], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """So many steps; the rate begins at `rate` and falls as half a cosine that is at 0 after `wave` steps.

    structural : whether its lessons have series of that family, see `_zero_prior`.
    """

    steps: int
    wave: int
    rate: float
    structural: bool


# Each but the first begins with what lies in the folder, and writes the mean of that and its own end: the first knows
# better what is short and slow, the second what has a season, the third what has both.
STAGES = (Stage(7000, 24000, 1.5e-3, False), Stage(5000, 5000, 1e-3, False), Stage(2000, 2000, 5e-4, True))


class Block(nn.Module):
    """x + B silu(A x + a)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a = nn.Linear(width, width)
        self.b = nn.Linear(width, width, bias=False)
        nn.init.normal_(self.b.weight, std=0.2 / width**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width)."""
        added: Tensor = self.b(silu(self.a(x)))
        return x + added


class Net(nn.Module):
    """The network of `kernels.forecast._zero_net`, in torch."""

    series_mean: Tensor
    series_scale: Tensor
    step_mean: Tensor
    step_scale: Tensor

    def __init__(self, seen: Lessons) -> None:
        super().__init__()
        for name, values in (("series", seen.series), ("step", seen.step.reshape(-1, OF_STEP))):
            self.register_buffer(f"{name}_mean", torch.from_numpy(values.mean(0)))
            self.register_buffer(f"{name}_scale", torch.from_numpy(1.0 / (values.std(0) + 1e-3)))
        self.series_in = nn.Linear(OF_SERIES, WIDTH)
        self.series_blocks = nn.ModuleList(Block(WIDTH) for _ in range(BLOCKS))
        self.between = nn.Linear(WIDTH, STEP_WIDTH)
        self.step_in = nn.Linear(OF_STEP, STEP_WIDTH, bias=False)
        self.step_blocks = nn.ModuleList(Block(STEP_WIDTH) for _ in range(STEP_BLOCKS))
        self.out = nn.Linear(STEP_WIDTH, len(_zero_net.SHARES))
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.out.bias, -0.5)

    def forward(self, series: Tensor, step: Tensor) -> Tensor:
        """Return quantiles in units, (lessons, steps, shares), in order."""
        limit = _zero_net.LIMIT
        x = ((series - self.series_mean) * self.series_scale).clamp(-limit, limit)  # (lessons, OF_SERIES)
        x = silu(self.series_in(x))  # (lessons, WIDTH)
        for block in self.series_blocks:
            x = block(x)
        y = self.step_in(((step - self.step_mean) * self.step_scale).clamp(-limit, limit))
        y = silu(self.between(x).unsqueeze(1) + y)  # (lessons, steps, STEP_WIDTH)
        for block in self.step_blocks:
            y = block(y)
        raw = self.out(y).float()  # (lessons, steps, shares)
        half = len(_zero_net.SHARES) // 2
        median, apart = raw[..., :1], softplus(raw[..., 1:])
        above = median + torch.cumsum(apart[..., :half], -1)
        below = median - torch.cumsum(apart[..., half:], -1)
        return torch.cat([below.flip(-1), median, above], -1)


def loss(net: Net, series: Tensor, step: Tensor, wanted: Tensor, shares: Tensor) -> Tensor:
    """Return the mean quantile loss of what is bent by asinh: wild series count less, and quantiles stay quantiles."""
    with torch.autocast("cpu", torch.bfloat16):
        said = net(series, step)
    error = torch.asinh(wanted / BEND).unsqueeze(-1) - torch.asinh(said / BEND)
    return torch.maximum(shares * error, (shares - 1.0) * error).mean()


class Average:
    """Moving average of a network's weights, which is what is kept."""

    def __init__(self, net: Net) -> None:
        self.weights = {name: value.detach().clone() for name, value in net.state_dict().items()}

    def follow(self, net: Net, kept: float) -> None:
        """Move towards the network's weights."""
        for name, value in net.state_dict().items():
            self.weights[name].mul_(kept).add_(value, alpha=1.0 - kept)


def train(folder: Path, stages: Sequence[Stage], progress: Progress, seed: int = SEED, done: int = 0) -> None:
    """Go through all stages but those `done` before, whose weights lie in the folder; write them at each look."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    looked_at = lessons(np.random.default_rng(seed), LOOK_AT)
    for number, stage in enumerate(stages[done:], done):
        before = _stored(folder) if number else None
        learn(folder, stage, looked_at, progress, seed + number, begin=number > 0)
        if before is not None:
            end = _stored(folder)
            _write(folder, {name: np.asarray(np.mean((before[name], end[name]), axis=0)) for name in end})


def learn(folder: Path, stage: Stage, looked_at: Lessons, progress: Progress, seed: int, begin: bool) -> None:
    """Go through one stage; where `begin`, from the weights that lie in the folder."""
    pools = _pools(seed, stage.structural)
    pool, random = next(pools), np.random.default_rng(seed)
    net, shares = Net(pool), torch.tensor(_zero_net.SHARES)
    if begin:
        net.load_state_dict({name: torch.from_numpy(value) for name, value in _stored(folder).items()})
    matrices = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, stage.rate, betas=(0.9, 0.98), fused=True)
    average, order, compiled = Average(net), np.empty(0, np.int64), torch.compile(loss)
    for at in range(stage.steps):
        if len(order) == 0:
            pool = next(pools) if at else pool
            order = np.concatenate([random.permutation(POOL) for _ in range(REPEATS)])
        chosen, order = order[:BATCH], order[BATCH:]
        rate = stage.rate * min((at + 1) / WARM_UP, 0.5 + 0.5 * cos(pi * at / stage.wave))
        for group in optimiser.param_groups:
            group["lr"] = rate
        series, step, wanted = (torch.from_numpy(v[chosen]) for v in (pool.series, pool.step, pool.wanted))
        optimiser.zero_grad()
        compiled(net, series, step, wanted, shares).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.follow(net, min(at / (at + 10.0), KEPT))
        if (at + 1) % EVERY == 0 or at + 1 == stage.steps:
            _write(folder, {name: value.numpy() for name, value in average.weights.items()})
            progress({"step": at + 1, "of": stage.steps, "loss": _look(pool_net(pool, average), looked_at, shares)})


def _pools(seed: int, structural: bool) -> Iterator[Lessons]:
    """Yield lessons without end; a second process makes the next ones meanwhile."""
    # a session of its own: what interrupts the terminal ends the trainer, which ends its helper
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=os.setsid) as helper:
        coming = helper.submit(_pool, seed, 0, POOL, structural)
        for at in itertools.count(1):
            following = helper.submit(_pool, seed, at, POOL, structural)
            yield coming.result()
            coming = following


def _pool(seed: int, at: int, count: int, structural: bool) -> Lessons:
    return lessons(np.random.default_rng([seed, at]), count, structural)


def pool_net(pool: Lessons, average: Average) -> Net:
    """Return a network with the average's weights."""
    net = Net(pool)
    net.load_state_dict(average.weights)
    return net


def _look(net: Net, seen: Lessons, shares: Tensor) -> float:
    with torch.inference_mode():
        series, step, wanted = (torch.from_numpy(values) for values in (seen.series, seen.step, seen.wanted))
        return float(loss(net, series, step, wanted, shares))


def _stored(folder: Path) -> dict[str, NDArray[np.float32]]:
    return {name: value.astype(np.float32) for name, value in load_file(folder / _zero_net.FILE).items()}


def _write(folder: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Write weights in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.astype(np.float16) for name, value in weights.items()}, folder / _zero_net.FILE)
    (folder / _zero_net.FILE).chmod(0o644)  # else nobody but its maker may read it


def main() -> None:
    """Train, and tell how it goes, a line of JSON at each look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=_zero_net.SHIPPED, help="folder for the weights")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--done", type=int, default=0, help="stages that were gone through before: the folder has them")
    given = parser.parse_args()
    began = time.process_time()

    def tell(at: dict[str, float]) -> None:
        sys.stdout.write(json.dumps({**at, "cpu_minutes": round((time.process_time() - began) / 60.0, 2)}) + "\n")
        sys.stdout.flush()

    train(given.out, STAGES, tell, given.seed, given.done)


if __name__ == "__main__":
    main()
