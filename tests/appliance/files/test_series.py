from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from appliance.analysis.kinds import BY_NAME
from appliance.files.series import FileResult, FileSeries
from kernels.contract import Detection

SERIES = FileSeries("a", np.array([1, 2]), "us", {"value": np.array([1.0, 2.0]), "other": np.array([3.0, 4.0])})


def test_a_series_that_was_read_is_not_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SERIES.name = "b"  # type: ignore[misc]


def test_columns_have_other_names_on_the_wire() -> None:
    data = SERIES.data
    assert {name: column.tolist() for name, column in data.columns.items()} == {"val": [1.0, 2.0], "val1": [3.0, 4.0]}
    assert data.times is SERIES.times
    assert data.unit == "us"


def test_a_result_has_the_columns_under_their_names_in_the_file() -> None:
    answer = Detection(np.ones(2, np.int8), np.zeros(2))
    found = FileResult.of(SERIES, BY_NAME["anomaly"], "iqr", dataclasses.replace(SERIES.data, levels=(0.8,)), answer)
    assert found.task.columns is SERIES.columns
    assert found.task.levels == (0.8,)
    assert found.answer is answer
