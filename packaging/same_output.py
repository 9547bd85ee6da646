"""Whether a command has printed what a page shows, but for what is never the same twice."""

from __future__ import annotations

import json
import math
import re
from typing import Any

# times, numbers of processes and of requests, places of files
_MASKED = re.compile(
    r"process \d+|output \S+|\(\d+\.\d+s\)|\bms=[\d.]+|\[\d+\]|\b\d+-\d+(?= 127\.0\.0\.1 )"
    r"|\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}\b"
)
_SECONDS = "seconds"  # the column of comparisons
_PRECISION = 1e-4  # of numbers: another processor may round their last digit otherwise
_WIDTH = 118  # of a line of JSON


def same(shown: str, seen: str) -> bool:
    """Tell whether both say the same: JSON by its values, anything else cell by cell."""
    one, other = _values(shown), _values(seen)
    if one is not None and other is not None:
        return _same_values(one, other)
    lines, others = _comparable(shown), _comparable(seen)
    return len(lines) == len(others) and all(map(_same_cells, lines, others))


def wrapped(seen: str) -> str:
    """Return JSON in lines that a page can show, and anything else as it is."""
    if _values(seen) is None:
        return seen
    return "\n ".join(re.findall(rf".{{1,{_WIDTH}}}(?:,|$)", seen))


def _values(text: str) -> dict[str, Any] | list[Any] | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        values: dict[str, Any] | list[Any] = json.loads(text.replace("\n ", ""))
    except ValueError:
        return None
    return values


def _same_values(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(map(_same_values, one.values(), other.values()))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same_values, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_PRECISION)
    return type(one) is type(other) and one == other  # 1 is no true


def _comparable(text: str) -> list[list[str]]:
    lines = [re.split(r"[\s,]+", _MASKED.sub("~", line).strip()) for line in text.splitlines()]
    for line in lines:
        if _SECONDS in line:  # those that have no time have no such cell
            place, length = line.index(_SECONDS), len(line)
            return [line[:place] + line[place + 1 :] if len(line) == length else line for line in lines]
    return lines


def _same_cells(shown: list[str], seen: list[str]) -> bool:
    return len(shown) == len(seen) and all(map(_same_cell, shown, seen))


def _same_cell(shown: str, seen: str) -> bool:
    try:
        return shown == seen or math.isclose(float(shown), float(seen), rel_tol=_PRECISION)
    except ValueError:
        return False
