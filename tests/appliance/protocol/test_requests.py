"""Requests that are in order; what is refused is tested through the application, in test_app.py."""

from __future__ import annotations

import numpy as np

from appliance.protocol import requests
from tests.appliance.bodies import dump, request


def test_columns_are_read_exactly() -> None:
    found = requests.read_anomaly(dump(request()))
    assert found.times.dtype == np.int64
    assert found.columns["val"].tolist()[-2:] == [99.0, 5.0]
    assert (found.algo, found.precision, found.wncheck, found.rows) == ("iqr", "ms", False, 20)


def test_booleans_and_whole_floats_are_numbers() -> None:
    values = [True, False, 1, 2.0, *range(16)]
    found = requests.read_anomaly(dump(request(data=[[float(i) for i in range(20)], values])))
    assert found.columns["val"].tolist() == [float(value) for value in values]
    assert found.times.tolist() == list(range(20))


def test_a_bracket_in_the_options_does_no_harm() -> None:
    body = dump(request(option="c=[[[[1 2]]]]"))
    assert (
        requests.read_anomaly(body).columns["val"].tolist()
        == requests.read_anomaly(dump(request())).columns["val"].tolist()
    )
