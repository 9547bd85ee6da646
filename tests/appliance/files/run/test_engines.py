from __future__ import annotations

import argparse
from typing import Any

import pytest

from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE
from appliance.files.run import engines
from appliance.files.run.engines import Engine
from appliance.files.run.local import Local
from appliance.files.run.question import Question
from appliance.files.run.remote import Remote
from appliance.files.series import FileError, UsageError
from kernels.contract import ANOMALY, FORECAST

DETECTING, FORECASTING = BY_TYPE[ANOMALY], BY_TYPE[FORECAST]
OWN = ["grubbs", "iqr", "ksigma", "lof", "shesd"]
GIVEN = argparse.Namespace(url=None, config=None)


def chosen(
    kind: Kind[Any], asked: Question, values: tuple[str, ...], names: list[str] | None, given: Any = GIVEN
) -> tuple[list[str], Engine]:
    prepared = engines.prepare(given, kind, asked, names)
    return prepared.suited(values), prepared.engine


def test_all_algorithms_of_a_kind() -> None:
    names, engine = chosen(DETECTING, Question("iqr"), ("v",), None)
    assert set(OWN) <= set(names)
    assert names == sorted(names)
    assert isinstance(engine, Local)
    names, _ = chosen(FORECASTING, Question("arima"), ("v",), None)
    assert {"arima", "holtwinters"} <= set(names)
    assert not set(OWN) & set(names)


def test_several_columns_leave_those_that_take_them() -> None:
    names, _ = chosen(DETECTING, Question("lof"), ("a", "b"), None)
    assert "lof" in names
    assert "iqr" not in names
    with pytest.raises(FileError, match="--value: iqr looks at one column, got a, b"):
        chosen(DETECTING, Question("iqr"), ("a", "b"), ["lof", "iqr"])
    with pytest.raises(FileError, match="--value: a forecast is made for one column, got a, b"):
        chosen(FORECASTING, Question("arima"), ("a", "b"), None)


def test_an_option_is_for_those_that_know_it() -> None:
    names, _ = chosen(DETECTING, Question("iqr", "k=2"), ("v",), ["iqr", "ksigma"])
    assert names == ["iqr", "ksigma"]
    with pytest.raises(FileError, match="unknown option k; iqr takes none"):
        chosen(DETECTING, Question("iqr", "k=2"), ("v",), ["iqr"])
    with pytest.raises(FileError, match="unknown option perod, did you mean period?"):
        chosen(DETECTING, Question("iqr", "perod=2"), ("v",), ["iqr", "shesd"])


def test_a_node_is_asked_where_one_is_named() -> None:
    there = argparse.Namespace(url="http://127.0.0.1:1", config=None)
    names, engine = chosen(DETECTING, Question("iqr"), ("v",), ["iqr", "whatever"], there)
    assert names == ["iqr", "whatever"]
    assert isinstance(engine, Remote)
    with pytest.raises(FileError, match="cannot be reached"):
        chosen(DETECTING, Question("iqr"), ("v",), None, there)


def test_values_are_held_to_their_ranges_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="k value out of range"):
        chosen(DETECTING, Question("ksigma", "k=9"), ("v",), ["ksigma"])
    with pytest.raises(UsageError, match="k value out of range"):
        chosen(DETECTING, Question("ksigma", "k=9"), ("v",), ["ksigma", "iqr"])
    refused = {
        "rows=0": "rows must be an integer 1 to 10000, got 0",
        "timeout=x": "timeout must be an integer 1 to 1200, got x",
        "every=soon": "--every soon: a step such as",
        "period=-1": "period must be",
    }
    for option, message in refused.items():
        with pytest.raises(UsageError, match=message):
            chosen(FORECASTING, Question("arima", option), ("v",), ["arima"])
    assert chosen(FORECASTING, Question("arima", "period=auto,every=1mo"), ("v",), ["arima"])[0] == ["arima"]
