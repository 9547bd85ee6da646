"""The regular time axis that the rows of a series lie on: found in them, counted along, and continued.

Calendar steps have no fixed length, so rows are counted by what the clocks on the wall show: months by their number,
days by their date. All of it is arithmetic of the proleptic Gregorian calendar on whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.files.calendar.frequency import ANY, BEGIN, BUSINESS, DAY, DAY_NS, END, MONTH, NANOSECOND, Frequency
from appliance.files.calendar.zones import Clock
from appliance.protocol.documents import INT64, BadRequest
from appliance.protocol.times import GAP, PER_SECOND, rhythm
from kernels.contract import Times

FIRST_WEEKDAY, LAST_WEEKDAY, LAST_DAY = -1, -2, 31  # instead of the number of a day in a month
WORKDAYS, LEAST_WEEKENDS = 5, 2
ODD = 0.25  # share of the steps between dates that may be others than the usual one
CLOSE = 0.1  # how far a step that was asked for may be from the usual one
# what is half months, months, quarters or years by its length in days; refused where it is none by the calendar
CALENDAR_LIKE = ((14.5, 15.6), (27.5, 31.5), (89.0, 92.5), (364.5, 366.5))


@dataclass(frozen=True, slots=True)
class Axis:
    """A regular axis of times; the last row of the series has position 0, the next one 1.

    frequency : the step. last : the time of the last row, in `unit`. clock : what its days and months are told by.
    day : of MONTH steps: 1 to 31, of a shorter month its last; FIRST_WEEKDAY or LAST_WEEKDAY.
    """

    frequency: Frequency
    last: int
    unit: str
    clock: Clock
    day: int = 0

    @property
    def exact(self) -> bool:
        """Whether steps have one length, so that arithmetic of times does."""
        return self.frequency.unit == NANOSECOND or (self.frequency.unit == DAY and self.clock.zone is None)

    @property
    def step(self) -> int:
        """The length of a step in `unit`, nominal where it varies."""
        return max(self.frequency.nanoseconds * PER_SECOND[self.unit] // 10**9, 1)

    def times(self, positions: NDArray[np.int64]) -> Times:
        """Return the times of positions, int64 in `unit`; raises BadRequest beyond the range of a time stamp."""
        far = int(np.abs(positions).max(initial=0))
        if not INT64.min // 2 < abs(self.last) + far * self.step * 2 < INT64.max // 2:
            raise BadRequest(f"times leave the range of a timestamp: {far} steps of {self.frequency} from the last row")
        if self.exact:
            return self.last + self.step * positions
        per_day = PER_SECOND[self.unit] * 86_400
        day, time_of_day = divmod(int(self.clock.wall(np.array([self.last]), self.unit)[0]), per_day)
        count = self.frequency.count
        if self.frequency.unit == DAY:
            days = day + count * positions
        elif self.frequency.unit == BUSINESS:
            start = np.datetime64(day, "D")
            days = np.busday_offset(start, count * positions, roll="backward").astype(np.int64)
        else:
            month = np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64)
            days = _days_of(month + count * positions, self.day)
        return self.clock.times(days * per_day + time_of_day, self.unit)

    def positions(self, times: Times) -> NDArray[np.int64]:
        """Return the positions nearest to times, int64 (n,)."""
        if self.exact:
            return _nearest((times - self.last) / self.step)
        per_day = PER_SECOND[self.unit] * 86_400
        walls = self.clock.wall(np.append(times, self.last), self.unit)
        count = self.frequency.count
        if self.frequency.unit == DAY:
            return _nearest((walls[:-1] - walls[-1]) / (count * per_day))
        if self.frequency.unit == MONTH:
            numbers = (walls // per_day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        else:
            days = (walls // per_day).astype("datetime64[D]")
            numbers = np.busday_count(np.datetime64(0, "D"), days).astype(np.int64)
        return _nearest((numbers[:-1] - numbers[-1]) / count)

    def position(self, time: int) -> int | None:
        """Return the position of a time, None if the axis has none there."""
        given = np.array([time], np.int64)
        found = self.positions(given)
        return int(found[0]) if self.times(found)[0] == time else None


def find(times: Times, unit: str, clock: Clock, asked: Frequency | None = None, option: str = "--freq") -> Axis:
    """Return the axis that the rows of a series lie on.

    Parameters
    ----------
    times : int64 (n,) in `unit`, increasing, n >= 2.
    asked : what the user says the step is. option : how it is said.

    Raises
    ------
    BadRequest : no step is usual, or it is another one than what was asked for.
    """
    found = _months(times, unit, clock, asked) or _days(times, unit, clock) or _even(times, unit, clock)
    if asked is None:
        if found is None:
            raise BadRequest(_no_usual_step(times, unit, option))
        return found
    if asked.unit == NANOSECOND and asked.nanoseconds % (10**9 // PER_SECOND[unit]):
        raise BadRequest(f"{option} {asked} is no whole number of {unit}, the unit of the times")
    if found is None:
        return _of(asked, times, unit, clock)
    if (found.frequency.unit, found.frequency.count) == (asked.unit, asked.count):
        return found
    usual = found.step if not found.exact else rhythm(times).usual
    made = _of(asked, times, unit, clock)
    alike = asked.unit in (NANOSECOND, DAY) or found.frequency.unit == MONTH == asked.unit
    if alike and abs(made.step - usual) <= CLOSE * usual:
        return made
    raise BadRequest(f"{option} {asked} does not continue the rows: their usual step is {found.frequency}")


def _of(frequency: Frequency, times: Times, unit: str, clock: Clock) -> Axis:
    """Return the axis of a frequency that ends with the last row."""
    per_day = PER_SECOND[unit] * 86_400
    day = 0
    if frequency.unit == MONTH:
        days = (clock.wall(times[-1:], unit) // per_day).astype("datetime64[D]")
        day = LAST_DAY if frequency.day == END else int((days - days.astype("datetime64[M]")).astype(np.int64)[0]) + 1
    return Axis(frequency, int(times[-1]), unit, clock, day)


def _months(times: Times, unit: str, clock: Clock, asked: Frequency | None) -> Axis | None:
    """Return the axis of rows that are whole months apart, and lie on one day of the month."""
    days = _dates(times, unit, clock, 27)
    if days is None:
        return None
    months = days.astype("datetime64[M]").astype(np.int64)
    steps = np.diff(months)
    count = _usual(steps)
    day_of_month = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    largest = int(day_of_month.max())
    constant = (day_of_month == largest).all()
    end = asked is not None and asked.day == END
    rules = [LAST_DAY] if end else [largest] if constant and largest < 29 else [LAST_DAY, largest]
    numbers = days.astype(np.int64)
    for rule in (*rules, FIRST_WEEKDAY, LAST_WEEKDAY):
        if count and (_days_of(months, rule) == numbers).all():
            said = BEGIN if rule == 1 else END if rule == LAST_DAY else ANY
            return Axis(Frequency(count, MONTH, said), int(times[-1]), unit, clock, rule)
    return None


def _days(times: Times, unit: str, clock: Clock) -> Axis | None:
    """Return the axis of rows that are whole days apart, by the calendar; of working days where no other occurs."""
    days = _dates(times, unit, clock, 0)
    if days is None:
        return None
    numbers = days.astype(np.int64)
    steps = np.diff(numbers)
    weekdays = (numbers + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    fridays = weekdays[:-1] == WORKDAYS - 1
    if (weekdays < WORKDAYS).all() and fridays.sum() >= LEAST_WEEKENDS and np.median(steps) == 1:
        over = steps[fridays] == 3
        if 2 * over.sum() > fridays.sum():
            return Axis(Frequency(1, BUSINESS), int(times[-1]), unit, clock)
    count = _usual(steps)
    return Axis(Frequency(count, DAY), int(times[-1]), unit, clock) if count else None


def _even(times: Times, unit: str, clock: Clock) -> Axis | None:
    """Return the axis of rows that are about equally far apart, None if most of them are not."""
    found = rhythm(times)
    per_day = PER_SECOND[unit] * 86_400
    odd = (np.diff(times) != found.usual).any()
    if found.none or (odd and any(low < found.usual / per_day < high for low, high in CALENDAR_LIKE)):
        return None
    days = _dates(times, unit, clock, 1)
    if days is not None:  # such as the 1st and the 15th of each month, or Mondays and Thursdays
        steps = np.diff(days.astype(np.int64))
        if (steps % np.median(steps) != 0).mean() > ODD:
            return None
    step = found.usual * (10**9 // PER_SECOND[unit])
    frequency = Frequency(step // DAY_NS, DAY) if step % DAY_NS == 0 and clock.zone is None else None
    return Axis(frequency or Frequency(step, NANOSECOND), int(times[-1]), unit, clock)


def _dates(times: Times, unit: str, clock: Clock, least: int) -> NDArray[np.datetime64] | None:
    """Return the dates of rows that are more than `least` days apart, at one time of the day; else None."""
    per_day = PER_SECOND[unit] * 86_400
    if len(times) < 2 or times[-1] - times[0] < (len(times) - 1) * least * per_day:
        return None
    days, time_of_day = np.divmod(clock.wall(times, unit), per_day)
    if (np.diff(days) <= least).any():
        return None
    if (time_of_day != time_of_day[0]).any():  # unless it is one that the clocks skip on some day
        usual = days * per_day + int(np.median(time_of_day))
        if clock.zone is None or (clock.times(usual, unit) != times).any():
            return None
    dates: NDArray[np.datetime64] = days.astype("datetime64[D]")
    return dates


def _nearest(steps: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(steps).astype(np.int64)


def _usual(steps: NDArray[np.int64]) -> int:
    """Return the usual one of some whole steps, 0 if others are no multiples of it or if most are longer."""
    usual = int(np.median(steps))
    if usual < 1 or (steps % usual).any() or 2 * (steps > GAP * usual).sum() > len(steps):
        return 0
    return usual


def _days_of(months: NDArray[np.int64], day: int) -> NDArray[np.int64]:
    """Return a day of each month, in days since 1970: of a shorter month the last one."""
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    last = (months + 1).astype("datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    if day == FIRST_WEEKDAY:
        return np.busday_offset(first, 0, roll="forward").astype(np.int64)
    if day == LAST_WEEKDAY:
        return np.busday_offset(last, 0, roll="backward").astype(np.int64)
    return np.minimum(first.astype(np.int64) + day - 1, last.astype(np.int64))


def _no_usual_step(times: Times, unit: str, option: str) -> str:
    found = rhythm(times)
    usual = Frequency(found.usual * (10**9 // PER_SECOND[unit]), NANOSECOND)
    if found.none:
        return (
            f"the times have no usual step: {found.gaps + found.short} of {found.steps} steps are far from the median, "
            f"{usual}; {option} sets one"
        )
    if usual.nanoseconds < 13 * DAY_NS:
        return f"the times are dates with unequal steps, {usual} is the median; {option} sets one"
    return (
        f"the times are about {usual.nanoseconds / DAY_NS:.0f} days apart, but at no fixed day of the calendar in UTC: "
        f"--tz names the zone of their midnights, or {option} sets a step"
    )
