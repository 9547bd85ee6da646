"""Waiting for what another thread or process does: for a condition, never for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 60.0  # generous: reached only by what will never happen


def until(condition: Callable[[], object], what: str) -> None:
    """Return once the condition holds; fail if it never does, saying what was waited for."""
    due = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < due, f"waited {WITHIN_S:.0f} s for {what}"
        time.sleep(0.01)
