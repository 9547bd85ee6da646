"""Speed of the profile search, the association rules and the correlations beside named peers, in one run.

    python3.11 -m venv .venv-bench-tools && .venv-bench-tools/bin/pip install -r benchmarks/peers-tools.txt
    python -m benchmarks.bench_tools

Processor time, medians of three calls. The warping search has 1000 pieces of 500 values, of which the best is wanted:
the peer computes the exact distance of each, ours: FastDTW of radius 10 with lower bounds. The cosine of z-scored
pieces orders them as the Euclidean distance that `stumpy.mass` computes, at each of 40 000 places. Rules: 2000
transactions of 30 items; the frequent sets are found, from those that hold in a tenth of the transactions on.
Correlations are those of 40 000 rows, of which the second column follows the first 37 rows later, and warping of 2000.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from kernels.contract import Task
from kernels.correlation import dtw, granger, pearsonr, spearman, tlcc, xcorr_lag
from kernels.numerics.association import Config, frequent
from kernels.numerics.profile_search import COSINE, NONE, Z_SCORE, Pieces, Wanted, search

ROOT = Path(__file__).parent.parent
SIZE, PIECES, LONG = 500, 1000, 40_000
ITEMS, TRANSACTIONS, LEAST = 30, 2000, 0.1
LATE, WARPED, LAGS, ORDER, DIGITS = 37, 2000, 500, 5, 1e9
PEERS = {
    "profile search, warping": ("dtaidistance",),
    "profile search, cosine": ("stumpy",),
    "frequent sets": ("mlxtend", "mlxtend fpgrowth", "efficient-apriori"),
    "dtw, radius 10": ("fastdtw",),
    "dtw, exact": ("dtaidistance absolute",),
    "tlcc, 1001 lags": ("pandas shifted",),
    "xcorr_lag": ("scipy correlate",),
    "granger, 5 lags": ("statsmodels granger",),
    "pearsonr": ("scipy pearsonr",),
    "spearman": ("scipy spearmanr",),
}


def arrays() -> dict[str, np.ndarray]:
    """Return random walks, and baskets of which some items come together, the same ones every time."""
    random = np.random.default_rng(1)
    pieces = random.normal(size=(PIECES, SIZE)).cumsum(axis=1)
    profile = pieces[PIECES // 3] + random.normal(size=SIZE)
    baskets = random.random((4, TRANSACTIONS)) < 0.4
    held = (random.random((ITEMS, TRANSACTIONS)) < 0.1) | (
        baskets[np.arange(ITEMS) % 4] & (random.random((ITEMS, TRANSACTIONS)) < 0.6)
    )
    x, noise = random.normal(size=(2, LONG))
    pair = np.array([x, np.roll(x, LATE) + noise])
    walks = random.normal(size=(2, WARPED)).cumsum(axis=1)
    series = {"values": random.normal(size=LONG).cumsum(), "pair": pair, "walks": walks}
    return {"profile": profile, "pieces": pieces, "held": held, **series}


def at(begin: np.ndarray) -> Pieces:
    """Return the pieces of one size that begin there."""
    return Pieces(begin, np.full(len(begin), SIZE), begin, begin + SIZE - 1)


def calls(made: dict[str, np.ndarray]) -> dict[str, Callable[[], int]]:
    """Return ours; each tells the best piece or lag, the number of sets, or a distance or coefficient in digits."""
    profile, joined, values = made["profile"], made["pieces"].ravel(), made["values"]
    apart, everywhere = at(np.arange(PIECES) * SIZE), at(np.arange(LONG - SIZE + 1))
    walks, pair = Task.of(made["walks"].T), Task.of(made["pair"].T)
    warped, turned = Wanted(radius=10, normalization=NONE), Wanted(COSINE, normalization=Z_SCORE)
    return {
        "profile search, warping": lambda: search(profile, joined, apart, warped)[0][1],
        "profile search, cosine": lambda: search(profile, values, everywhere, turned)[0][1],
        "frequent sets": lambda: len(frequent(made["held"], Config(LEAST))),
        "dtw, radius 10": lambda: whole(dtw.correlate(walks, dtw.Params(10)).value),
        "dtw, exact": lambda: whole(dtw.correlate(walks, dtw.Params(exact=True)).value),
        "tlcc, 1001 lags": lambda: tlcc.correlate(pair, tlcc.Params(-LAGS, LAGS)).lag or 0,
        "xcorr_lag": lambda: xcorr_lag.correlate(pair).lag or 0,
        "granger, 5 lags": lambda: whole(granger.correlate(pair, granger.Params(lag=ORDER)).value),
        "pearsonr": lambda: whole(pearsonr.correlate(pair).value),
        "spearman": lambda: whole(spearman.correlate(pair).value),
    }


def whole(value: float) -> int:
    """Return a number in whole digits, by which it is compared."""
    return round(value * DIGITS)


def timed(call: Callable[[], int]) -> tuple[float, int]:
    """Return the median processor seconds of three calls, and what was found."""
    call()
    seconds, found = [], 0
    for _ in range(3):
        begun = time.process_time()
        found = call()
        seconds.append(time.process_time() - begun)
    return median(seconds), found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=ROOT / ".venv-bench-tools" / "bin" / "python", help="that has the peers")
    given = parser.parse_args()
    made = arrays()
    with tempfile.TemporaryDirectory(prefix="taosanode-bench-") as folder:
        path = Path(folder) / "arrays.npz"
        np.savez(path, **made)  # type: ignore[arg-type]  # names of arrays, none of which is an option
        script = ROOT / "benchmarks" / "tools_peers.py"
        told = subprocess.run([given.python, script, path], capture_output=True, text=True, check=True).stdout
    peers = [json.loads(line) for line in told.splitlines()]
    print(f"{'':<26}{'peer':<28}{'ours ms':>10}{'peer ms':>10}{'ratio':>8}   found")
    for what, call in calls(made).items():
        ours, found = timed(call)
        for peer in peers:
            if peer["peer"].rpartition(" ")[0] in PEERS[what]:
                ratio = peer["seconds"] / ours
                same = "the same" if peer["found"] == found else f"{found}, peer {peer['found']}"
                print(
                    f"{what:<26}{peer['peer']:<28}{1e3 * ours:10.1f}{1e3 * peer['seconds']:10.1f}{ratio:8.1f}   {same}"
                )


if __name__ == "__main__":
    main()
