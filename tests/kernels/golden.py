"""Recorded answers of established implementations, made by tests/golden/make_detectors.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent.parent / "golden" / "detectors.json").read_text())
SERIES: dict[str, NDArray[np.float64]] = {
    name: np.array(found["series"], np.float64) for name, found in GOLDEN["series"].items()
}
SEASONAL = ("UKgas", "ldeaths")

# What has broken numerical code before: nothing may answer nan, infinity or an exception for these.
NASTY: dict[str, NDArray[np.float64]] = {
    "all equal": np.full(50, 0.1),
    "all zero": np.zeros(30),
    "all but one equal": np.array([7.0] * 29 + [8.0]),
    "smallest number": np.array([0.0] * 29 + [5e-324]),
    "subnormal spread": np.random.default_rng(1).normal(size=60) * 1e-310,
    "spread below an offset's rounding": np.array([1e9] * 29 + [1e9 + 1e-7]),
    "both ends of the range": np.array([1.7e308, -1.7e308] + list(range(30)), np.float64),
    "outlier of 1e300": np.array([1e300, *np.linspace(0, 1, 40)]),
    "outliers of every size": np.concatenate(([1e300, 1e150, -1e100, 1e50, 1e5], np.linspace(0, 1, 60))),
    "two values": np.tile([0.0, 1.0], 20),
    "straight line": np.arange(100.0) * 0.1,
    "alternating giants": np.tile([1e308, -1e308], 15),
    "pure sine": np.sin(np.arange(300) / 3.0),
    "steps": np.repeat([0.0, 5.0, 0.0], 20),
}


def flagged(flags: NDArray[np.int8]) -> list[int]:
    """Return the rows that are not normal."""
    assert flags.dtype == np.int8
    assert set(np.unique(flags)) <= {-1, 1}
    rows: list[int] = np.flatnonzero(flags < 0).tolist()
    return rows
