from __future__ import annotations

import numpy as np
import pytest

from appliance.files.run import question
from appliance.files.run.question import Ahead, Question
from appliance.files.series import FileError, FileSeries
from kernels import registry
from kernels.contract import Detector, Forecaster

SERIES = FileSeries("a", 1_700_000_000_000 + 60_000 * np.arange(20), "ms", {"v": np.arange(20.0)})


@pytest.mark.parametrize(
    ("algorithm", "given", "expected"),
    [
        ("iqr", [], ("iqr", "")),
        ("KSigma, k=2", [], ("ksigma", "k=2")),
        ("algo=ksigma,k=2,wncheck=0", [], ("ksigma", "k=2,wncheck=0")),
        ("ksigma", ["k=2", "wncheck=0,timeout=5"], ("ksigma", "k=2,wncheck=0,timeout=5")),
    ],
)
def test_options_are_written_as_in_sql(algorithm: str, given: list[str], expected: tuple[str, str]) -> None:
    assert question.read(algorithm, given) == expected


@pytest.mark.parametrize(("algorithm", "given"), [("iqr", ["k"]), ("iqr", ["k="]), ("", []), ("k=2", []), ("a,b", [])])
def test_what_is_no_option_is_refused(algorithm: str, given: list[str]) -> None:
    with pytest.raises(ValueError, match="is no option|names no algorithm"):
        question.read(algorithm, given)


def test_a_body_without_data() -> None:
    assert Question("iqr", "wncheck=0").about("iqr", SERIES) == {
        "algo": "iqr",
        "option": "algo=iqr,wncheck=0",
        "prec": "ms",
        "wncheck": 0,
        "rows": 20,
        "protocol": 1.0,
    }
    assert Question("iqr").about("iqr", SERIES)["wncheck"] == 1  # as in SQL


def test_a_forecast_goes_on_where_the_rows_end() -> None:
    asked = Ahead("arima").about("arima", SERIES)
    assert (asked["forecast_rows"], asked["every"], asked["start"]) == (10, 60_000, 1_700_000_000_000 + 20 * 60_000)
    assert "conf" not in asked  # the wire's default


def test_arguments_win_over_options() -> None:
    text = "rows=7,every=5m,start=2026-01-01,conf=0.5"
    assert Ahead("arima", text).about("arima", SERIES)["forecast_rows"] == 7
    asked = Ahead("arima", text, rows=3, conf=0.9, every="1h", start="0").about("arima", SERIES)
    assert (asked["forecast_rows"], asked["every"], asked["start"], asked["conf"]) == (3, 3_600_000, 0, 0.9)


def with_steps(*steps: int) -> FileSeries:
    times = np.cumsum([0, *steps])
    return FileSeries("", times, "ms", {"v": np.zeros(len(times))})


def test_gaps_are_told_and_no_rhythm_is_refused() -> None:
    gappy = with_steps(*[1000] * 10, 5000, *[1000] * 5)
    assert Ahead("arima").about("arima", gappy)["every"] == 1000
    remark = Ahead("arima").remark(gappy)
    assert remark == "1 gap, the usual step is 1s: the forecast takes all rows as evenly spaced"
    assert Ahead("arima").remark(SERIES) is None
    wild = with_steps(1, 100, 1000, 10, 10_000, 2, 30_000, 3)
    with pytest.raises(FileError, match="no usual step: . of 8 steps.*--every"):
        Ahead("arima").about("arima", wild)
    assert Ahead("arima", every="1s").about("arima", wild)["every"] == 1000


def test_rows_must_be_an_integer() -> None:
    with pytest.raises(FileError, match="rows must be an integer, got 'many'"):
        Ahead("arima", "rows=many").about("arima", SERIES)


def test_what_exists_is_found() -> None:
    algorithms = registry.discover()
    assert question.check(algorithms, Detector, Question("lof", "n_neighbors=5,wncheck=0,timeout=5,valid_code=1"))
    assert question.check(algorithms, Forecaster, Ahead("arima", "period=5,rows=5,conf=0.9,every=1,start=0"))


@pytest.mark.parametrize(
    ("kind", "asked", "message"),
    [
        (Detector, Question("arima"), "unknown algorithm arima; there are: grubbs, iqr, "),
        (Forecaster, Question("iqr"), "unknown algorithm iqr; there are: arima, holtwinters"),
        (Detector, Question("lof", "neigbours=5"), "unknown option neigbours, did you mean neighbors?"),
        (Detector, Question("ksigma", "q=5"), "unknown option q; ksigma takes k"),
        (Detector, Question("iqr", "q=5"), "unknown option q; iqr takes none of its own"),
        (Detector, Question("iqr", "rows=5"), "unknown option rows"),
    ],
)
def test_what_does_not_exist_is_refused(kind: type[Detector] | type[Forecaster], asked: Question, message: str) -> None:
    with pytest.raises(FileError) as refused:
        question.check(registry.discover(), kind, asked)
    assert str(refused.value).startswith(message)
