"""Speed of the detectors beside established implementations: ``make bench-detectors``.

Medians of the processor time (all threads) of calls in warm processes, one after the other in one run; processor time,
because other programs on the machine do not change it. The peers live in an environment of their own; a
peer that is not there is reported and left out. The growth exponent is the slope of log time over log rows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from kernels.anomaly import copod, ecod, grubbs, hbos, iforest, iqr, ksigma, lof, pca, shesd
from kernels.contract import Detection, Task
from kernels.numerics.whitenoise import is_white_noise

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-bench-detect" / "bin" / "python"
PERIOD = 288
PYOD = {ecod: "ECOD", copod: "COPOD", hbos: "HBOS", iforest: "IForest", pca: "PCA"}
SIZES = (5000, 10_000, 20_000, 40_000)

RSCRIPT = """
x <- ts(readBin(commandArgs(TRUE)[1], "double", {n}), frequency={period})
run <- function() sum(system.time(stl(x, s.window="periodic", robust=TRUE))[1:2])
cat(replicate({repeat}, run()))
"""


def outliers(n: int) -> np.ndarray:
    """Return noise with 1 % outliers."""
    rng = np.random.default_rng(n)
    series = rng.normal(size=n)
    series[rng.choice(n, n // 100, replace=False)] += 30 * rng.choice([-1, 1], n // 100)
    return series


def season(n: int) -> np.ndarray:
    """Return a day's season in noise with 1 % outliers."""
    return 10 * np.sin(2 * np.pi * np.arange(n) / PERIOD) + outliers(n)


def timed(call: Callable[[], object], at_least_s: float = 0.3) -> float:
    """Return the median processor time of calls, at least five."""
    call()
    seconds: list[float] = []
    while len(seconds) < 5 or sum(seconds) < at_least_s:
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return median(seconds)


