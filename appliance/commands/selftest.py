"""Run every algorithm on built-in data, compare with the stored answers, and check that no kernel was compiled.

The answers are those of the source tree when it was released; `--record` writes them anew from the source tree.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EXIT_STATUS = {0: "every answer is as stored", 1: "an answer differs, or a kernel was compiled"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the answers of now instead of comparing")


def run(given: argparse.Namespace) -> int:
    """Return 0 when every answer is as stored and every kernel came from the cache."""
    from appliance.analysis import selftest
    from kernels import _jit

    if given.record:
        selftest.write(given.record, selftest.compute())
        return 0
    problems = selftest.differences(selftest.compute(), selftest.stored(), complete=_jit.FROZEN)
    compiled = _jit.compiled_now() if _jit.FROZEN else []
    problems += [f"{name}: this kernel was compiled at run time, it is not in {_jit.CACHE_DIR}" for name in compiled]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    done = f"{len(selftest.stored())} answers of {len(selftest.algorithms())} algorithms, {_jit.count()} kernels loaded"
    sys.stderr.write(f"selftest {'failed' if problems else 'passed'}: {done}\n")
    return 1 if problems else 0
