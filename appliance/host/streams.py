"""Standard streams that whoever started the program has closed, as in ``taosanode detect x.csv --out y.csv >&-``."""

from __future__ import annotations

import os
import sys

IN, OUT, ERROR = 0, 1, 2


def occupy() -> None:
    """Put something where standard streams are closed, so that no file that is opened later takes their numbers.

    Reading gives nothing, what would go to standard error is lost, and writing to standard output fails.
    """
    for number, mode in ((IN, os.O_RDONLY), (OUT, os.O_RDONLY), (ERROR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest free number
    sys.stdin = sys.stdin or open(IN, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(OUT, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(ERROR, "w", closefd=False)  # noqa: SIM115


def flush() -> str:
    """Write what standard output still holds; return why that failed, "" if it did not."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), OUT)  # the interpreter tries again as it ends
        return error.strerror or str(error)
    return ""
