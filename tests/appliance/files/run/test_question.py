from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE
from appliance.files.run import question
from appliance.files.run.placing import Placed, place
from appliance.files.run.question import Question
from appliance.files.series import FileError, FileSeries
from kernels import registry
from kernels.contract import ANOMALY, FORECAST, Algorithm, AlgorithmError

DETECTING, FORECASTING = BY_TYPE[ANOMALY], BY_TYPE[FORECAST]
SERIES = FileSeries("a", 1_700_000_000_000 + 60_000 * np.arange(20), "ms", {"v": np.arange(20.0)})


def ahead(option: str = "", series: FileSeries = SERIES) -> dict[str, Any]:
    asked = Question("arima", option)
    placed = place(FORECASTING, series, asked.given)
    return asked.body(FORECASTING, "arima", placed, placed.asked.data)


def check(kind: Kind[Any], asked: Question) -> Algorithm:
    return question.check(Catalog.of(registry.discover()).of_kind(kind.wire_type), kind, asked)


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
    placed = Placed(SERIES, SERIES, {})
    assert Question("iqr", "wncheck=0").body(DETECTING, "iqr", placed, placed.asked.data) == {
        "algo": "iqr",
        "option": "algo=iqr,wncheck=0",
        "prec": "ms",
        "wncheck": 0,
        "rows": 20,
        "protocol": 1.0,
    }
    assert Question("iqr").body(DETECTING, "iqr", placed, placed.asked.data)["wncheck"] == 0  # other than in SQL
    assert Question("iqr", "wncheck=1").body(DETECTING, "iqr", placed, placed.asked.data)["wncheck"] == 1


def test_a_forecast_goes_on_where_the_rows_end() -> None:
    asked = ahead()
    assert (asked["forecast_rows"], asked["every"], asked["start"]) == (10, 60_000, 1_700_000_000_000 + 20 * 60_000)
    assert "conf" not in asked  # the wire's default


def test_options_say_where_a_forecast_goes() -> None:
    asked = ahead("rows=7,every=60s,start=2023-11-14T22:36:20,conf=0.5")
    assert (asked["forecast_rows"], asked["every"], asked["start"]) == (10, 60_000, 1_700_001_200_000)
    assert asked["option"] == "algo=arima,rows=7,every=60s,start=2023-11-14T22:36:20,conf=0.5"


def test_of_an_option_that_is_given_twice_the_last_counts() -> None:
    assert ahead("rows=7,every=5m,rows=3,every=1m")["forecast_rows"] == 3


def test_rows_must_be_an_integer() -> None:
    with pytest.raises(AlgorithmError, match="rows must be an integer, got 'many'"):
        ahead("rows=many")


def test_what_exists_is_found() -> None:
    assert check(DETECTING, Question("lof", "n_neighbors=5,wncheck=0,timeout=5,valid_code=1")).name == "lof"
    assert check(FORECASTING, Question("arima", "period=5,rows=5,conf=0.9,every=1,start=0")).name == "arima"


@pytest.mark.parametrize(
    ("kind", "asked", "message"),
    [
        (DETECTING, Question("arima"), "unknown algorithm arima; there are: auto, copod, "),
        (FORECASTING, Question("iqr"), "unknown algorithm iqr; there are: arima, auto, ces, "),
        (DETECTING, Question("lof", "neigbours=5"), "unknown option neigbours, did you mean neighbors?"),
        (DETECTING, Question("ksigma", "q=5"), "unknown option q; ksigma takes k"),
        (DETECTING, Question("iqr", "q=5"), "unknown option q; iqr takes none of its own"),
        (DETECTING, Question("iqr", "rows=5"), "unknown option rows"),
    ],
)
def test_what_does_not_exist_is_refused(kind: Kind[Any], asked: Question, message: str) -> None:
    with pytest.raises(FileError) as refused:
        check(kind, asked)
    assert str(refused.value).startswith(message)


def test_a_start_that_is_no_time_is_refused_without_a_series() -> None:
    with pytest.raises(FileError, match="start soon: a time such as"):
        question.check_shared(FORECASTING, {"start": "soon"})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("ets:model", "ets:model: 'model' is no option: NAME:OPTION=VALUE:... is expected"),
        ("ets:modle=AAN", "unknown option modle, did you mean model?"),
        ("ets:period=12:model=QQQ", "model"),
        ("ets:rows=4", "ets:rows=4: rows is the same for all that are compared, --option rows sets it"),
        ("nix:a=1", "unknown algorithm nix"),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting: str, message: str) -> None:
    algorithms = Catalog.of(registry.discover()).of_kind(FORECAST)
    with pytest.raises(FileError, match=message):
        question.check_setting(algorithms, FORECASTING, Question(""), setting)
    question.check_setting(algorithms, FORECASTING, Question(""), "ets:period=12:model=AAN")
    assert question.setting("ets:period=12:model=AAN") == ("ets", "period=12,model=AAN")
