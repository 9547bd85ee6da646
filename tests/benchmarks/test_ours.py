"""What the adapters of other benchmarks have in common."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks._ours import NAIVE, Ours, ratio, without_nan


def test_nan_is_none() -> None:
    assert without_nan([1.0, float("nan"), 3.0]) == [1.0, None, 3.0]


def test_the_score_is_the_geometric_mean_of_ratios() -> None:
    assert ratio({"a": 2.0, "b": 1.0}, {"a": 1.0, "b": 2.0, "c": 9.0}) == pytest.approx(1.0)


def test_a_forecast_comes_from_another_process() -> None:
    job = {"algorithm": NAIVE, "series": [1.0, 2.0, None], "rows": 2, "period": None, "levels": [0.5], "step_ms": 1}
    with Ours(Path(sys.executable)) as ours:
        assert ours.ask(job)["value"] == [2.0, 2.0]
