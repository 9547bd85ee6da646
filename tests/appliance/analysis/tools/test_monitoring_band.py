from __future__ import annotations

from typing import Any

import pytest

from appliance.analysis.tools import monitoring_band
from kernels.contract import AlgorithmError
from tests.appliance.bodies import dump

NEEDED = r"'data', 'ts', and 'window' are required fields in the payload\."


def body(**changes: Any) -> bytes:
    whole = {"data": list(range(1, 24)), "ts": [100 * i for i in range(1, 24)], "window": [[100, 1100], [1200, 2300]]}
    return dump({name: value for name, value in {**whole, **changes}.items() if value is not None})


def test_a_band_has_centre_and_bounds() -> None:
    found = monitoring_band.answer(body(config={"normalize": {"target_len": 20}, "unknown": 1, "savgol": {"x": 2}}))
    assert (found["rows"], len(found["center"]), len(found["lower"]), len(found["upper"])) == (20, 20, 20, 20)
    assert found["center"][0] == pytest.approx(6.5)


def test_no_run_gives_an_empty_band() -> None:
    found = monitoring_band.answer(body(window=[[0, 1]]))
    assert (found["rows"], found["center"].tolist()) == (0, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        *(({name: None}, f"^{NEEDED}$") for name in ("data", "ts", "window")),
        ({"data": [1]}, "data and ts must be of one length, got 1 and 23"),
        ({"data": "x"}, "data must be a list of numbers"),
        ({"data": [None] * 23}, "column data, row 0: a number is expected, got null"),
        ({"data": [[1, 2], *range(22)]}, "column data, row 0: a number is expected, got a list or object"),
        ({"ts": [5] * 23}, "ts must increase from row to row"),
        ({"ts": 7}, "ts must be a list of integers"),
        ({"window": 3}, "window must be a list of pairs of times"),
        ({"window": [[1]]}, r"each window must be a pair of times, got \[1\]"),
        ({"window": [[1, 2.5]]}, "each window must be a pair of times"),
        ({"window": [[1, 2**70]]}, "each window must be a pair of times"),
        ({"config": 3}, "config must be an object"),
        ({"config": {"hampel": 3}}, "config: hampel must be an object"),
        ({"config": {"hampel": {"window_size": 1.5}}}, "config: hampel.window_size must be an integer, got 1.5"),
        ({"config": {"hampel": {"sigma": "x"}}}, "config: hampel.sigma must be a number, got x"),
        ({"config": {"savgol": {"active": 7}}}, "config: savgol.active must be true or false, got 7"),
        ({"config": {"golden": {"method": 7}}}, "config: golden.method must be text, got 7"),
        (
            {"config": {"savgol": {"window": 4}}},
            "^Savitzky-Golay window must be a positive odd integer, input size: 4$",
        ),
    ],
)
def test_what_is_not_in_order_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AlgorithmError, match=told):
        monitoring_band.answer(body(**changes))
