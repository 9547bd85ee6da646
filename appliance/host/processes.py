"""Other programs, as this one starts them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def program() -> list[str]:
    """Return how this program is called, whether it is one file or a source tree."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", __name__.partition(".")[0]]


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has, 0 if there is none."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for other programs: without the library folder of this one."""
    cleaned = dict(environment)
    cleaned.pop("LD_LIBRARY_PATH", None)
    original = cleaned.pop("LD_LIBRARY_PATH_ORIG", None)
    if original is not None:
        cleaned["LD_LIBRARY_PATH"] = original
    return cleaned
