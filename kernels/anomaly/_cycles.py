"""How long the stretches are that a series is judged by: what recurs, in rows, and windows of that size."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.contract import Series, TooShort
from kernels.numerics.period import Season, find_period, season_length, season_option
from kernels.numerics.rhythm import find_rhythm

LONGEST_CYCLE = 400  # rows: what is longer is looked at in pieces
UNKNOWN_CYCLE = 64  # rows of a window where nothing recurs
LEAST_STRETCH = 16
FIND: tuple[Season, ...] = ("auto", 0)
STRETCHES = 8  # in a series, at least


@dataclass(frozen=True, slots=True)
class Cycles:
    """What recurs in a series of `rows` rows.

    rhythm : rows from one recurrence to the next, be they a little irregular; 0 for none.
    season : rows in a season that keeps its length, 0 for none.
    """

    rows: int
    rhythm: int
    season: int

    @classmethod
    def of(cls, x: Series, period: Season) -> Cycles:
        """Find them in a centred series, or take what a user says of both; raises TooShort for less than two cycles."""
        season = season_of(x, period)
        return cls(len(x), find_rhythm(x) if period in FIND else season, season)

    @property
    def usual(self) -> int:
        """Rows of a window that holds one cycle, if it can."""
        return self.rhythm if 0 < self.rhythm < LONGEST_CYCLE else UNKNOWN_CYCLE

    @property
    def stretch(self) -> int:
        """Rows of the stretches whose highest scores are compared; events nearer to each other are one."""
        return max(1, min(max(LEAST_STRETCH, self.usual), self.rows // STRETCHES))


def season_of(x: Series, period: Season) -> int:
    """Return the rows in the season of a centred series, 0 for none; raises TooShort for less than two cycles told."""
    if period in FIND:
        return find_period(x)
    told = season_length(period, x)
    if 2 * told >= len(x):
        raise TooShort(f"more than two cycles are needed, got {len(x)} rows with period {told}")
    return told


def period_option() -> Season:
    """Declare the option ``period`` of these detectors."""
    declared: Season = season_option(doc="rows in a cycle; 0 or auto: found; 1 or none: there is none")
    return declared
