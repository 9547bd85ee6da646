"""Makes `detectors.json`: python tests/golden/make_detectors.py FOLDER

FOLDER holds Nile.json, UKgas.json and ldeaths.json: three series of R's package `datasets` with what R 4.2.2,
scikit-learn 1.5.2, outlier_utils 0.0.5, pyculiarity 0.0.7 (rstl 0.1.3) and statsmodels 0.14.4 answer for them. Only the
part about detectors is taken over. Critical values and tails of Student's t are scipy's (see `versions`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import t as student

NAMES = ("Nile", "UKgas", "ldeaths")


def one_series(source: dict) -> dict:
    """Keep what the detectors' tests need."""
    found = source["detection"]
    kept = {
        "series": source["series"],
        "period": source["frequency"],
        "summary": {key: source["r"]["summary"][key] for key in ("mean", "sd_n", "median", "quantile_type7")},
        "white_noise": {key: found["white_noise"][key] for key in ("lags", "lb_stat", "lb_pvalue", "white_noise")},
        "iqr_ksigma": found["iqr_ksigma"],
        "grubbs": {key: value for key, value in found["grubbs"].items() if key != "note"},
        "lof": {
            key: {
                "factor": [-value for value in run["auto"]["negative_outlier_factor"]],
                "flagged_by_all": run["flagged_by_all"],
                "flagged_by_any": run["flagged_by_any"],
            }
            for key, run in found["lof"].items()
        },
    }
    if "stl_robust_periodic" in source["r"]:
        kept["stl"] = {key: source["r"]["stl_robust_periodic"][key] for key in ("seasonal", "trend", "weights")}
        kept["shesd"] = found["shesd"]["pyculiarity"]
        kept["seasonal_rstl"] = found["shesd"]["seasonal_rstl"]
    return kept


def main() -> None:
    """Write detectors.json beside this file."""
    folder = Path(sys.argv[1])
    freedom = [1, 2, 3, 4, 5, 8, 20, 58, 59, 60, 61, 100, 1000, 9998, 39998]
    tails = [1 / 3, 0.2, 0.1, 0.05, 0.01, 1e-3, 1e-5, 1e-8, 1e-12, 1e-20, 1e-50]  # beyond, scipy itself is off
    golden = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        "student_t": [[p, f, float(student.isf(p, f))] for f in freedom for p in tails],
        "series": {name: one_series(json.loads((folder / f"{name}.json").read_text())) for name in NAMES},
    }
    Path(__file__).with_name("detectors.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
