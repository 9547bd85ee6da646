from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from appliance.files.draw.thinning import PER_PIXEL, gaps, since, visible

LEAST, MOST = -(2**63), 2**63 - 1


def naive(times: list[int], values: list[float], pixels: int) -> list[int]:
    """First, last, lowest and highest row of each pixel, one row at a time."""
    if len(times) <= PER_PIXEL * pixels:
        return list(range(len(times)))
    of_pixel: dict[int, list[int]] = {}
    for row, time in enumerate(times):
        pixel = min(int(float(time - times[0]) / float(times[-1] - times[0]) * pixels), pixels - 1)
        of_pixel.setdefault(pixel, []).append(row)
    keep = set()
    for rows in of_pixel.values():
        keep |= {rows[0], rows[-1], min(rows, key=lambda r: values[r]), max(rows, key=lambda r: values[r])}
    return sorted(keep)


@st.composite
def long_series(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    times = draw(st.lists(st.integers(LEAST, MOST), min_size=2, max_size=200, unique=True))
    values = arrays(np.float64, len(times), elements=st.floats(-1e300, 1e300))
    return np.array(sorted(times), np.int64), draw(values)


@given(long_series(), st.integers(1, 40))
def test_it_keeps_what_a_loop_keeps(series: tuple[np.ndarray, np.ndarray], pixels: int) -> None:
    times, values = series
    assert visible(times, values, pixels).tolist() == naive(times.tolist(), values.tolist(), pixels)


@given(long_series(), st.integers(1, 40))
def test_extremes_and_ends_survive(series: tuple[np.ndarray, np.ndarray], pixels: int) -> None:
    times, values = series
    rows = visible(times, values, pixels)
    assert len(rows) <= PER_PIXEL * pixels
    assert (np.diff(rows) > 0).all()
    assert rows[0] == 0
    assert rows[-1] == len(times) - 1
    assert values[rows].max() == values.max()
    assert values[rows].min() == values.min()


@pytest.mark.parametrize("spike", [0, 1, 17_345, 39_998, 39_999])
def test_a_single_spike_among_40000_rows_stays(spike: int) -> None:
    values = np.zeros(40_000)
    values[spike] = 1.0
    rows = visible(np.arange(40_000) * 1000, values, 500)
    assert spike in rows
    assert len(rows) <= 2000


def test_few_rows_are_all_kept() -> None:
    assert visible(np.arange(8), np.zeros(8), 2).tolist() == list(range(8))


def test_distances_do_not_overflow() -> None:
    assert since(np.array([LEAST, 0, MOST]), LEAST).tolist() == [0.0, 2.0**63, 2.0**64]
    assert since(np.array([5, 7]), 5).tolist() == [0.0, 2.0]


def test_gaps_are_where_rows_are_missing_and_wider_than_a_pixel() -> None:
    times = np.delete(np.arange(1000, dtype=np.int64), [100, *range(300, 400), *range(401, 500)])
    rows = np.arange(len(times))
    assert times[gaps(times, rows, 100)].tolist() == [400, 500]
    assert times[gaps(times, rows, 1000)].tolist() == [101, 400, 500]
    assert len(gaps(times[:2], rows[:2], 100)) == 0
    assert len(gaps(np.arange(50, dtype=np.int64), np.arange(50), 100)) == 0
