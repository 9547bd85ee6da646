"""Arguments of calls from Python: several names or levels in the forms that Python has, and what must be refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from appliance.analysis.kinds import BY_NAME
from appliance.files.calendar import zones
from appliance.files.calendar.zones import Zone
from appliance.files.read.columns import joined
from appliance.files.run.arguments import DUPLICATES, FILLS
from appliance.files.series import UsageError

Names = str | Sequence[str] | None
_FIXED = re.compile("(?:UTC|GMT)?([+-])([0-9]{2}):?([0-9]{2})")  # an offset from UTC
# what an argument may be, where the commands' parser would tell
WORDS = {
    "duplicates": DUPLICATES,
    "fill": FILLS,
    "precision": ("s", "ms", "us", "ns"),
    "decimal": (".", ","),
    "errors": ("raise", "warn"),
}
COUNTS = ("last", "threads")  # whole numbers from 1


def check(kind: str, algorithm: Any, more: Mapping[str, Any]) -> None:
    """Refuse a kind, a name or a value that there is not; raises UsageError."""
    if kind not in BY_NAME:
        raise UsageError(f"kind must be one of {', '.join(BY_NAME)}, got {kind!r}")
    if not isinstance(algorithm, str):
        raise UsageError(f"algo must be the name of an algorithm, got {algorithm!r}")
    for name, words in WORDS.items():
        if more.get(name) is not None and more[name] not in words:
            raise UsageError(f"{name} must be {', '.join(words[:-1])} or {words[-1]}, got {more[name]!r}")
    for name in COUNTS:
        said = more.get(name)
        if said is not None and not (isinstance(said, (int, np.integer)) and said >= 1):
            raise UsageError(f"{name} must be a whole number of at least 1, got {said!r}")


def names(said: Any) -> str | None:
    """Return names of columns as the commands take them."""
    if said is None or isinstance(said, str):
        return said
    return joined([str(one) for one in said] if isinstance(said, (Sequence, np.ndarray)) else [str(said)])


def levels(conf: Any) -> list[float]:
    """Return the levels of intervals, one or several; raises UsageError."""
    try:
        found = np.atleast_1d(np.asarray(conf, dtype=np.float64)).tolist()
    except (TypeError, ValueError):
        found = []
    if not found or not all(0.0 < level <= 100.0 for level in found):
        raise UsageError(f"conf must be a number in (0, 100], or several, got {conf!r}")
    return list(found)


def zone(name: str) -> Zone:
    """Return the time zone of a column, also one that is a number of hours from UTC; raises UsageError."""
    fixed = _FIXED.fullmatch(name)
    if not fixed:
        return zones.zone(name)
    if fixed[3] != "00":
        raise UsageError(f"the time zone {name} is no whole number of hours; one with a name is needed, such as UTC")
    return zones.zone(f"Etc/GMT{'-' if fixed[1] == '+' else '+'}{int(fixed[2])}")  # POSIX counts westward
