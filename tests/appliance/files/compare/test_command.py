from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_NAME
from appliance.files.compare import anomaly, command, forecast
from appliance.files.run.remote import NodeGone
from appliance.files.series import FileError, FileSeries
from kernels.contract import AlgorithmError

SERIES = FileSeries("", np.arange(20), "ms", {"v": np.arange(20.0)})


@pytest.mark.parametrize(
    ("label", "anomalous"),
    [
        ([0.0, 1.0, 0.0], [0, 1, 0]),
        ([1.0, -1.0, 1.0], [0, 1, 0]),  # as the flags of a detector
        ([0.0, -2.0, 3.0], [0, 1, 0]),
        ([0.0, 0.5, 300.0], [0, 1, 1]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
    ],
)
def test_labels_in_all_their_spellings(label: list[float], anomalous: list[int]) -> None:
    assert command.marks(np.array(label)).tolist() == anomalous


def test_names_are_taken_once() -> None:
    assert command._names(" IQR,ksigma,,iqr") == ["iqr", "ksigma"]
    assert command._names("ETS:model=AAN,ets:model=ANN,ets:model=AAN") == ["ets:model=AAN", "ets:model=ANN"]


@pytest.mark.parametrize("error", [AlgorithmError("too short"), FileError("no step")])
def test_what_an_algorithm_says_is_passed_on(error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        command._guarded(fail)("x", SERIES)
    assert raised.value is error


def test_a_node_that_is_gone_ends_the_comparison() -> None:
    def fail(*_: object) -> None:
        raise NodeGone("gone")

    with pytest.raises(command._Gone):
        command._guarded(fail)("x", SERIES)


def test_jobs_keep_their_order_and_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert list(command._each(pool, True)(lambda x: x * x, range(20))) == [x * x for x in range(20)]
    assert "] 20/20 " in capsys.readouterr().err
    with ThreadPoolExecutor(1) as pool:
        assert list(command._each(pool, False)(str, [1])) == ["1"]
    assert capsys.readouterr().err == ""


def test_a_kind_is_compared_by_the_module_of_its_name() -> None:
    assert command._comparison_of(BY_NAME["anomaly"]) is anomaly.compare_all
    assert command._comparison_of(BY_NAME["forecast"]) is forecast.compare_all
    nameless = cast(Kind[Any], SimpleNamespace(name="riddle", title="riddle solving"))
    with pytest.raises(FileError, match="--compare: algorithms of riddle solving cannot be compared"):
        command._comparison_of(nameless)
