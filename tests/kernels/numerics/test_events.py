from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.events import coded_runs, flags_of, join_runs, peaks, strongest, strongest_rows, trimmed, without


def naive(unusual: np.ndarray, gap: int) -> list[list[int]]:
    events: list[list[int]] = []
    for row in np.flatnonzero(unusual).tolist():
        if events and row - events[-1][1] < gap:
            events[-1][1] = row + 1
        else:
            events.append([row, row + 1])
    return events


@pytest.mark.parametrize("gap", [1, 2, 5, 100])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.7, 1.0])
def test_runs_are_joined_as_naively(gap: int, share: float) -> None:
    unusual = np.random.default_rng(gap).random(60) < share
    assert join_runs(unusual, gap).tolist() == naive(unusual, gap)


@pytest.mark.parametrize("seed", range(4))
def test_runs_of_one_code_are_told_apart_as_naively(seed: int) -> None:
    codes = np.random.default_rng(seed).choice([1, 1, -1, -2], 40).astype(np.int8) if seed else np.empty(0, np.int8)
    rows = [row for row in range(len(codes)) if codes[row] != 1]
    begins = [row for row in rows if row == 0 or codes[row - 1] != codes[row]]
    ends = [row + 1 for row in rows if row + 1 == len(codes) or codes[row + 1] != codes[row]]
    found, code = coded_runs(codes)
    assert found.tolist() == [list(span) for span in zip(begins, ends, strict=True)]
    assert code.tolist() == codes[begins].tolist()


def test_flags_are_minus_one_within_events_only() -> None:
    events = np.array([[1, 3], [5, 6]])
    assert flags_of(events, 7).tolist() == [1, -1, -1, 1, 1, -1, 1]
    assert flags_of(np.empty((0, 2), np.int64), 2).tolist() == [1, 1]


def test_the_peak_is_the_first_highest_row() -> None:
    score = np.array([0.0, 2.0, 5.0, 5.0, 9.0])
    assert peaks(np.array([[0, 4], [4, 5]]), score).tolist() == [2, 4]


def test_the_strongest_are_kept_in_order() -> None:
    score = np.array([3.0, 0.0, 1.0, 0.0, 2.0])
    events = np.array([[0, 1], [2, 3], [4, 5]])
    assert strongest(events, score, 2).tolist() == [[0, 1], [4, 5]]
    assert strongest(events, score, 3).tolist() == events.tolist()


def test_edges_are_trimmed_but_the_peak_stays() -> None:
    score = np.zeros(40)
    score[[20, 31]] = 1.0
    assert trimmed(np.array([[10, 30], [31, 33]]), score, 4).tolist() == [[14, 26], [31, 33]]
    assert trimmed(np.array([[10, 30]]), score, 15).tolist() == [[19, 22]]
    assert trimmed(np.empty((0, 2), np.int64), score, 4).tolist() == []


def test_events_that_meet_others_are_left_out() -> None:
    events = np.array([[0, 5], [10, 20], [30, 40]])
    others = np.array([[5, 7], [12, 13], [15, 16], [39, 50]])
    assert without(events, others).tolist() == [[0, 5]]
    assert without(events, np.array([[4, 5], [60, 61]])).tolist() == [[10, 20], [30, 40]]
    assert without(events, np.empty((0, 2), np.int64)).tolist() == events.tolist()
    assert without(np.empty((0, 2), np.int64), others).tolist() == []


def test_the_strongest_are_kept_that_fill_so_many_rows() -> None:
    score = np.array([3.0, 3.0, 0.0, 1.0, 0.0, 2.0])
    events = np.array([[0, 2], [3, 4], [5, 6]])
    assert strongest_rows(events, score, 3).tolist() == [[0, 2], [5, 6]]
    assert strongest_rows(events, score, 1).tolist() == [[0, 2]]
    assert strongest_rows(np.empty((0, 2), np.int64), score, 1).tolist() == []
