"""Request bodies for the tests, valid unless told otherwise."""

from __future__ import annotations

import json
from typing import Any

JSON = {"Content-Type": "application/json;charset=UTF-8"}
ROWS = 20
SPIKE = [5.0, 6.0] * 9 + [99.0, 5.0]  # one outlier, at row 18


def request(**changes: Any) -> dict[str, Any]:
    """A valid anomaly request; a change to None removes that key."""
    body: dict[str, Any] = {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [[1_700_000_000_000 + 1000 * i for i in range(ROWS)], SPIKE],
        "option": "algo=iqr",
        "algo": "iqr",
        "prec": "ms",
        "wncheck": 0,
        "rows": ROWS,
        "protocol": 1.0,
    }
    return _changed(body, changes)


def forecast_request(**changes: Any) -> dict[str, Any]:
    """A valid forecast request."""
    extra = {
        "algo": "flat",
        "option": "algo=flat",
        "return_conf": 1,
        "forecast_rows": 5,
        "conf": 0.95,
        "every": 1000,
        "start": 1_700_000_020_000,
    }
    return _changed(request(**extra), changes)


def _changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**body, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def dump(body: Any) -> bytes:
    return json.dumps(body).encode()
