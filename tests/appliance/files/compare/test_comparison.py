from __future__ import annotations

import math
from collections import Counter

from appliance.files.compare import comparison
from appliance.files.compare.comparison import known, last, mean, reason
from appliance.files.series import FileResult, FileSeries
from kernels.contract import AlgorithmError
from tests.appliance.files.results import detection


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


def test_every_job_has_its_outcome_in_order_and_its_time() -> None:
    def run(name: str, series: FileSeries) -> FileResult:
        if name == "none":
            raise AlgorithmError("too short")
        return detection(series.times.size, [3])

    series = detection(40, [3]).series
    found = list(comparison.outcomes(run, [("some", series), ("none", series)]))
    assert [outcome if isinstance(outcome, str) else outcome.algorithm for outcome, _ in found] == [
        "ksigma",
        "too short",
    ]
    assert all(seconds >= 0.0 for _, seconds in found)


def test_a_table_for_people_is_narrow_and_tells_failures_apart() -> None:
    columns = {"rank": "BIGINT", "algorithm": "VARCHAR", "f1": "DOUBLE", "reason": "VARCHAR"}
    rows = [(1, "iqr", 0.123456, None), (None, "lof", None, "too short")]
    made = comparison.Comparison(columns, rows, "iqr did best", brief=("rank", "algorithm", "f1"))
    assert made.table == (
        {"rank": "BIGINT", "algorithm": "VARCHAR", "f1": "DOUBLE"},
        [(1, "iqr", 0.123), (None, "lof", None)],
    )
    assert made.failures == ["lof: too short"]
