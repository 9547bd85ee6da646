"""Steps of the calendar as buckets that rows are put into: hours, days from midnight, weeks from Monday, months."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from appliance.files.calendar.frequency import BUSINESS, DAY, NANOSECOND, Frequency
from appliance.files.calendar.zones import Clock
from appliance.protocol.documents import BadRequest
from appliance.protocol.times import PER_SECOND
from kernels.contract import Series, Times

WEEK, MONDAY = 7, 3  # days; how many days before 1970-01-01 a week began
HOUR_NS = 3600 * 10**9


def starts(times: Times, unit: str, clock: Clock, frequency: Frequency, option: str = "--every") -> Times:
    """Return when the bucket of each time begins, int64 (n,) in `unit`.

    Buckets begin at midnight of 1970-01-01, months with their first day; by what the clocks on the wall show.

    Raises
    ------
    BadRequest : buckets of business days, or of less than the unit of the times.
    """
    if frequency.unit == BUSINESS:
        raise BadRequest(f"{option} {frequency}: rows cannot be put together by business days")
    walls = clock.wall(times, unit)
    if frequency.unit == NANOSECOND:
        step, rest = divmod(frequency.nanoseconds, 10**9 // PER_SECOND[unit])
        if rest:
            raise BadRequest(f"{option} {frequency} is no whole number of {unit}, the unit of the times")
        if HOUR_NS % frequency.nanoseconds == 0:
            return times - walls % step  # also in the hour that comes twice
        return clock.times(walls - walls % step, unit)
    per_day = PER_SECOND[unit] * 86_400
    days, count = walls // per_day, frequency.count
    if frequency.unit == DAY:
        first = MONDAY if count % WEEK == 0 else 0
        begins = (days + first) // count * count - first
    else:
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        begins = (months // count * count).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return clock.times(begins * per_day, unit)


def reduced(times: Times, columns: Mapping[str, Series], how: str) -> tuple[Times, dict[str, Series]]:
    """Make one row of those of one time; times int64 (n,), not decreasing."""
    first = np.flatnonzero(np.diff(times, prepend=times[0] - 1))
    if how in ("first", "last"):
        rows = first if how == "first" else np.append(first[1:], len(times)) - 1
        return times[first], {name: column[rows] for name, column in columns.items()}
    fold = {"min": np.minimum, "max": np.maximum}.get(how, np.add)
    found = {name: fold.reduceat(column, first) for name, column in columns.items()}
    if how == "mean":
        counts = np.diff(np.append(first, len(times)))
        found = {name: column / counts for name, column in found.items()}
    return times[first], found
