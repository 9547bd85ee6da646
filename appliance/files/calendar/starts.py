"""The time that a forecast is to begin at, as users write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from appliance.files.calendar.axis import Axis
from appliance.protocol import times
from appliance.protocol.documents import BadRequest

_SHORT = (
    (re.compile(r"(\d{4})-(\d{2})"), "{}-{}-01"),
    (re.compile(r"(\d{4})-?W(\d{2})"), "{}-W{}-1"),
)
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])")
_DIGITS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d"}  # of a date; only where times come without a zone


def position(text: str, axis: Axis) -> int:
    """Return which step after the last row a time is, 1 or more.

    Raises
    ------
    BadRequest : it is no time, it is not after the last row, or no step of the axis leads there.
    """
    time = _moment(text.strip(), axis)
    found = axis.position(time)
    if found is not None and found >= 1:
        return found
    one, other = (axis.clock.shown(int(at), axis.unit) for at in axis.times(np.array([0, 1])))
    why = f"is not after the last row, {one}" if time <= axis.last else "does not continue the rows"
    raise BadRequest(f"start {text} {why}: the first step of {axis.frequency} leads to {other}")


def check(text: str) -> None:
    """Refuse what is no time for any series; raises BadRequest."""
    times.moment(_full(text.strip()), "ms")


def _full(text: str) -> str:
    """Return the first day of a month, a week or a quarter; other text as it is."""
    for pattern, full in _SHORT:
        if match := pattern.fullmatch(text):
            return full.format(*match.groups())
    if match := _QUARTER.fullmatch(text):
        return f"{match[1]}-{3 * int(match[2]) - 2:02}-01"
    return text


def _moment(text: str, axis: Axis) -> int:
    """Return a time in the unit of the axis: by its clock, unless the text has an offset of its own."""
    text = _full(text)
    if axis.clock.naive and text.isdecimal() and len(text) in _DIGITS:
        try:
            text = datetime.strptime(text, _DIGITS[len(text)]).replace(tzinfo=UTC).isoformat()
        except ValueError:
            raise BadRequest(f"start {text}: no date is written so") from None
        return _local(times.moment(text, axis.unit), axis)
    found = times.moment(text, axis.unit)
    without = not re.fullmatch(r"[+-]?\d+", text) and datetime.fromisoformat(text).tzinfo is None
    return _local(found, axis) if without else found


def _local(wall: int, axis: Axis) -> int:
    return int(axis.clock.times(np.array([wall], np.int64), axis.unit)[0])
