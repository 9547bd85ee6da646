"""How wide text is on a terminal."""

from __future__ import annotations

import unicodedata


def columns_of(text: str) -> int:
    """Return how many columns text takes; characters of East Asian scripts take two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
