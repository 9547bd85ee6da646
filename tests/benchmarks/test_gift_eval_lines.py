"""What goes to and comes from GIFT-Eval, which is not needed for that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks._ours import NAIVE
from benchmarks.gift_eval_lines import COLUMNS, FAR, LEVELS, LONGEST, NEAR, configurations, described, job

PROPERTIES = {
    "saugeen": {"domain": "Nature", "frequency": "M", "num_variates": 1},
    "m4_yearly": {"domain": "Econ/Fin", "frequency": "A", "num_variates": 1},
    "loop_seattle": {"domain": "Transport", "frequency": "D", "num_variates": 1},
}


def test_a_complete_folder_has_the_configurations_of_the_leaderboard(tmp_path: Path) -> None:
    for folders in (FAR, NEAR):
        for name, frequencies in folders.items():
            for frequency in frequencies:
                (tmp_path / name / frequency).mkdir(parents=True, exist_ok=True)
                (tmp_path / name / frequency / "dataset_info.json").touch()
    found = configurations(tmp_path)
    assert len(found) == len(set(found)) == 97
    assert sum(term == "short" for _, term in found) == 55


def test_only_what_is_on_disk_is_run(tmp_path: Path) -> None:
    for name in ("m4_weekly", "solar/H"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "dataset_info.json").touch()
    assert configurations(tmp_path) == [
        ("solar/H", "short"),
        ("solar/H", "medium"),
        ("solar/H", "long"),
        ("m4_weekly", "short"),
    ]


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("saugeenday/W", "saugeen/W/short"),
        ("m4_yearly", "m4_yearly/A/short"),
        ("LOOP_SEATTLE/5T", "loop_seattle/5T/short"),
    ],
)
def test_a_configuration_has_the_name_of_the_leaderboard(name: str, published: str) -> None:
    assert described(name, "short", PROPERTIES)[0] == published


def test_a_line_has_the_columns_of_the_leaderboard() -> None:
    scores = "MSE[mean] MSE[0.5] MAE[0.5] MASE[0.5] MAPE[0.5] sMAPE[0.5] MSIS RMSE[mean] NRMSE[mean] ND[0.5]"
    shown = [f"eval_metrics/{score}" for score in [*scores.split(), "mean_weighted_sum_quantile_loss"]]
    assert list(COLUMNS) == ["dataset", "model", *shown, "domain", "num_variates"]


def test_a_series_becomes_a_job_without_nan_and_of_its_newest_rows() -> None:
    values = np.arange(LONGEST + 2.0)
    values[-1] = np.nan
    found = job("zero", values, 3_600_000, 48, 24)
    assert found["series"][:2] == [2.0, 3.0]
    assert found["series"][-1] is None
    assert {key: found[key] for key in ("algorithm", "rows", "period", "levels", "step_ms")} == {
        "algorithm": "zero",
        "rows": 48,
        "period": 24,
        "levels": LEVELS,
        "step_ms": 3_600_000,
    }


def test_where_gluonts_has_no_season_ours_look_for_one_and_the_naive_forecast_has_none() -> None:
    assert job("auto", np.ones(9), 86_400_000, 3, 1)["period"] is None
    assert job(NAIVE, np.ones(9), 86_400_000, 3, 1)["period"] == 1
