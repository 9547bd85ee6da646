"""Other programs, as this one starts them."""

from __future__ import annotations

from collections.abc import Mapping


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for other programs: without the library folder of this one."""
    cleaned = dict(environment)
    cleaned.pop("LD_LIBRARY_PATH", None)
    original = cleaned.pop("LD_LIBRARY_PATH_ORIG", None)
    if original is not None:
        cleaned["LD_LIBRARY_PATH"] = original
    return cleaned
