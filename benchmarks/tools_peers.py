"""The peers of the profile search and the association rules; runs in their environment (see peers-tools.txt).

    python tools_peers.py ARRAYS.npz

Prints a line of JSON for each peer: its name and version, processor seconds (the median of three after one that does
not count), and what it found: the best piece, or the number of frequent sets.
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


def calls(arrays) -> dict:
    """Return what is timed, by peer."""
    import pandas
    import stumpy
    from dtaidistance import dtw
    from efficient_apriori import itemsets_from_transactions
    from mlxtend.frequent_patterns import apriori, fpgrowth

    profile, pieces, values, held = (arrays[name] for name in ("profile", "pieces", "values", "held"))
    frame = pandas.DataFrame(held.T)
    transactions = [tuple(np.flatnonzero(row).tolist()) for row in held.T]
    return {
        "dtaidistance": lambda: np.argmin([dtw.distance_fast(profile, piece, use_pruning=True) for piece in pieces]),
        "stumpy": lambda: np.argmin(stumpy.mass(profile, values)),
        "mlxtend": lambda: len(apriori(frame, min_support=LEAST)),
        "mlxtend fpgrowth": lambda: len(fpgrowth(frame, min_support=LEAST)),
        "efficient-apriori": lambda: sum(map(len, itemsets_from_transactions(transactions, LEAST)[0].values())),
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
