"""The foundation models in their published sizes, with random weights: start, memory and speed.

    python -m benchmarks.bench_tsfm [--folder DIR] [--rounds N]

Speed is processor time with one thread, medians of rounds in which every candidate has its turn, told as ratios to
plain eager code (`eager_timemoe.py`) in the same run. The weights are written into a temporary folder (570 MB).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.eager_timemoe import EagerTimeMoe
from benchmarks.random_models import TIMEMOE_50M, tdtsfm_directory, timemoe_directory
from models._checkpoint import bfloat16_is_fast
from models.convert import to_safetensors
from models.pretrained import open_model
from models.timemoe import TimeMoe

POINTS, STEPS = 512, 96


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keep the weights here, and use them if they are there already")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with contextlib.ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folders = weights(folder)
        speed(folders, given.rounds)
        for name, dtypes in (("timemoe", ["float32", "bfloat16"]), ("tdtsfm", ["float32"])):
            for dtype in dtypes if bfloat16_is_fast() else ["float32"]:
                start_and_memory(name, folders[name], dtype)


def weights(folder: Path) -> dict[str, Path]:
    """Write the directories unless they are there."""
    moe, tdtsfm = folder / "timemoe", folder / "tdtsfm"
    if not (moe / "config.json").exists():
        timemoe_directory(moe, TIMEMOE_50M)
    if not (tdtsfm / "model.safetensors").exists():
        tdtsfm_directory(tdtsfm)
        to_safetensors(tdtsfm / "taos.pth", tdtsfm / "model.safetensors")
    return {"timemoe": moe, "tdtsfm": tdtsfm}


@torch.inference_mode()
def speed(folders: dict[str, Path], rounds: int) -> None:
    """Print processor milliseconds and ratios to the eager peer."""
    rng = np.random.default_rng(1)
    points = torch.from_numpy(rng.normal(size=(1, POINTS)).astype(np.float32))
    moe = open_model(folders["timemoe"])
    tdtsfm = open_model(folders["tdtsfm"])
    assert isinstance(moe, TimeMoe)
    eager = EagerTimeMoe(moe)
    difference = (eager.generate(points, STEPS) - moe.generate(points, STEPS).ahead).abs().max()
    candidates: dict[str, Callable[[], Any]] = {
        "eager Time-MoE-50M, float32 (peer)": lambda: eager.generate(points, STEPS),
        "Time-MoE-50M, float32": lambda: moe.generate(points, STEPS, backtest=False),
        "Time-MoE-50M, float32, with intervals": lambda: moe.generate(points, STEPS),
        "TDtsfm, float32": lambda: tdtsfm.generate(points[:, -480:], STEPS, backtest=False),
        "TDtsfm, float32, with intervals": lambda: tdtsfm.generate(points[:, -480:], STEPS),
    }
    if bfloat16_is_fast():
        half = open_model(folders["timemoe"], "bfloat16")
        candidates["Time-MoE-50M, bfloat16"] = lambda: half.generate(points, STEPS, backtest=False)
        candidates["Time-MoE-50M, bfloat16, with intervals"] = lambda: half.generate(points, STEPS)
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    for index in range(rounds + 1):
        for name, call in candidates.items():
            begin = time.process_time()
            call()
            if index:  # the first round pages weights in
                spent[name].append(time.process_time() - begin)
    median = {name: statistics.median(times) for name, times in spent.items()}
    peer = next(iter(median.values()))
    print(f"\n{POINTS} -> {STEPS} points, one thread; largest difference from the peer {difference:.1e}")
    print(f"{'':<40} {'CPU ms':>8} {'times the peer':>15}")
    for name, seconds in median.items():
        print(f"{name:<40} {1e3 * seconds:>8.0f} {seconds / peer:>15.2f}")


def start_and_memory(name: str, folder: Path, dtype: str) -> None:
    """Print seconds from the command to the first answered request, and the memory beyond torch's own."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    alone = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as run, _server(name, folder, dtype, Path(run)) as (seconds, port):
        loaded = _resident(port)
        _ask(port)
        used = _resident(port)
    values = {"timemoe": 113_352_192, "tdtsfm": 84_142_080}[name] * (4 if dtype == "float32" else 2)
    torch_alone = int(
        subprocess.run(
            [sys.executable, "-c", "import torch, numpy; print(open('/proc/self/statm').read().split()[1])"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    share = [(one - torch_alone * 4096) / values for one in (loaded, used)]
    print(f"\n{name} in {dtype}: ready in {seconds:.2f} s, importing torch alone takes {alone:.2f} s")
    print(f"  memory beyond torch's, in sizes of the weights: {share[0]:.2f} loaded, {share[1]:.2f} after a forecast")


@contextlib.contextmanager
def _server(name: str, folder: Path, dtype: str, run: Path) -> Iterator[tuple[float, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(Path(sys.executable).with_name("taosanode"))
    begin = time.perf_counter()
    subprocess.run(
        [program, "start-model", name, f"--weights={folder}", f"--port={port}", f"--dtype={dtype}", "--threads=1"],
        check=True,
        cwd=run,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield time.perf_counter() - begin, port
    finally:
        subprocess.run([program, "stop-model", name], check=True, cwd=run, stderr=subprocess.DEVNULL)


def _ask(port: int) -> None:
    question = json.dumps({"input": np.sin(np.arange(POINTS) / 9).tolist(), "next_len": STEPS}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/ds_predict", question, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as reply:
        reply.read()


def _resident(port: int) -> int:
    """Bytes resident of the process that holds the model: the only child of the one that answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status") as reply:
        master = json.load(reply)["pid"]
    worker = Path(f"/proc/{master}/task/{master}/children").read_text().split()[0]
    return int(Path(f"/proc/{worker}/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    main()
