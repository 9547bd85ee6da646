from __future__ import annotations

import numpy as np
import pytest

from appliance.files.run.pairs import Found, ordered, together
from appliance.files.series import FileError, FileSeries
from kernels.contract import COEFFICIENT, DISTANCE, STATISTIC, Correlation


def column(name: str, times: list[int]) -> FileSeries:
    return FileSeries(name, np.array(times), "ms", {name: np.array(times, dtype=np.float64)})


def found(name: str, value: float, measure: str, lag: int | None = None, p_value: float | None = None) -> Found:
    return Found(name, "", 10, Correlation(value, measure, lag, p_value))


def test_two_columns_meet_at_the_times_that_both_have() -> None:
    both = together(column("a", list(range(0, 80, 2))), column("b", list(range(0, 90, 3))))
    assert both.times.tolist() == list(range(0, 80, 6))
    assert both.columns["a"].tolist() == both.columns["b"].tolist() == both.times.tolist()


def test_too_few_common_times_are_refused() -> None:
    with pytest.raises(FileError, match="they have 5 times in common, at least 10 are needed"):
        together(column("a", list(range(20))), column("b", list(range(15, 40))))


@pytest.mark.parametrize(
    ("pairs", "by", "names"),
    [
        ([found("a", 0.1, COEFFICIENT), found("b", -0.9, COEFFICIENT)], "value", ["b", "a"]),
        ([found("a", 5.0, DISTANCE), found("b", 2.0, DISTANCE)], "value", ["b", "a"]),
        ([found("a", 9.0, STATISTIC, 1, 0.3), found("b", 3.0, STATISTIC, 9, 0.1)], "value", ["b", "a"]),
        ([found("a", 0.9, COEFFICIENT, 1), found("b", 0.1, COEFFICIENT, -7)], "lag", ["b", "a"]),
        ([found("a", 0.2, COEFFICIENT, 1), found("b", 0.9, COEFFICIENT, -1)], "lag", ["b", "a"]),
    ],
)
def test_what_has_most_to_do_with_each_other_comes_first(pairs: list[Found], by: str, names: list[str]) -> None:
    assert [one.first for one in ordered(pairs, by)] == names
