"""Time zones, for whole arrays: from instants to what the clocks on the wall show, and back."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from appliance.protocol.documents import BadRequest
from appliance.protocol.times import EPOCH, PER_SECOND
from kernels.contract import Times

FIRST_YEAR, LAST_YEAR = 1800, 2400  # beyond, the clocks stay as they are there


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its name, such as Europe/Berlin."""

    name: str

    def wall(self, instants: Times, unit: str) -> Times:
        """Return what the clocks show at instants: int64 in `unit`, as if it were UTC."""
        return instants + self.offsets(instants, unit)

    def offsets(self, instants: Times, unit: str) -> Times:
        """Return how far the clocks are ahead of UTC at instants, int64 in `unit`."""
        changes, offsets = _changes(self.name, *_years(instants, unit))
        per_second = PER_SECOND[unit]
        return offsets[np.searchsorted(changes * per_second, instants, side="right")] * per_second

    def instants(self, wall: Times, unit: str) -> Times:
        """Return the instants at which the clocks show what is given, int64 (n,), in the order of the rows.

        An hour that the clocks skip is read as if they had not been put forward yet. Of one that comes twice, rows are
        read as the first until they go back or repeat, and then as the second.
        """
        changes, offsets = _changes(self.name, *_years(wall, unit))
        per_second = PER_SECOND[unit]
        before, after = (changes + offsets[:-1]) * per_second, (changes + offsets[1:]) * per_second
        early, late = (
            wall - offsets[np.searchsorted(bound, wall, side="right")] * per_second
            for bound in (np.maximum(before, after), np.minimum(before, after))
        )
        found = early.copy()
        for begin, end in _runs(late > early):
            back = np.flatnonzero(np.diff(wall[begin:end]) <= 0)
            if len(back):
                found[begin + back[0] + 1 : end] = late[begin + back[0] + 1 : end]
        return found


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of a file are meant.

    zone : where days begin; None for UTC. naive : the times come without a zone, and are written so.
    """

    zone: Zone | None = None
    naive: bool = False

    def wall(self, times: Times, unit: str) -> Times:
        """Return what the clocks show at these times."""
        return self.zone.wall(times, unit) if self.zone else times

    def times(self, wall: Times, unit: str) -> Times:
        """Return the times at which the clocks show what is given."""
        return self.zone.instants(wall, unit) if self.zone else wall

    def shown(self, time: int, unit: str) -> str:
        """Return a time as ISO 8601, as it is written in results."""
        array = np.array([time], np.int64)
        text = str(self.wall(array, unit).view(f"datetime64[{unit}]")[0])
        if self.naive:
            return text
        return text + (offset_text(int(self.zone.offsets(array, unit)[0]), unit) if self.zone else "Z")


def offset_text(offset: int, unit: str) -> str:
    """Return an offset from UTC as ISO 8601 writes it, to the minute."""
    hours, minutes = divmod(abs(offset) // PER_SECOND[unit] // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def zone(name: str) -> Zone:
    """Return a zone by its name; raises BadRequest if there is none."""
    known = available_timezones()
    if name in known:
        return Zone(name)
    near = difflib.get_close_matches(name, known, n=1) or [one for one in sorted(known) if name.lower() in one.lower()]
    hint = f", did you mean {near[0]}?" if near else "; a name such as Europe/Berlin is expected"
    raise BadRequest(f"--tz {name}: there is no such time zone{hint}")


def _years(times: Times, unit: str) -> tuple[int, int]:
    """Return the first and the last year that times touch, with one more at each side."""
    bounds = np.array([times.min(), times.max()]).view(f"datetime64[{unit}]").astype("datetime64[Y]").astype(np.int64)
    first, last = np.clip(bounds + 1970, FIRST_YEAR, LAST_YEAR).tolist()
    return first - 1, last + 1


@functools.lru_cache(maxsize=64)
def _changes(name: str, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when the clocks were changed, in seconds since 1970, and the offsets before, between and after."""
    found = [change for year in range(first, last + 1) for change in _changes_of(name, year)]
    start = _offset(ZoneInfo(name), int(datetime(first, 1, 1, tzinfo=UTC).timestamp()))
    return np.array([at for at, _ in found], np.int64), np.array([start, *(offset for _, offset in found)], np.int64)


@functools.lru_cache(maxsize=2048)
def _changes_of(name: str, year: int) -> list[tuple[int, int]]:
    """Return the changes of a year: instant and new offset, in seconds."""
    zone, day = ZoneInfo(name), 86_400
    begin, end = (int(datetime(one, 1, 1, tzinfo=UTC).timestamp()) for one in (year, year + 1))
    found, offset = [], _offset(zone, begin)
    for morning in range(begin, end, day):
        if (changed := _offset(zone, morning + day)) != offset:
            low, high = morning, morning + day
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            found.append((high, changed))
            offset = changed
    return found


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return round((offset or timedelta()).total_seconds())


def _runs(mask: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """Return begin and end of each run of true."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
