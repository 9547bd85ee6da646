"""The peers of profile search, association rules and correlations; runs in their environment (see peers-tools.txt).

    python tools_peers.py ARRAYS.npz

Prints a line of JSON for each peer: its name and version, processor seconds (the median of three after one that does
not count), and what it found: the best piece or lag, the number of frequent sets, or a number in whole digits.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version
from statistics import median

import numpy as np

LEAST = 0.1  # support of a frequent set
LAGS, ORDER, DIGITS = 500, 5, 1e9


def calls(arrays) -> dict:
    """Return what is timed, by peer."""
    import pandas
    import stumpy
    from dtaidistance import dtw
    from efficient_apriori import itemsets_from_transactions
    from fastdtw import fastdtw
    from mlxtend.frequent_patterns import apriori, fpgrowth
    from scipy import signal, stats
    from statsmodels.tsa.stattools import grangercausalitytests

    profile, pieces, values, held = (arrays[name] for name in ("profile", "pieces", "values", "held"))
    (x, y), (first, second) = arrays["pair"], arrays["walks"]
    most = len(x) // 4

    def shifted() -> int:
        one, other = pandas.Series(x), pandas.Series(y)
        return int(np.argmax([abs(one.corr(other.shift(-lag))) for lag in range(-LAGS, LAGS + 1)])) - LAGS

    def correlated() -> int:
        full = signal.correlate(y - y.mean(), x - x.mean(), method="fft")
        return int(np.argmax(np.abs(full[len(x) - 1 - most : len(x) + most]))) - most

    def caused() -> float:
        there, _ = (
            grangercausalitytests(np.column_stack(pair), [ORDER])[ORDER][0]["ssr_ftest"][0] for pair in ((y, x), (x, y))
        )
        return there

    frame = pandas.DataFrame(held.T)
    transactions = [tuple(np.flatnonzero(row).tolist()) for row in held.T]
    return {
        "dtaidistance": lambda: np.argmin([dtw.distance_fast(profile, piece, use_pruning=True) for piece in pieces]),
        "stumpy": lambda: np.argmin(stumpy.mass(profile, values)),
        "mlxtend": lambda: len(apriori(frame, min_support=LEAST)),
        "mlxtend fpgrowth": lambda: len(fpgrowth(frame, min_support=LEAST)),
        "efficient-apriori": lambda: sum(map(len, itemsets_from_transactions(transactions, LEAST)[0].values())),
        "fastdtw": lambda: round(DIGITS * fastdtw(first, second, radius=10, dist=lambda a, b: abs(a - b))[0]),
        "dtaidistance absolute": lambda: round(DIGITS * dtw.distance_fast(first, second, inner_dist="euclidean")),
        "pandas shifted": shifted,
        "scipy correlate": correlated,
        "statsmodels granger": lambda: round(DIGITS * caused()),
        "scipy pearsonr": lambda: round(DIGITS * stats.pearsonr(x, y).statistic),
        "scipy spearmanr": lambda: round(DIGITS * stats.spearmanr(x, y).statistic),
    }


def main() -> None:
    """Time every peer."""
    warnings.simplefilter("ignore")
    for peer, call in calls(np.load(sys.argv[1])).items():
        call()
        seconds, found = [], 0
        for _ in range(3):
            begun = time.process_time()
            found = int(call())
            seconds.append(time.process_time() - begun)
        name = f"{peer} {version(peer.split()[0])}"
        print(json.dumps({"peer": name, "seconds": median(seconds), "found": found}), flush=True)


if __name__ == "__main__":
    main()
