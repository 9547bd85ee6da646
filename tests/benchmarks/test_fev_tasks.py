"""What goes to and comes from fev, which is not needed for that."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.fev_tasks import job, prediction


def test_a_window_becomes_a_job_without_nan() -> None:
    task = SimpleNamespace(horizon=2, seasonality=24, quantile_levels=[0.1, 0.9])
    times = np.array(["2024-01-01T00", "2024-01-01T01", "2024-01-01T02"], "datetime64[ns]").astype(np.int64)
    assert job("zero", np.array([1.0, np.nan, 3.0], np.float32), times, task) == {
        "algorithm": "zero",
        "series": [1.0, None, 3.0],
        "step_ms": 3_600_000,
        "rows": 2,
        "period": 24,
        "levels": [0.1, 0.9],
    }


def test_an_answer_has_a_column_for_each_level() -> None:
    told = prediction({"value": [2.0], "quantiles": [[1.0], [3.0]]}, [0.1, 0.9])
    assert told == {"predictions": [2.0], "0.1": [1.0], "0.9": [3.0]}
