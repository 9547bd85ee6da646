from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from appliance.analysis.joining import joined, seam
from kernels.contract import Detection
from kernels.explained import Expected, Explained


def naive(earlier: Sequence[int], later: Sequence[int]) -> int:
    """The row nearest to the middle that both call normal, looked for outwards."""
    middle = len(earlier) // 2
    for away in range(len(earlier)):
        for row in (middle - away, middle + away):
            if 0 <= row < len(earlier) and earlier[row] == 1 and later[row] == 1:
                return row
    return middle


def detection(flags: Sequence[int], **extra: int) -> Detection:
    return Detection(np.array(flags, np.int8), np.arange(len(flags), dtype=np.float64), extra)


def test_a_seam_is_the_normal_row_of_both_that_is_nearest_to_the_middle() -> None:
    rng = np.random.default_rng(4)
    for rows in (1, 2, 5, 9, 30):
        for _ in range(20):
            earlier, later = (np.where(rng.random(rows) < 0.6, -1, 1).tolist() for _ in "ab")
            assert seam(detection(earlier), detection(later)) == naive(earlier, later)


def test_parts_follow_each_other_and_tell_what_all_agree_on() -> None:
    found = joined(iter([detection([1, -1], period=4, k=1), detection([1], period=4, k=2)]), 3)
    assert found.flags.tolist() == [1, -1, 1]
    assert found.flags.dtype == np.int8
    assert found.score.tolist() == [0.0, 1.0, 0.0]
    assert found.extra == {"period": 4}


def test_what_is_expected_is_unknown_where_a_part_does_not_tell_it() -> None:
    band = Expected(np.array([5.0, 6.0]), np.array([4.0, 5.0]), np.array([6.0, 7.0]))
    plain = detection([1, -1])
    found = joined([plain, Explained(plain.flags, plain.score, {}, (band,), {"shape": plain.flags < 0})], 4)
    assert isinstance(found, Explained)
    np.testing.assert_array_equal(found.expected[0].value, [np.nan, np.nan, 5.0, 6.0])
    np.testing.assert_array_equal(found.expected[0].high, [np.nan, np.nan, 6.0, 7.0])
    assert found.by["shape"].tolist() == [False, False, False, True]


@pytest.mark.parametrize("later", [[-1, -1, -1, -1], [1, 1, -1, -1]])
def test_a_seam_is_the_middle_where_no_row_is_normal_for_both(later: list[int]) -> None:
    assert seam(detection([-1, -1, 1, 1]), detection(later)) == 2
