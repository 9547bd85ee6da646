"""Times and steps: as users write them, as they are shown, and how regular they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from appliance.protocol.documents import INT64, BadRequest
from kernels.contract import Task, Times

PER_SECOND = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
# TDengine's units of a duration, in nanoseconds
DURATIONS = {
    "b": 1,
    "u": 1_000,
    "a": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 7 * 86_400 * 10**9,
}
_DURATION = re.compile(r"\s*(\d+)\s*([buasmhdw]?)\s*")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GAP = 1.5  # a step this many times the usual one has room for a missing row


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How regular the times of a series are.

    usual : the median step. gaps : steps that are clearly longer. short : steps less than half as long.
    """

    usual: int
    gaps: int
    short: int
    steps: int

    @property
    def none(self) -> bool:
        """Whether no step can be called usual."""
        return 2 * (self.gaps + self.short) > self.steps


def rhythm(times: Times) -> Rhythm:
    """Look at the steps between at least two increasing times."""
    steps = np.diff(times)
    if (steps == steps[0]).all() and steps[0] > 0:  # as it mostly is; a median takes ten times as long
        return Rhythm(int(steps[0]), 0, 0, len(steps))
    usual = max(int(np.median(steps)), 1)
    return Rhythm(usual, int((steps > GAP * usual).sum()), int((steps < usual / 2).sum()), len(steps))


def usual_step(data: Task, option: str) -> int:
    """Return the usual step of a task's times.

    option : what the user may say instead.

    Raises
    ------
    BadRequest : no step can be called usual.
    """
    found = rhythm(data.times)
    if found.none:
        raise BadRequest(
            f"the times have no usual step: {found.gaps + found.short} of {found.steps} steps are far from the "
            f"median, {lasting(found.usual, data.unit)}; {option} sets one"
        )
    return found.usual


def duration(text: str, precision: str) -> int:
    """Return a step such as ``10s``, ``5m`` or a number in units of `precision`, in that unit; raises BadRequest."""
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise BadRequest(f"every {text}: a number with one of {', '.join(DURATIONS)} is expected, such as 5m")
    if not match[2]:
        return int(match[1])
    unit = 10**9 // PER_SECOND[precision]
    whole, rest = divmod(int(match[1]) * DURATIONS[match[2]], unit)
    if rest:
        raise BadRequest(f"every {text} is no whole number of {precision}, the unit of the times")
    return whole


def moment(text: str, precision: str) -> int:
    """Return a time written as ISO 8601 (UTC unless it says otherwise) or as an integer; raises BadRequest."""
    if re.fullmatch(r"[+-]?\d+", text.strip()):
        found = int(text)
    else:
        try:
            time = datetime.fromisoformat(text.strip())
        except ValueError:
            raise BadRequest(f"start {text}: a time such as 2026-01-01T00:00:00Z or an integer is expected") from None
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        found = (time - EPOCH) // timedelta(microseconds=1) * PER_SECOND[precision] // PER_SECOND["us"]
    if not INT64.min <= found <= INT64.max:
        raise BadRequest(f"start {text} leaves the range of a timestamp in {precision}")
    return found


def shown(time: int, precision: str) -> str:
    """Return a time as ISO 8601 in UTC, with as many digits as its unit has."""
    return f"{np.array(time, dtype=f'datetime64[{precision}]')}Z"


def lasting(step: int, precision: str) -> str:
    """Return a step in the largest unit that it is a whole number of."""
    nanoseconds = step * (10**9 // PER_SECOND[precision])
    unit = max((u for u in DURATIONS if nanoseconds % DURATIONS[u] == 0), key=lambda u: DURATIONS[u])
    return f"{nanoseconds // DURATIONS[unit]}{unit}"
