"""An isolation forest, learned from the rows of a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from appliance.analysis.deployed import tensors
from appliance.files.read.numbers import Table
from appliance.files.series import FileError
from appliance.files.train import reading
from appliance.files.train.learned import Learned, held_back, listed, params
from kernels.anomaly import _iforest_trained, iforest

SUFFIX, TARGET, READ = tensors.SUFFIX, False, reading.rows  # of its file; whether it predicts a column
AT_LEAST = 10  # rows


def learn(kind: str, table: Table, given: Sequence[str], share: float) -> Learned:
    """Learn from all rows; how well is found out before, by what a part of them says of the rest.

    given : options of `iforest`. share : of the rows that are held back for that.

    Raises
    ------
    FileError : too few rows. UsageError, BadParameter : an option.
    """
    options, rows = params(iforest.Params, given), len(table.values)
    if rows < AT_LEAST:
        raise FileError(f"at least {AT_LEAST} rows are needed, got {rows}")
    told, (kept, held) = [], held_back(rows, share)
    if len(held):
        judge = _iforest_trained.train(table.values[kept], options)
        flagged = 100.0 * float(np.mean(judge.scores(table.values[held]) > judge.threshold))
        usual = 100.0 * options.contamination
        told.append(f"held back {len(held)} rows: {flagged:.3g} % of them are flagged, contamination is {usual:.3g} %")
    forest = _iforest_trained.train(table.values, options)
    trees = len(forest.depth)
    told.append(f"{trees} trees; a row is flagged above the score {forest.threshold:.4f}")
    about: tensors.Told = {"rows": rows, "columns": listed(table.names), "trees": trees}
    return Learned(tensors.write(kind, forest, about), told)
