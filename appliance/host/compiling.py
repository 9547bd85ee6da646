"""Says that the algorithms are being compiled, before a command that needs them seems to hang."""

from __future__ import annotations

import sys

from kernels import _jit


def announce() -> None:
    """Write a line to standard error if none is compiled yet; called before any kernel is imported."""
    if _jit.cache_writable and not any(_jit.CACHE_DIR.glob("*.nbi")):
        sys.stderr.write("first start: the algorithms are being compiled, which takes about a minute\n")
