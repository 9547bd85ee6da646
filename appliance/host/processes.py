"""Other programs, as this one starts them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


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
