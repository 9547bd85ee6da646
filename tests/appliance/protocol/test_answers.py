from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.protocol import answers


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
    spans, mask = answers.windows(np.array(times), np.array(codes))
    assert (spans.tolist(), mask.tolist()) == naive_windows(times, codes)


def test_codes_and_times_of_different_length_give_no_window() -> None:
    spans, mask = answers.windows(np.arange(5), np.array([-1, -1]))
    assert (len(spans), len(mask)) == (0, 0)


@given(st.text())
def test_error_is_short_and_one_line_whatever_it_says(text: str) -> None:
    raw = answers.error(text)
    message = json.loads(raw)["msg"]
    assert json.loads(raw)["rows"] == -1
    assert 0 < len(message.encode()) < 1000
    assert "\n" not in message


def test_arrays_of_any_layout_can_be_sent() -> None:
    answer = json.loads(answers.dump({"a": np.arange(6)[::2], "b": np.array([1, 2], np.int8)}))
    assert answer == {"a": [0, 2, 4], "b": [1, 2]}


def test_what_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError):
        answers.dump({"a": object()})
