"""Files with gaps in them: the rows of detections are those of the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from appliance import cli
from tests.appliance.files.samples import write


def detect(*arguments: str | Path) -> int:
    return cli.main(["taosanode", "detect", *map(str, arguments)])


def gappy(path: Path) -> str:
    """A daily season of which half a day is missing, and a spike after it."""
    hours = np.arange(480)
    values = 50.0 + 5.0 * np.sin(2.0 * np.pi * hours / 24.0) + np.random.default_rng(5).normal(0.0, 0.4, 480)
    values[300] += 5.0
    there = (hours < 200) | (hours >= 212)
    return write(path, {"ts": (1_767_225_600 + 3600 * hours[there]).tolist(), "v": values[there].tolist()})


@pytest.mark.parametrize("algorithm", ["auto", "shesd,period=24"])
def test_a_gap_does_not_shift_the_season_and_no_row_is_made_up(
    tmp_path: Path, algorithm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = gappy(tmp_path / "a.csv"), tmp_path / "out.json"
    assert detect(path, "--algo", algorithm, "--flags", "--out", out) == cli.OK
    found = json.loads(out.read_text())
    assert len(found) == 468
    assert [row["time"] for row in found if row["flag"] != 1] == ["2026-01-13T12:00:00.000Z"]
    told = "12 rows in 1 gap filled by kalman, the usual step is 1h; the results have the rows of the file"
    assert told in capsys.readouterr().err
    assert detect(path, "--algo", algorithm, "--fill", "none") == cli.OK
    shown = capsys.readouterr()
    assert "filled" not in shown.err
    assert "2026-01-13T12" not in shown.out  # what the shifted season hides


def test_gaps_are_left_to_detectors_that_count_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = gappy(tmp_path / "a.csv")
    assert detect(path, "--algo", "iqr") == cli.OK
    assert capsys.readouterr().err == "1 of 1 series done, 0 windows\n"
    assert detect(path, "--algo", "iqr", "--fill", "linear") == cli.OK
    assert "12 rows in 1 gap filled by linear" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--agg", "max"], "--agg max needs --every"),
        (["--every", "1h"], "--every 1h needs --agg"),
        (["--every", "1x", "--agg", "max"], "--every 1x: a step such as 15m"),
    ],
)
def test_steps_that_cannot_be_made_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert detect("/nonexistent.csv", *arguments) == cli.USAGE
    assert message in capsys.readouterr().err
