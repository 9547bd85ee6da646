"""Record what PyOD's detectors of several columns answer: ``python tests/golden/make_pyod.py`` with PyOD installed."""

from __future__ import annotations

import csv
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.hbos import HBOS
from pyod.models.iforest import IForest
from pyod.models.pca import PCA

ROWS = 300  # of the electricity transformer's, which are read from the file that is named as the argument

rng = np.random.default_rng(18)
related = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 5)) + 0.1 * rng.normal(size=(200, 5))
tables = {"related": related.round(6), "tied": rng.poisson(3.0, (150, 3)).astype(float)}
with open(sys.argv[1], newline="") as file:
    rows = list(csv.reader(file))[1 : ROWS + 1]
tables["transformer"] = np.array([[float(cell) for cell in row[1:]] for row in rows]).round(4)

MAKE = {
    "ecod": ECOD,
    "copod": COPOD,
    "hbos": HBOS,
    "hbos n_bins=25": lambda: HBOS(n_bins=25),
    "pca": PCA,
    "pca n_components=2": lambda: PCA(n_components=2),
    "pca n_components=0.8": lambda: PCA(n_components=0.8),
    "pca standardization=0": lambda: PCA(standardization=False),
    "iforest": lambda: IForest(random_state=42),
    "iforest random_state=7": lambda: IForest(random_state=7),
}
found = {"version": version("pyod"), "tables": {}, "answers": {}}
for table, values in tables.items():
    found["tables"][table] = values.tolist()
    for name, make in MAKE.items():
        fitted = make().fit(values)
        found["answers"][f"{name} {table}"] = {
            "score": [float(f"{score:.12g}") for score in fitted.decision_scores_],
            "flagged": np.flatnonzero(fitted.labels_).tolist(),
        }
(Path(__file__).parent / "pyod.json").write_text(json.dumps(found) + "\n")
