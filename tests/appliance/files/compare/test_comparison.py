from __future__ import annotations

import math
from collections import Counter

from appliance.files.compare.comparison import known, last, mean, reason


def test_the_mean_is_of_what_has_a_value() -> None:
    assert mean([1.0, math.nan, 3.0]) == 2.0
    assert math.isnan(mean([math.nan]))
    assert math.isnan(mean([]))


def test_what_has_no_value_is_an_empty_cell_and_comes_last() -> None:
    assert known(2.0) == 2.0
    assert known(math.nan) is None
    assert known(math.inf) is None
    assert sorted([math.nan, 2.0, -1.0], key=last)[:2] == [-1.0, 2.0]


def test_the_most_frequent_reason_is_told() -> None:
    assert reason(Counter()) is None
    assert reason(Counter({"noise": 3})) == "noise"
    assert reason(Counter({"noise": 3, "short": 1})) == "noise (and 1 more reason)"
    assert reason(Counter({"noise": 3, "short": 1, "late": 1})) == "noise (and 2 more reasons)"
