from __future__ import annotations

import csv
from pathlib import Path

import pytest

from appliance import cli

HOURS = [hour for hour in range(48) if hour not in (10, 30, 31)]


@pytest.fixture
def gappy(tmp_path: Path) -> Path:
    """Two days of hourly rows on a line; two rows are missing, one has no value."""
    rows = [f"2026-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z,{hour if hour != 20 else ''}" for hour in HOURS]
    path = tmp_path / "gappy.csv"
    path.write_text("time,load\n" + "\n".join(rows) + "\n")
    return path


def impute(path: Path, *arguments: str) -> int:
    return cli.main(["taosanode", "impute", str(path), *arguments])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_every_hour_has_a_value(gappy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert impute(gappy, "--format", "csv") == cli.OK
    found = rows(capsys.readouterr().out)
    assert len(found) == 48
    assert [hour for hour, row in enumerate(found) if row["filled"] == "1"] == [10, 20, 30, 31]
    assert all(abs(float(row["value"]) - hour) < 1e-6 for hour, row in enumerate(found))


def test_only_what_was_missing(gappy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert impute(gappy, "--filled-only", "--algo", "linear") == cli.OK
    shown = capsys.readouterr()
    assert shown.out.count("\n") == 5
    assert shown.err.endswith("1 of 1 series done, 4 filled rows\n")


def test_a_finer_axis_can_be_asked_for(gappy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert impute(gappy, "--freq", "30m", "--format", "csv", "--algo", "linear") == cli.OK
    assert len(rows(capsys.readouterr().out)) == 95


@pytest.mark.parametrize(
    ("arguments", "told", "code"),
    [
        (["--freq", "2h"], "invalid freq or precision for the input ts list, freq:2h", cli.FAILED),
        (["--freq", "1ms"], "the time axis would have", cli.FAILED),
        (["--algo", "moment"], "unknown algorithm moment; there are: kalman, linear", cli.USAGE),
        (["--algo", "kalman,perod=3"], "unknown option perod, did you mean period?", cli.USAGE),
    ],
)
def test_what_cannot_be_done_is_told(
    gappy: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str, code: int
) -> None:
    assert impute(gappy, *arguments) == code
    assert told in capsys.readouterr().err


def test_the_plot_is_drawn_in_the_terminal_and_in_a_file(
    gappy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert impute(gappy, "--plot", "term") == cli.OK
    shown = capsys.readouterr().out
    assert "Gaps filled by kalman" in shown
    assert "● filled in" in shown
    assert impute(gappy, "--plot", str(tmp_path / "a.png"), "--out", str(tmp_path / "a.csv")) == cli.OK
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_fillers_are_compared_by_hidden_rows(gappy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert impute(gappy, "--compare", "--format", "csv") == cli.OK
    shown = capsys.readouterr()
    assert {row["algorithm"] for row in rows(shown.out)} == {"kalman", "linear"}
    assert "did best" in shown.err
