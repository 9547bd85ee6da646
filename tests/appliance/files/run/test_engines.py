from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.analysis.kinds import BY_TYPE
from appliance.files.run import engines
from appliance.files.run.local import Local
from appliance.files.run.question import Question
from appliance.files.run.remote import Remote
from appliance.files.series import FileError
from kernels.contract import ANOMALY, FORECAST

DETECTING, FORECASTING = BY_TYPE[ANOMALY], BY_TYPE[FORECAST]
OWN = ["grubbs", "iqr", "ksigma", "lof", "shesd"]
GIVEN = argparse.Namespace(url=None, config=None)


def source(*values: str) -> Any:
    return SimpleNamespace(values=values or ("v",))


def test_all_algorithms_of_a_kind() -> None:
    names, engine = engines.choose(GIVEN, DETECTING, Question("iqr"), source(), None)
    assert set(OWN) <= set(names)
    assert names == sorted(names)
    assert isinstance(engine, Local)
    names, _ = engines.choose(GIVEN, FORECASTING, Question("arima"), source(), None)
    assert {"arima", "holtwinters"} <= set(names)
    assert not set(OWN) & set(names)


def test_several_columns_leave_those_that_take_them() -> None:
    names, _ = engines.choose(GIVEN, DETECTING, Question("lof"), source("a", "b"), None)
    assert "lof" in names
    assert "iqr" not in names
    with pytest.raises(FileError, match="--value: iqr looks at one column, got a, b"):
        engines.choose(GIVEN, DETECTING, Question("iqr"), source("a", "b"), ["lof", "iqr"])
    with pytest.raises(FileError, match="--value: a forecast is made for one column, got a, b"):
        engines.choose(GIVEN, FORECASTING, Question("arima"), source("a", "b"), None)


def test_an_option_is_for_those_that_know_it() -> None:
    names, _ = engines.choose(GIVEN, DETECTING, Question("iqr", "k=2"), source(), ["iqr", "ksigma"])
    assert names == ["iqr", "ksigma"]
    with pytest.raises(FileError, match="unknown option k; iqr takes none"):
        engines.choose(GIVEN, DETECTING, Question("iqr", "k=2"), source(), ["iqr"])
    with pytest.raises(FileError, match="unknown option perod, did you mean period?"):
        engines.choose(GIVEN, DETECTING, Question("iqr", "perod=2"), source(), ["iqr", "shesd"])


def test_a_node_is_asked_where_one_is_named() -> None:
    there = argparse.Namespace(url="http://127.0.0.1:1", config=None)
    names, engine = engines.choose(there, DETECTING, Question("iqr"), source(), ["iqr", "whatever"])
    assert names == ["iqr", "whatever"]
    assert isinstance(engine, Remote)
    with pytest.raises(FileError, match="cannot be reached"):
        engines.choose(there, DETECTING, Question("iqr"), source(), None)
