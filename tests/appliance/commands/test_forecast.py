from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from appliance import cli
from appliance.files.run import local
from tests.appliance.files import samples
from tests.appliance.files.samples import MINUTE, ROWS, START, one, rows, several, write


def forecast(*arguments: str | Path) -> int:
    return cli.main(["taosanode", "forecast", *map(str, arguments)])


def test_a_table_with_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert forecast(write(tmp_path / "a.csv", one()), "--rows", "2") == cli.OK
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].split() == ["time", "forecast", "low", "high"]
    assert [line.split()[0] for line in lines[1:]] == ["2023-11-14T22:53:20.000Z", "2023-11-14T22:54:20.000Z"]
    assert shown.err == "1 of 1 series done, 2 rows\n"


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_several_series(tmp_path: Path, suffix: str) -> None:
    path, out = write(tmp_path / f"a.{suffix}", several()), tmp_path / f"out.{suffix}"
    assert forecast(path, "--by", "host", "--rows", "4", "--conf", "0.8", "--out", out) == cli.OK
    found = rows(out)
    assert [row[0] for row in found] == ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    assert all(low <= value <= high for *_, value, low, high in found)


def test_when_and_how_far(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", one())
    given = ["--rows", "2", "--start", "2023-11-15T00:00:20", "--every", "60s", "--format", "json"]
    assert forecast(path, "--algo", "holtwinters,rows=7", *given) == cli.OK
    times = [line["time"] for line in json.loads(capsys.readouterr().out)]
    assert times == ["2023-11-15T00:00:20.000Z", "2023-11-15T00:01:20.000Z"]
    assert forecast(path, "--algo", "holtwinters,rows=7", "--format", "csv") == cli.OK
    assert len(capsys.readouterr().out.splitlines()) == 8


def test_wider_intervals_for_more_confidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, widths = write(tmp_path / "a.csv", one()), []
    for conf in ("50", "0.99"):
        assert forecast(path, "--conf", conf, "--format", "json") == cli.OK
        line = json.loads(capsys.readouterr().out)[0]
        widths.append(line["high"] - line["low"])
    assert widths[0] < widths[1]


def test_gaps_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = [START + MINUTE * (i + 5 * (i > 7) + 3 * (i > 12)) for i in range(ROWS)]
    path = write(tmp_path / "a.csv", one(ts=times))
    assert forecast(path) == cli.OK
    assert capsys.readouterr().err.splitlines()[0] == (
        f"{path}: 8 rows in 2 gaps filled by kalman, the usual step is 1m"
    )
    assert forecast(path, "--fill", "none") == cli.OK
    assert capsys.readouterr().err.splitlines()[0] == (
        f"{path}: 2 gaps, the usual step is 1m: the forecast takes all rows as evenly spaced"
    )


def test_many_series_with_gaps_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = several([f"s{i}" for i in range(8)])
    table["ts"] = [time + MINUTE * (time > START + 9 * MINUTE) for time in table["ts"]]
    assert forecast(write(tmp_path / "a.csv", table), "--by", "host") == cli.OK
    lines = capsys.readouterr().err.splitlines()
    assert sum("1 row in 1 gap filled by kalman" in line for line in lines) == 5
    assert lines[-1] == "8 of 8 series done, 80 rows; remarks about 8 series"


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        (
            one(ts=[START + i**4 * 1000 for i in range(ROWS)]),
            [],
            "usual step",
        ),
        (one(), ["--algo", "holtwinters,period=41"], "number of input data is less than the periods"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, table: samples.Table, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert forecast(write(tmp_path / "a.json", table), *arguments) == cli.FAILED
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        (one(), ["--rows", "0"], "rows must be an integer 1 to 10000, got 0"),
        (one(), ["--rows", "10001"], "rows must be an integer 1 to 10000, got 10001"),
        (one(), ["--every", "soon"], "--every soon: a step such as 15m"),
        (one(), ["--start", "soon"], "start soon: a time such as 2026-01-01T00:00:00Z or an integer is expected"),
        (one(), ["--algo", "iqr"], "unknown algorithm iqr; there are: arima, auto, "),
        (one(), ["--algo", ""], "'' names no algorithm"),
        (one(), ["--algo", "arima,perod=1"], "unknown option perod, did you mean period?"),
    ],
)
def test_wrong_usage_is_told_once(
    tmp_path: Path, table: samples.Table, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert forecast(write(tmp_path / "a.json", table), *arguments) == cli.USAGE
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_gaps_do_not_turn_a_season_upside_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    daily = [5 * math.sin(2 * math.pi * i / 24) for i in range(240)]
    kept = [i for i in range(192) if not 100 <= i < 112]
    path = write(tmp_path / "a.csv", {"ts": [START + 60 * MINUTE * i for i in kept], "v": [daily[i] for i in kept]})
    given = ["--algo", "holtwinters,period=24,seasonal=add", "--rows", "48", "--format", "json"]
    wrong = {}
    for fill in ("kalman", "linear", "none"):
        assert forecast(path, *given, "--fill", fill) == cli.OK
        found = [row["forecast"] for row in json.loads(capsys.readouterr().out)]
        wrong[fill] = max(abs(value - truth) for value, truth in zip(found, daily[192:], strict=True))
    assert wrong["kalman"] < 0.1
    assert wrong["none"] > 4.0


def test_rows_without_a_value_are_gaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = [*samples.VALUES[:9], None, *samples.VALUES[10:]]
    path = write(tmp_path / "a.csv", one(value=values))
    assert forecast(path) == cli.FAILED
    assert "1 of 40 values are missing" in capsys.readouterr().err
    assert forecast(path, "--fill", "previous", "--non-negative", "--round") == cli.OK
    assert "1 row in 1 gap filled by previous" in capsys.readouterr().err


def test_a_constant_series_is_forecast(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one(value=[5.0] * ROWS))
    assert forecast(path, "--algo", "arima", "--out", tmp_path / "out.csv") == cli.OK


def test_a_forecast_is_drawn_with_its_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", one())
    assert forecast(path, "--conf", "80", "--plot", "term") == cli.OK
    assert capsys.readouterr().out.endswith("values, then after │ the forecast; ░ 80 % interval\n")
    assert forecast(path, "--plot", tmp_path / "a.svg") == cli.OK
    assert "<!-- 95 % interval -->" in (tmp_path / "a.svg").read_text()


def waves(series: int = 2) -> samples.Table:
    """Sines of period 20 over 200 rows, which a seasonal model continues and a mean does not."""
    values = [round(10 + 5 * math.sin(i * math.pi / 10) + 0.1 * math.sin(i * i), 3) for i in range(200)]
    return {
        "ts": [START + MINUTE * i for i in range(200) for _ in range(series)],
        "host": [f"h{place}" for _ in range(200) for place in range(series)],
        "value": [value * 10**place for value in values for place in range(series)],
    }


def test_forecasters_are_compared_by_the_past(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write(tmp_path / "a.csv", waves()), tmp_path / "out.parquet"
    arguments = ["--by", "host", "--rows", "15", "--folds", "4", "--conf", "90", "--season", "20", "--out", out]
    assert forecast(path, "--compare", "arima,holtwinters", *arguments, "--option", "period=20") == cli.OK
    found = {row[1]: row for row in rows(out)}
    assert set(found) == {"arima", "holtwinters", "seasonal-naive"}
    assert {row[8:] for row in found.values()} == {(8, 0, None)}
    assert sorted(row[0] for row in found.values()) == [1, 2, 3]
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "season of MASE and seasonal-naive: 20 rows; intervals promise 90 %"
    assert "over 8 forecasts of 2 series" in told[-1]


def test_all_forecasters_are_compared_and_who_cannot_answer_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", waves(1))
    assert forecast(path, "--compare", "--format", "json", "--folds", "1") == cli.OK
    found = {row["algorithm"]: row for row in json.loads(capsys.readouterr().out)}
    assert {"arima", "holtwinters", "seasonal-naive", "tdtsfm_1"} <= set(found)
    assert found["tdtsfm_1"]["rank"] is None
    assert "refused" in found["tdtsfm_1"]["reason"]


def test_an_algorithm_that_breaks_is_a_failure_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("somewhere inside")

    monkeypatch.setattr(local.Local, "answer", broken)
    assert forecast(write(tmp_path / "a.csv", waves(1)), "--compare", "arima", "--format", "json") == cli.OK
    shown = capsys.readouterr()
    row = next(row for row in json.loads(shown.out) if row["algorithm"] == "arima")
    assert row["failed"] == row["forecasts"] == 3
    assert row["reason"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--folds", "2"], 2, "--folds needs --compare"),
        (["--season", "2"], 2, "--season needs --compare"),
        (["--compare", "--start", "0"], 2, "--start and --compare exclude each other"),
        (["--compare", "--option", "start=0"], 1, "so it takes no start"),
        (["--compare", "--rows", "0"], 2, "rows must be an integer 1 to 10000, got 0"),
        (["--compare", "--rows", "500"], 1, "a comparison needs 510 rows of a series, got 200"),
        (["--compare", "--value", "value,ts"], 2, "a column cannot be used twice"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_one_clear_line(
    tmp_path: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert forecast(write(tmp_path / "a.csv", waves(1)), "--by", "host", *arguments) == code
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_white_noise_is_no_matter_beside_covariates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    price = np.random.default_rng(5).normal(size=ROWS + 2).round(3).tolist()
    table = {
        "ts": [START + MINUTE * i for i in range(ROWS + 2)],
        "sold": [round(5 + 3 * x, 3) for x in price[:ROWS]] + [None] * 2,
        "price": price,
    }
    path = write(tmp_path / "a.csv", table)
    assert forecast(path, "--value", "sold", "--covariate", "price", "--algo", "arima") == cli.OK
    assert "white noise" not in capsys.readouterr().err
    assert forecast(path, "--value", "sold", "--drop-nulls", "--algo", "arima") == cli.OK
    assert "white noise" in capsys.readouterr().err


def test_covariates_lead_as_far_as_they_are_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    price = [float(i % 5 == 3) for i in range(ROWS + 4)]
    table = {
        "ts": [START + MINUTE * i for i in range(ROWS + 4)],
        "sold": [i + 20 * x + 0.1 * math.sin(i * i) for i, x in zip(range(ROWS), price, strict=False)] + [None] * 4,
        "price": price,
    }
    path = write(tmp_path / "a.csv", table)
    assert forecast(path, "--value", "sold", "--covariate", "price", "--format", "json") == cli.OK
    told = capsys.readouterr().out
    assert [line["forecast"] for line in json.loads(told)] == pytest.approx([40, 41, 42, 63], abs=1.0)
    past = write(tmp_path / "past.csv", {name: column[:ROWS] for name, column in table.items()})
    ahead = {name: column[ROWS:] for name, column in table.items() if name != "sold"}
    future = write(tmp_path / "ahead.json", ahead)
    beside = ("--value", "sold", "--covariate", "price", "--future", future)
    assert forecast(past, *beside, "--format", "json") == cli.OK
    assert capsys.readouterr().out == told
    assert forecast(past, *beside, "--rows", "5") == cli.FAILED
    assert "covariates are known of 4 rows ahead, 5 are to be forecast" in capsys.readouterr().err
    assert forecast(past, *beside, "--out", future) == cli.USAGE
    assert f"--out {future} is the file {future}, which is read" in capsys.readouterr().err
    assert forecast(path, "--value", "sold", "--covariate", "price", "--algo", "ets") == cli.FAILED
    assert "covariate forecast is not supported yet by ets; it is by arima, auto, prophet" in capsys.readouterr().err
    table["price"] = [1.0] * (ROWS + 4)
    assert forecast(write(tmp_path / "b.csv", table), "--value", "sold", "--covariate", "price") == cli.FAILED
    assert "covariate price is constant (1) at all 40 rows of the series" in capsys.readouterr().err