class Peers:
    """The peers' process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        if PYTHON.is_file():
            self._process = subprocess.Popen(
                [PYTHON, ROOT / "benchmarks" / "detect_peers.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def time(self, peer: str, series: np.ndarray, repeat: int, **options: object) -> dict[str, Any]:
        """Return a peer's seconds, flags and version, or why there are none."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return {"missing": f"no environment {PYTHON.parent.parent.name}"}
        path = self._folder / "series.npy"
        np.save(path, series)
        self._process.stdin.write(json.dumps({"peer": peer, "file": str(path), "repeat": repeat, **options}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def time_r(self, series: np.ndarray, repeat: int) -> dict[str, Any]:
        """Return the seconds of R's robust stl alone."""
        if shutil.which("Rscript") is None:
            return {"missing": "no Rscript (apt-get install r-base-core)"}
        path = self._folder / "series.bin"
        series.tofile(path)
        script = RSCRIPT.format(n=len(series), period=PERIOD, repeat=repeat)
        done = subprocess.run(["Rscript", "-e", script, path], capture_output=True, text=True, check=True)
        return {"seconds": [float(text) for text in done.stdout.split()], "flagged": None, "version": "stl of R"}


def report(what: str, call: Callable[[], Any], theirs: Callable[[], dict[str, Any]], goal: float) -> None:
    """Time both and print a line; ours before and after, so that a busy machine shows."""
    ours = [timed(call)]
    peer = theirs()
    ours.append(timed(call))
    mine = median(ours)
    if "missing" in peer:
        print(f"{what:<44}{1e3 * mine:10.2f} ms   peer missing: {peer['missing']}")
        return
    other = median(peer["seconds"])
    agreement = ""
    if isinstance(answer := call(), Detection) and peer["flagged"] is not None:
        found = set(np.flatnonzero(answer.flags < 0).tolist())
        agreement = f"flags: {len(found)}, {len(found ^ set(peer['flagged']))} differ"
    ratio = f"{other / mine:9.0f}x (wanted {goal:g}x)"
    print(f"{what:<44}{1e3 * mine:10.2f} ms{1e3 * other:12.1f} ms{ratio}   {peer['version']:<10} {agreement}")


def numpys(call: Callable[[], object]) -> dict[str, Any]:
    """Time the same rule written with numpy, in this process."""
    return {"seconds": [timed(call)], "flagged": None, "version": f"numpy {np.__version__}"}


def speed(peers: Peers) -> None:
    """Print every detector beside its peer."""
    print(f"{'':44}{'this node':>13}{'peer':>15}{'ratio':>10}")
    x = outliers(10_000)
    report(
        "grubbs, 10 000 rows, 1 % outliers",
        lambda: grubbs.detect(Task.of(x)),
        lambda: peers.time("outlier_utils", x, 1, alpha=0.95),
        1000,
    )
    big = outliers(40_000)
    noise = np.random.default_rng(1).normal(size=40_000)
    for k in (10, 20):
        params = lof.Params(k)
        report(
            f"lof, 40 000 rows, k = {k}",
            lambda params=params: lof.detect(Task.of(noise), params),  # type: ignore[misc]
            lambda k=k: peers.time("scikit-learn", noise, 5, neighbors=k),  # type: ignore[misc]
            10,
        )
    rng = np.random.default_rng(2)
    related = rng.normal(size=(40_000, 2)) @ rng.normal(size=(2, 8)) + 0.1 * rng.normal(size=(40_000, 8))
    for what, table in (("unrelated", rng.normal(size=(10_000, 8))), ("related", related)):
        report(
            f"lof, {len(table)} rows of 8 {what} columns, k = 10",
            lambda table=table: lof.detect(Task.of(table)),  # type: ignore[misc]
            lambda table=table: peers.time("scikit-learn", table, 1, neighbors=10),  # type: ignore[misc]
            1,
        )
    columns = Task({f"val{at}": np.ascontiguousarray(column) for at, column in enumerate(related.T)})  # as in a node
    for detector, theirs in PYOD.items():
        report(
            f"{detector.__name__.rpartition('.')[2]}, 40 000 rows of 8 related columns",
            lambda detector=detector: detector.detect(columns),  # type: ignore[misc]
            lambda theirs=theirs: peers.time("pyod", related, 5, detector=theirs),  # type: ignore[misc]
            5,
        )
    y, long = season(10_000), season(40_000)
    params_s = shesd.Params(period=PERIOD, max_anoms=0.05)
    report(
        "shesd, 10 000 rows, period 288",
        lambda: shesd.detect(Task.of(y), params_s),
        lambda: peers.time("pyculiarity", y, 1, period=PERIOD, max_anoms=0.05),
        100,
    )
    report(
        "shesd, 40 000 rows; peer: its STL alone",
        lambda: shesd.detect(Task.of(long), params_s),
        lambda: peers.time_r(long, 5),
        1,
    )
    report(
        "white-noise check, 40 000 rows", lambda: is_white_noise(big), lambda: peers.time("statsmodels", big, 5), 100
    )
    report("iqr, 40 000 rows", lambda: iqr.detect(Task.of(big)), lambda: numpys(lambda: numpy_iqr(big)), 1)
    report("ksigma, 40 000 rows", lambda: ksigma.detect(Task.of(big)), lambda: numpys(lambda: numpy_ksigma(big)), 1)


def numpy_iqr(x: np.ndarray) -> np.ndarray:
    """The rule as a Python node writes it: codes as a list."""
    q1, q3 = np.quantile(x, [0.25, 0.75])
    fence = 1.5 * (q3 - q1)
    return np.array([-1 if value < q1 - fence or value > q3 + fence else 1 for value in x.tolist()])


def numpy_ksigma(x: np.ndarray) -> np.ndarray:
    """The rule as a Python node writes it: codes as a list."""
    mean, width = x.mean(), 3 * x.std()
    return np.array([-1 if value < mean - width or value > mean + width else 1 for value in x.tolist()])


def growth() -> None:
    """Print the time by number of rows and the growth exponents."""
    calls: dict[str, Callable[[np.ndarray], object]] = {
        "iqr": lambda x: iqr.detect(Task.of(x)),
        "ksigma": lambda x: ksigma.detect(Task.of(x)),
        "grubbs": lambda x: grubbs.detect(Task.of(x)),
        "lof, k = 10": lambda x: lof.detect(Task.of(x)),
        "lof, k = 20": lambda x: lof.detect(Task.of(x), lof.Params(20)),
        "shesd, period 288": lambda x: shesd.detect(Task.of(x), shesd.Params(period=PERIOD)),
        "shesd, period found": lambda x: shesd.detect(Task.of(x)),
        "white-noise check": is_white_noise,
    }
    print(f"\n{'ms for rows':<24}" + "".join(f"{n:>10}" for n in SIZES) + "    exponent (wanted <= 1.15)")
    for name, call in calls.items():
        make = season if name.startswith("shesd") else outliers
        times = []
        for n in SIZES:
            x = make(n)
            times.append(timed(lambda call=call, x=x: call(x)))  # type: ignore[misc]
        slope = np.polyfit(np.log(SIZES), np.log(times), 1)[0]
        print(f"{name:<24}" + "".join(f"{1e3 * t:10.2f}" for t in times) + f"{slope:12.2f}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        speed(Peers(Path(folder)))
    growth()


if __name__ == "__main__":
    main()
