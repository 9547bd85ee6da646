"""What messages and lines of logs have in common."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def on_one_line(text: str) -> str:
    """Spell out what a terminal or a log would not show as a character."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return what to add to a message about an unknown word; nothing if no known one is close."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
