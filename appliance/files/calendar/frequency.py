"""Frequencies as users write them: ``15m``, ``1mo``, ``QE``, ``B``, ``1 month``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance.protocol.documents import BadRequest

NANOSECOND, DAY, MONTH, BUSINESS = "ns", "day", "month", "business"
DAY_NS = 86_400 * 10**9
END, BEGIN, ANY = "end", "begin", ""  # which day of a month

# word -> how many of which unit. Where the case matters (m, M) the word is spelled out, otherwise in lower case.
_WORDS: dict[str, tuple[int, str, str]] = {
    **dict.fromkeys(("ns", "b", "nanosecond", "nanoseconds"), (1, NANOSECOND, ANY)),
    **dict.fromkeys(("us", "u", "microsecond", "microseconds"), (10**3, NANOSECOND, ANY)),
    **dict.fromkeys(("ms", "a", "l", "millisecond", "milliseconds"), (10**6, NANOSECOND, ANY)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), (10**9, NANOSECOND, ANY)),
    **dict.fromkeys(("m", "t", "min", "minute", "minutes"), (60 * 10**9, NANOSECOND, ANY)),
    **dict.fromkeys(("h", "hour", "hours"), (3600 * 10**9, NANOSECOND, ANY)),
    **dict.fromkeys(("d", "day", "days"), (1, DAY, ANY)),
    **dict.fromkeys(("w", "week", "weeks"), (7, DAY, ANY)),
    **dict.fromkeys(("mo", "mon", "n", "month", "months"), (1, MONTH, ANY)),
    **dict.fromkeys(("q", "quarter", "quarters"), (3, MONTH, ANY)),
    **dict.fromkeys(("y", "year", "years"), (12, MONTH, ANY)),
    **dict.fromkeys(("bd", "business day", "business days"), (1, BUSINESS, ANY)),
    "me": (1, MONTH, END),
    **dict.fromkeys(("qe",), (3, MONTH, END)),
    **dict.fromkeys(("ye",), (12, MONTH, END)),
    **dict.fromkeys(("qs",), (3, MONTH, BEGIN)),
    **dict.fromkeys(("ys", "as"), (12, MONTH, BEGIN)),
}
_CASED = {"MS": (1, MONTH, BEGIN), "M": (1, MONTH, ANY), "B": (1, BUSINESS, ANY), "BD": (1, BUSINESS, ANY)}
_FREQUENCY = re.compile(r"(?:interval )?'?([0-9]{0,9})\s*([a-z]+(?: [a-z]+)?)(?:-[a-z]{3})?'?", re.IGNORECASE)
_SHOWN = {
    NANOSECOND: ((7 * DAY_NS, "w"), (DAY_NS, "d"), (3600 * 10**9, "h"), (60 * 10**9, "m"), (10**9, "s"), (10**6, "ms"),
                 (10**3, "us"), (1, "ns")),
    DAY: ((7, "w"), (1, "d")),
    MONTH: ((12, "y"), (3, "q"), (1, "mo")),
    BUSINESS: ((1, " business day"),),
}  # fmt: skip
_NOMINAL = {NANOSECOND: 1, DAY: DAY_NS, MONTH: 30 * DAY_NS, BUSINESS: DAY_NS}  # nanoseconds


@dataclass(frozen=True, slots=True)
class Frequency:
    """How far apart rows are.

    count : how many of `unit`: NANOSECOND, DAY (from local midnight to midnight), MONTH or BUSINESS day.
    day : of a month: END or BEGIN where that was said, else ANY.
    """

    count: int
    unit: str
    day: str = ANY

    def __str__(self) -> str:
        size, word = next((size, word) for size, word in _SHOWN[self.unit] if self.count % size == 0)
        return f"{self.count // size}{word}"

    @property
    def nanoseconds(self) -> int:
        """About how long a step is; exactly, if its unit is NANOSECOND."""
        return self.count * _NOMINAL[self.unit]


def parse(text: str, option: str) -> Frequency:
    """Read a frequency in the spellings of TDengine, duckdb and pandas; raises BadRequest.

    ``m`` is a minute and ``M`` a month; ``b`` a nanosecond and ``B`` a business day.
    """
    match = _FREQUENCY.fullmatch(text.strip())
    found = match and (_CASED.get(match[2]) or _WORDS.get(match[2].lower()))
    number = int(match[1] or 1) if match else 0
    if not found or not number:
        raise BadRequest(f"{option} {text}: a step such as 15m, 1h, 1d, 1w, 1mo, 1q, 1y or B is expected")
    size, unit, day = found
    return Frequency(number * size, unit, day)
