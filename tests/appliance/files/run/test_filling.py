from __future__ import annotations

import numpy as np
import pytest

from appliance.files.calendar import axis
from appliance.files.calendar.zones import Clock
from appliance.files.run import filling
from appliance.files.series import FileSeries
from appliance.protocol.documents import BadRequest

MINUTE = 60_000


def never() -> bool:
    return False


def series(places: list[int], jitter: int = 0) -> FileSeries:
    times = MINUTE * np.array(places, np.int64) + np.random.default_rng(1).integers(0, jitter + 1, len(places))
    return FileSeries("", times, "ms", {"v": np.array(places, np.float64)})


def even(one: FileSeries, how: str | None) -> tuple[FileSeries, str]:
    return filling.even(one, axis.find(one.times, "ms", Clock()), how, never)


GAPPY = [*range(20), *range(23, 40)]


@pytest.mark.parametrize(
    ("how", "filled"),
    [("linear", [20.0, 21.0, 22.0]), ("previous", [19.0] * 3), ("zero", [0.0] * 3), ("kalman", [20.0, 21.0, 22.0])],
)
def test_every_way_to_fill(how: str, filled: list[float]) -> None:
    found, told = even(series(GAPPY), how)
    np.testing.assert_allclose(found.columns["v"][20:23], filled, atol=0.3)
    np.testing.assert_array_equal(found.times, MINUTE * np.arange(40))
    assert told == f"3 rows in 1 gap filled by {how}, the usual step is 1m"


def test_what_has_no_gaps_or_is_to_have_them_stays_as_it_is() -> None:
    whole, gappy = series(list(range(40))), series(GAPPY)
    assert even(whole, None) == (whole, "")
    assert even(gappy, "none") == (gappy, "")


def test_jitter_is_no_gap_and_a_clock_that_is_off_drifts_nowhere() -> None:
    one = series(GAPPY, jitter=5000)
    assert len(even(one, "linear")[0].times) == 40
    times = np.delete((60_000.6 * np.arange(30_000)).astype(np.int64), [500])
    slow = FileSeries("", times, "ms", {"v": np.zeros(len(times))})
    assert len(filling.even(slow, axis.find(times, "ms", Clock()), "zero", never)[0].times) == 30_000


@pytest.mark.parametrize(
    ("places", "how", "message"),
    [
        ([*range(20), *range(40, 60)], None, "20 of 60 rows at steps of 1m are missing, more than 30 %: --fill says"),
        ([*range(20), *range(50_000, 50_020)], "zero", "at most 40000 rows can be analysed"),
    ],
)
def test_too_much_is_not_filled(places: list[int], how: str | None, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        even(series(places), how)


def test_rows_closer_than_a_step_are_filled_only_where_that_is_meant() -> None:
    one = series([*range(20), *range(23, 40)])
    times = one.times.copy()
    times[5] -= 50_000
    one = FileSeries("", times, "ms", one.columns)
    assert even(one, None) == (one, "")
    with pytest.raises(BadRequest, match="--fill zero: row 6 is less than half a step of 1m after the row before"):
        even(one, "zero")
