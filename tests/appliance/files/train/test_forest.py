from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.deployed import tensors
from appliance.files.read.numbers import Table
from appliance.files.series import FileError
from appliance.files.train import forest
from kernels.contract import Task

NORMAL = np.random.default_rng(1).normal(size=(300, 2))


def table(values) -> Table:
    return Table(("a", "b"), values, None, 0)


def test_what_is_written_flags_what_is_unlike_the_training_and_says_how_often_it_flags_what_is_like_it():
    learned = forest.learn("iforest", table(NORMAL), ["n_estimators=20", "contamination=0.05"], 0.2)
    model = tensors.read(learned.content)
    assert model.summary == {"algo": "iforest", "rows": 300, "columns": "a, b", "trees": 20}
    found = model.run(Task.of([[0.0, 0.0], [6.0, -6.0]]), None)
    assert found.flags.tolist() == [1, -1]
    assert learned.told[0].startswith("held back 60 rows: ")
    assert learned.told[0].endswith(" % of them are flagged, contamination is 5 %")


def test_too_few_rows_are_refused():
    with pytest.raises(FileError, match="at least 10 rows are needed, got 9"):
        forest.learn("iforest", table(NORMAL[:9]), [], 0.2)
