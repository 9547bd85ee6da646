"""Rows that a request misses by its times, as clients of the wire see it."""

from __future__ import annotations

from typing import Any

import numpy as np
from falcon import testing

START, HOUR = 1_700_000_000_000, 3_600_000
THERE = np.delete(np.arange(240), range(215, 222))
LOAD = 50.0 + 20.0 * np.sin(2 * np.pi * np.arange(246) / 24)


def asked(client: testing.TestClient, option: str) -> dict[str, Any]:
    body = {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [(START + HOUR * THERE).tolist(), LOAD[THERE].tolist()],
        "algo": "zero",
        "option": option,
        "wncheck": 0,
        "forecast_rows": 6,
        "start": START + 240 * HOUR,
        "every": HOUR,
    }
    found: dict[str, Any] = client.simulate_post("/forecast", json=body).json
    return found


def test_a_forecast_fills_them_and_says_so_unless_it_shall_not(client: testing.TestClient) -> None:
    filled, plain = asked(client, "algo=zero,period=24"), asked(client, "algo=zero,period=24,gaps=none")
    assert np.abs(np.array(filled["res"][1]) - LOAD[240:]).max() < 1.0
    assert np.abs(np.array(plain["res"][1]) - LOAD[240:]).max() > 5.0
    assert filled["gaps"] == {"rows": 7, "filled_by": "kalman"}
    assert "gaps" not in plain
    refused = asked(client, "algo=zero,gaps=some")
    assert (refused["rows"], refused["msg"]) == (-1, "gaps must be fill or none, got some")
