"""An isolation forest, learned from the rows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from appliance.analysis.deployed import tensors
from appliance.files.read.numbers import Table
from appliance.files.series import FileError
from appliance.files.train import reading
from appliance.files.train.learned import Learned, held_back, listed, params
from kernels import registry
from kernels.contract import Task

SUFFIX, TARGET, READ = tensors.SUFFIX, False, reading.rows  # of its file; whether it predicts a column
AT_LEAST = 10  # rows


def learn(kind: str, table: Table, given: Sequence[str], share: float) -> Learned:
    """Learn from all rows; how well is found out before, by what a part of them says of the rest.

    given : options of the algorithm. share : of the rows that are held back for that.

    Raises
    ------
    FileError : too few rows. UsageError, BadParameter : an option.
    """
    learner, rows = registry.learner(kind), len(table.values)
    options = params(learner.params, given)
    if rows < AT_LEAST:
        raise FileError(f"at least {AT_LEAST} rows are needed, got {rows}")
    told, (kept, held) = [], held_back(rows, share)
    if len(held):
        judge = learner.train(Task.of(table.values[kept]), options)
        found: Any = judge.run(Task.of(table.values[held]))
        flagged = 100.0 * float(np.mean(found.flags < 0))
        usual = 100.0 * options.contamination
        told.append(f"held back {len(held)} rows: {flagged:.3g} % of them are flagged, contamination is {usual:.3g} %")
    forest = learner.train(Task.of(table.values), options)
    told.append(forest.told)
    about: tensors.Told = {"rows": rows, "columns": listed(table.names), "trees": options.n_estimators}
    return Learned(tensors.write(kind, forest, about), told)
