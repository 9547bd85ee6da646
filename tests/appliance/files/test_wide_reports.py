"""Files with many columns, without a header, and with other delimiters and decimals."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance import cli
from tests.appliance.files.samples import ROWS, START, VALUES, one, rows, several, text, write

FLAT = [float(i % 7) for i in range(ROWS)]


def run(command: str, *arguments: str | Path) -> int:
    return cli.main(["taosanode", command, *map(str, arguments)])


@pytest.mark.parametrize(
    ("value", "columns"),
    [("HU*", ["HUFL", "HULL"]), ("OT,HUFL", ["OT", "HUFL"]), ("/^H|T$/", ["HUFL", "HULL", "OT"]), ("*", None)],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_each_column_is_a_series(tmp_path: Path, value: str, columns: list[str] | None, suffix: str) -> None:
    table = {"ts": one()["ts"], "HUFL": VALUES, "HULL": FLAT, "MUFL": VALUES, "OT": FLAT, "note": ["a"] * ROWS}
    path, out = write(tmp_path / f"a.{suffix}", table), tmp_path / "out.csv"
    assert run("forecast", path, "--value", value, "--rows", "2", "--algo", "holtwinters", "--out", out) == cli.OK
    found = rows(out)
    assert [row[0] for row in found[::2]] == (columns or ["HUFL", "HULL", "MUFL", "OT"])
    apart = tmp_path / "apart.csv"
    assert run("forecast", path, "--value", "OT", "--rows", "2", "--algo", "holtwinters", "--out", apart) == cli.OK
    if columns is None or "OT" in columns:
        assert [row[1:] for row in found if row[0] == "OT"] == rows(apart)


def test_columns_of_series_are_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = several(["a", "b"])
    path, out = (
        write(tmp_path / "a.parquet", {**table, "other": [-value for value in table["value"]]}),
        tmp_path / "o.csv",
    )
    assert run("detect", path, "--by", "host", "--value", "value,other", "--algo", "iqr", "--out", out) == cli.OK
    assert [row[:2] for row in rows(out)] == [("a", "value"), ("a", "other"), ("b", "value"), ("b", "other")]
    assert capsys.readouterr().err == "4 of 4 series done, 4 windows\n"
    assert run("detect", path, "--by", "host", "--value", "value,other", "--algo", "lof", "--out", out) == cli.OK
    assert "2 of 2 series done" in capsys.readouterr().err  # it looks at both columns at once


def test_a_column_that_lacks_values_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", one(other=[None, *VALUES[1:]]))
    assert run("detect", path, "--value", "*", "--algo", "iqr", "--out", tmp_path / "out.csv") == cli.FAILED
    assert capsys.readouterr().err.splitlines()[0].startswith("series other: column other: 1 of 40 values are missing")
    assert [row[0] for row in rows(tmp_path / "out.csv")] == ["value"]


@pytest.mark.parametrize(
    ("value", "message"), [("X*", "no column of numbers matches X*"), ("/(/", "no regular expres")]
)
def test_a_pattern_without_a_match_is_refused(
    tmp_path: Path, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("forecast", write(tmp_path / "a.csv", one()), "--value", value) == cli.USAGE
    assert message in capsys.readouterr().err


def test_a_file_without_a_header_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    table = one(ts=[f"2021-08-06T00:{i:02}:00" for i in range(ROWS)])
    path.write_text(text(table).partition("\n")[2])
    assert run("detect", path, "--flags", "--format", "csv") == cli.OK
    shown = capsys.readouterr()
    assert shown.out.count("\n") == ROWS + 1
    told = f"{path}: the first line holds values, so the columns are called column1, column2, ...\n"
    assert shown.err.startswith(told)


def test_delimiters_and_decimals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    german = [f"1.{i:03},{10 * (i == 18):02}" for i in range(ROWS)]
    path = tmp_path / "a.csv"
    path.write_text(text(one(value=german), "~"))
    assert run("detect", path, "--delimiter", "~", "--decimal", ",", "--flags", "--format", "csv") == cli.OK
    assert capsys.readouterr().out.count("\n") == ROWS + 1
    path.write_text(text(one(value=[f"{value}".replace(".", ",") for value in VALUES]), ";"))
    assert run("detect", path, "--decimal", ",") == cli.OK
    assert "1 window" in capsys.readouterr().err
    assert run("detect", path) == cli.FAILED
    assert "'10,0' is not a number; --decimal , reads it" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("detect", path, "--delimiter", "ab")
    assert "one character, got 'ab'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("{0};{1},5", ["--decimal", ",", "--time", "column1"]),
        ("2026-01-01 00:{2:02}:00;{1},5", ["--decimal", ","]),
        ("pump,2026-01-01 00:{2:02}:00,{1}.5", ["--by", "column1"]),
    ],
)
def test_a_first_line_with_a_time_is_a_row(
    tmp_path: Path, line: str, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{line.format(START // 1000 + 60 * i, i % 7, i)}\n" for i in range(ROWS)))
    assert run("detect", path, "--algo", "iqr", "--flags", "--out", tmp_path / "out.csv", *given) == cli.OK
    assert len(rows(tmp_path / "out.csv")) == ROWS
    assert "the first line holds values" in capsys.readouterr().err


def test_times_and_levels_may_be_the_names_of_columns(tmp_path: Path) -> None:
    for names in ("ts,2026-01-01,2026-01-02", "ts,0.1,0.9", "ts,2026,2027"):
        path = tmp_path / "a.csv"
        path.write_text("\n".join([names, *(f"{START + 60_000 * i},{i % 7},{i % 5}" for i in range(ROWS))]))
        wanted = names.split(",")[1]
        assert run("detect", path, "--value", wanted, "--algo", "iqr", "--out", tmp_path / "out.csv") == cli.OK
