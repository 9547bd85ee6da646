from __future__ import annotations

import numpy as np

from kernels.anomaly import auto, spike
from kernels.contract import Task
from kernels.explained import Explained


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
