"""The whole application under generated requests: never anything but HTTP 200, valid JSON and a contracted answer."""

from __future__ import annotations

import json
from typing import Any

from falcon import testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.appliance.bodies import JSON, dump, forecast_request, request

FUZZ = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70) | st.sampled_from([0, 1, -1])
columns = st.integers(10, 60).flatmap(
    lambda rows: st.tuples(
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows),
        st.lists(numbers, min_size=rows, max_size=rows),
    )
)
option_values = st.sampled_from(
    ["0", "1", "2", "3", "12", "-1", "0.5", "nan", "1e400", "auto", "add", "mul", "none", "x", "9" * 30, "0.05", "59"]
)


def refuse_constant(token: str) -> Any:
    raise AssertionError(f"{token} in an answer")


def check(client: testing.TestClient, path: str, body: bytes) -> dict[str, Any]:
    answer = client.simulate_post(path, body=body, headers=JSON)
    assert answer.status_code == 200
    reply: dict[str, Any] = json.loads(answer.content, parse_constant=refuse_constant)
    assert isinstance(reply["rows"], int)
    if reply["rows"] < 0:
        assert 0 < len(reply["msg"].encode()) < 1000
        assert "internal error" not in reply["msg"], reply["msg"]
    elif path == "/forecast":
        assert all(len(array) == reply["rows"] for array in reply["res"])
        assert all(isinstance(value, (int, float)) for array in reply["res"] for value in array)
        if len(reply["res"]) == 4:
            _, value, low, high = reply["res"]
            assert all(a <= b <= c for a, b, c in zip(low, value, high, strict=True))
    else:
        assert len(reply["res"]) == len(reply["mask"]) == reply["rows"]
    return reply


@FUZZ
@given(path=st.sampled_from(["/anomaly-detect", "/forecast"]), body=st.binary(max_size=200))
def test_any_bytes(client: testing.TestClient, path: str, body: bytes) -> None:
    assert check(client, path, body)["rows"] == -1


@FUZZ
@given(path=st.sampled_from(["/anomaly-detect", "/forecast"]), data=st.data())
def test_any_value_in_any_field(client: testing.TestClient, path: str, data: st.DataObject) -> None:
    body = request() if path == "/anomaly-detect" else forecast_request()
    for field in data.draw(st.lists(st.sampled_from(sorted(body)), min_size=1, max_size=3, unique=True)):
        body[field] = data.draw(anything)
    check(client, path, dump(body))


@FUZZ
@given(data=st.data(), table=columns)
def test_any_numbers_with_any_algorithm_and_option(
    client: testing.TestClient, data: st.DataObject, table: tuple[list[int], list[float]]
) -> None:
    listing = client.simulate_get("/list").json
    kind = data.draw(st.sampled_from([0, 1]))
    entries = [entry for entry in listing["details"][kind]["algo"] if entry["name"] not in ("broken", "endless")]
    entry = data.draw(st.sampled_from(entries))
    chosen = data.draw(st.dictionaries(st.sampled_from(sorted(entry["params"]) or ["none"]), option_values, max_size=3))
    text = ",".join(f"{key}={value}" for key, value in {"algo": entry["name"], **chosen}.items())
    make, path = (forecast_request, "/forecast") if kind == 0 else (request, "/anomaly-detect")
    body = make(algo=entry["name"], option=text, data=list(table), conf=None if kind else data.draw(st.floats(0.01, 1)))
    check(client, path, dump(body))
