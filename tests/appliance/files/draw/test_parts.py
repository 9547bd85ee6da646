from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from appliance.files.draw.image import draw
from appliance.files.draw.parts import parts_of
from appliance.files.series import FileError, FileResult
from kernels.contract import Series
from tests.appliance.files.results import detection, forecast, with_columns

DAILY = 5.0 * np.sin(np.arange(600) * 2.0 * np.pi / 24.0)


def kept(made: FileResult, rows: np.ndarray, values: Series) -> FileResult:
    """Return a result about some rows of a detection's series."""
    series = dataclasses.replace(made.series, times=made.series.times[rows], columns={"temperature": values[rows]})
    answer = dataclasses.replace(made.answer, flags=made.answer.flags[rows], score=made.answer.score[rows])
    return FileResult.of(series, made.kind, made.algorithm, series.data, answer)


def test_parts_of_a_gappy_series_are_in_phase_after_the_gap_and_add_up_to_it() -> None:
    rows = np.r_[0:200, 230:600]  # the gap is no whole number of seasons
    trend, season, remainder = parts_of(kept(detection(600, []), rows, DAILY + 20.0), "temperature", {})
    assert season.name == "season, period 24 rows"
    np.testing.assert_allclose(season.values, DAILY[rows], atol=0.1)
    np.testing.assert_allclose(trend.values + season.values + remainder.values, DAILY[rows] + 20.0, atol=1e-12)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "trend (no season)"),
        ({"period": "400"}, "trend (no season: 600 rows are not more than two periods of 400)"),
    ],
)
def test_without_a_season_there_are_trend_and_remainder(given: dict[str, str], name: str) -> None:
    noise = np.random.default_rng(1).normal(size=600)
    made = with_columns(detection(600, []), {"temperature": noise})
    assert [part.name for part in parts_of(made, "temperature", given)] == [name, "remainder"]


def test_a_series_of_two_rows_has_no_parts() -> None:
    with pytest.raises(FileError, match="--plot-parts: column temperature has 2 rows, at least 3 are needed"):
        parts_of(detection(2, []), "temperature", {})


def test_the_drawing_names_each_part_and_labels_the_times_once(tmp_path: Path) -> None:
    draw([forecast(400, 24)], tmp_path / "a.svg", parts={})
    said = re.findall(r"<!-- (.*?) -->", (tmp_path / "a.svg").read_text())
    assert [text for text in said if text.startswith(("trend", "season", "remainder"))] == [
        "trend",
        "season, period 24 rows",
        "remainder",
    ]
    assert said.count("time (UTC)") == 1
