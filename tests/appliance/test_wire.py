"""Answers; requests are tested through the application in test_app.py."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import wire
from tests.appliance.bodies import dump, request


def naive_windows(times: list[int], codes: list[int]) -> tuple[list[list[int]], list[int]]:
    spans: list[list[int]] = []
    mask: list[int] = []
    for i, (time, code) in enumerate(zip(times, codes, strict=True)):
        if code == 1:
            continue
        if i and codes[i - 1] == code:
            spans[-1][1] = time
        else:
            spans.append([time, time])
            mask.append(code)
    return spans, mask


@given(st.lists(st.sampled_from([1, -1, -2, 3]), min_size=1, max_size=60))
def test_windows_are_the_maximal_runs_of_one_code(codes: list[int]) -> None:
    times = [1000 + 7 * i for i in range(len(codes))]
    spans, mask = wire.windows(np.array(times), np.array(codes))
    assert (spans.tolist(), mask.tolist()) == naive_windows(times, codes)


def test_codes_and_times_of_different_length_give_no_window() -> None:
    spans, mask = wire.windows(np.arange(5), np.array([-1, -1]))
    assert (len(spans), len(mask)) == (0, 0)


@given(st.text())
def test_error_is_short_and_one_line_whatever_it_says(text: str) -> None:
    raw = wire.error(text)
    message = json.loads(raw)["msg"]
    assert json.loads(raw)["rows"] == -1
    assert 0 < len(message.encode()) < 1000
    assert "\n" not in message


def test_columns_are_read_exactly() -> None:
    found = wire.read_anomaly(dump(request()))
    assert found.times.dtype == np.int64
    assert found.columns["val"].tolist()[-2:] == [99.0, 5.0]
    assert (found.algo, found.precision, found.wncheck, found.rows) == ("iqr", "ms", False, 20)


def test_booleans_and_whole_floats_are_numbers() -> None:
    values = [True, False, 1, 2.0, *range(16)]
    found = wire.read_anomaly(dump(request(data=[[float(i) for i in range(20)], values])))
    assert found.columns["val"].tolist() == [float(value) for value in values]
    assert found.times.tolist() == list(range(20))


def test_a_bracket_in_the_options_does_no_harm() -> None:
    body = dump(request(option="c=[[[[1 2]]]]"))
    assert wire.read_anomaly(body).columns["val"].tolist() == wire.read_anomaly(dump(request())).columns["val"].tolist()


def test_arrays_of_any_layout_can_be_sent() -> None:
    answer = json.loads(wire.dump({"a": np.arange(6)[::2], "b": np.array([1, 2], np.int8)}))
    assert answer == {"a": [0, 2, 4], "b": [1, 2]}


def test_what_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError):
        wire.dump({"a": object()})
