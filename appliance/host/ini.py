"""Reads an ini file as a list of the lines that say something, each with its number.

The syntax is that of the standard `configparser`, asked one line at a time: that keeps line numbers and repeated
keys, and an indented key is a key, not the continuation of the value above it. Nothing is interpolated: what looks
like ``%(name)`` or ``$(NAME)`` stays as it is.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

_HERE = "section of the line"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key = value``; a line without ``=`` has the value None.

    section : as spelled, empty before the first one.
    key : lower case.
    """

    section: str
    key: str
    value: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no ini syntax."""

    line: int
    text: str


def read(path: Path) -> list[Entry | Unreadable]:
    """Return what a file says, in file order; raises OSError."""
    found: list[Entry | Unreadable] = []
    section = ""
    # a comment in some older encoding does no harm; in a value the replacement character gives it away
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").split("\n"), 1):
        parser = configparser.ConfigParser(
            interpolation=None, strict=False, allow_no_value=True, inline_comment_prefixes=(";", "#")
        )
        try:
            parser.read_string(f"[{_HERE}]\n{line.strip()}")
            heading = parser.sections()[1:]
            if line.lstrip().startswith("[") and not heading:
                raise configparser.ParsingError(str(path))
        except configparser.Error:
            found.append(Unreadable(number, line.strip()))
            continue
        section = heading[0] if heading else section
        found += [Entry(section, key, value, number) for key, value in parser.items(_HERE)]
    return found
