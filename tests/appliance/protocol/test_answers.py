from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.protocol import answers


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
