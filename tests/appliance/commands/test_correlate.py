from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from appliance import cli
from tests.appliance.files.samples import ROWS, START, VALUES, one, write

WAVE = [float(np.sin(i / 3.0)) for i in range(ROWS)]
LATE = [0.0, 0.0, 0.0, *WAVE[:-3]]


@pytest.fixture
def wide(tmp_path: Path) -> str:
    return write(tmp_path / "wide.csv", one(less=[-value for value in VALUES], wave=WAVE, late=LATE))


@pytest.fixture
def long(tmp_path: Path) -> str:
    """Three hosts; the last one has a row less."""
    columns = {"a": VALUES, "b": [2.0 * value for value in VALUES], "c": WAVE}
    rows = [(START + 60_000 * i, host, value) for host, values in columns.items() for i, value in enumerate(values)]
    times, hosts, values = zip(*rows[:-1], strict=True)
    return write(tmp_path / "long.parquet", {"ts": times, "host": hosts, "cpu": values})


def correlate(path: str, *arguments: str) -> int:
    return cli.main(["taosanode", "correlate", path, *arguments])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_every_pair_of_a_wide_file_the_strongest_first(wide: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert correlate(wide, "--format", "csv") == cli.OK
    shown = capsys.readouterr()
    found = rows(shown.out)
    assert len(found) == 6
    assert (found[0]["first"], found[0]["second"], float(found[0]["value"])) == ("value", "less", pytest.approx(-1.0))
    strength = [abs(float(row["value"])) for row in found]
    assert strength == sorted(strength, reverse=True)
    assert shown.err == "6 of 6 pairs of 4 columns done\n"


def test_series_of_a_long_file_meet_at_common_times(long: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert correlate(long, "--by", "host", "--format", "csv", "--top", "2") == cli.OK
    found = rows(capsys.readouterr().out)
    assert (found[0]["first"], found[0]["second"], found[0]["rows"]) == ("a", "b", "40")
    assert (found[1]["second"], found[1]["rows"]) == ("c", "39")


def test_pairs_can_be_ordered_by_their_lag(wide: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--algo", "xcorr_lag,max_lag=5", "--order", "lag", "--value", "wave,late,value", "--format", "csv")
    assert correlate(wide, *asked) == cli.OK
    found = rows(capsys.readouterr().out)
    lags = [abs(int(row["lag"])) for row in found]
    assert lags == sorted(lags, reverse=True)
    assert ("wave", "late", "3") in [(row["first"], row["second"], row["lag"]) for row in found]


def test_a_test_of_direction_has_two_lines_for_each_pair(wide: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert correlate(wide, "--algo", "granger,lag=3", "--with", "wave", "--value", "wave,value", "--format", "csv") == 0
    found = rows(capsys.readouterr().out)
    assert {(row["first"], row["second"]) for row in found} == {("wave", "value"), ("value", "wave")}
    assert float(found[0]["p_value"]) <= float(found[1]["p_value"])


def test_distances_come_with_the_nearest_first(wide: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert correlate(wide, "--algo", "dtw", "--format", "csv") == cli.OK
    distances = [float(row["value"]) for row in rows(capsys.readouterr().out)]
    assert distances == sorted(distances)


def test_the_matrix_is_a_table_and_a_picture(wide: str, tmp_path: Path) -> None:
    table, map_ = tmp_path / "matrix.csv", tmp_path / "map.png"
    assert correlate(wide, "--matrix", "--out", str(table), "--plot", str(map_)) == cli.OK
    found = rows(table.read_text())
    assert [row["column"] for row in found] == ["value", "less", "wave", "late"]
    matrix = np.array([[float(row[name]) for name in ("value", "less", "wave", "late")] for row in found])
    np.testing.assert_allclose(matrix, matrix.T)
    np.testing.assert_allclose(matrix.diagonal(), 1.0)
    assert map_.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--with", "nonesuch"], cli.FAILED, "--with: there is no column nonesuch; there are: value, less, wave, late"),
        (["--value", "wave"], cli.FAILED, "at least two columns are needed, got 1"),
        (["--algo", "nonesuch"], cli.USAGE, "unknown algorithm nonesuch; there are: dtw, granger"),
        (["--algo", "dtw,radios=2"], cli.USAGE, "unknown option radios, did you mean radius?"),
        (["--plot", "term"], cli.USAGE, "a heat map is a file"),
        (["--plot", "map.gif"], cli.USAGE, "a plot is a file that ends in .png, .svg"),
        (["--algo", "dtw,radius"], cli.USAGE, "'radius' is no option"),
    ],
)
def test_what_cannot_be_done_is_told(
    wide: str, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    assert correlate(wide, *arguments) == code
    assert told in capsys.readouterr().err


def test_a_pair_or_column_that_fails_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holes = [None if i % 2 else value for i, value in enumerate(VALUES)]
    path = write(tmp_path / "holes.csv", one(holes=holes, wave=WAVE))
    assert correlate(path, "--format", "csv") == cli.FAILED
    shown = capsys.readouterr()
    assert "holes: column holes: 20 of 40 values are missing" in shown.err
    assert len(rows(shown.out)) == 1
    assert correlate(path, "--format", "csv", "--drop-nulls") == cli.OK
    assert sorted(row["rows"] for row in rows(capsys.readouterr().out)) == ["20", "20", "40"]
