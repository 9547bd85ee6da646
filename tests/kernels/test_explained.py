from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import auto, spike
from kernels.contract import Task
from kernels.explained import Explained, finders


def test_spike_and_auto_tell_of_every_column_what_its_rows_should_have_been() -> None:
    rng = np.random.default_rng(3)
    table = np.column_stack((rng.normal(10.0, 1.0, 100), rng.normal(-500.0, 20.0, 100)))
    table[40] += 15.0, 300.0
    task = Task.of(table)
    for detect in (spike.detect, auto.detect):
        answer = detect(task)
        assert isinstance(answer, Explained)
        assert np.flatnonzero(answer.flags < 0).tolist() == [40]
        for column, expected in zip(table.T, answer.expected, strict=True):
            outside = (column < expected.low) | (column > expected.high)
            assert np.flatnonzero(outside).tolist() == [40]
            assert ((expected.low < expected.value) & (expected.value < expected.high)).all()
            assert np.median(np.abs(column - expected.value)) < column.std()


@pytest.mark.compiled_only("1500 rows")
def test_auto_tells_which_of_its_detectors_found_a_window_whose_rows_may_be_within_the_band() -> None:
    rows = np.arange(1500)
    x = np.sin(rows * np.pi / 12) + np.random.default_rng(3).normal(0.0, 0.1, 1500)
    x[[300, 301, 302]] = 9.0
    x[800:836] = np.sin(rows[800:836] * np.pi / 12 + np.pi)  # a season upside down
    answer = auto.detect(Task.of(x))
    assert isinstance(answer, Explained)
    for name, found in answer.by.items():
        told = [name in reason["by"] for reason in answer.extra["reasons"]]
        flagged = np.flatnonzero(np.diff(answer.flags, prepend=1) < 0)
        assert found[flagged].tolist() == told
        assert not found[answer.flags == 1].any()
    assert answer.by["spike"][301]
    assert answer.by["shape"][820]


def test_finders_are_true_in_their_windows() -> None:
    found = finders(np.array([[1, 3], [4, 5]]), [["b"], ["a", "b"]], 6)
    assert {name: np.flatnonzero(rows).tolist() for name, rows in found.items()} == {"a": [4], "b": [1, 2, 4]}
