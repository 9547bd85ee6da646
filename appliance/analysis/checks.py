"""Holds what others wrote to the contract: numbers, arrays and codes that the wire could not carry are refused here."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from kernels.contract import AlgorithmError, Flags, Series


def integer(name: str, value: Any) -> int:
    """Return a whole number; raises AlgorithmError."""
    if isinstance(value, (int, np.integer)):
        return int(value)  # exactly: nanoseconds do not fit into a float
    try:
        number = float(value)
        if number == int(number):
            return int(number)
    except (TypeError, ValueError, OverflowError):
        pass
    raise AlgorithmError(f"{name} must be an integer, got {value!r}")


def numbers(values: Any, what: str) -> Series:
    """Return finite numbers as float64; raises AlgorithmError."""
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AlgorithmError(f"{what} must be numbers") from error
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found)))
        raise AlgorithmError(f"{what} must be finite, got {found[row]} at row {row}")
    return found


def array(values: Any, rows: int, what: str) -> Series:
    """Return finite numbers, one for each of so many rows; raises AlgorithmError."""
    if np.shape(values) != (rows,):
        raise AlgorithmError(f"{what}: {rows} numbers are expected, got an array of shape {np.shape(values)}")
    return numbers(values, what)


def flags(codes: Any, rows: int, valid_code: int = 1) -> Flags:
    """Return codes as flags: 1 is normal, everything else keeps its own code; raises AlgorithmError.

    Who knows of `valid_code` uses it for normal rows, and may use 1 for a kind of anomaly; others say 1 for normal
    whatever was asked for. Truth values are refused: nobody can tell whether true means normal or anomalous.
    """
    if codes is None or np.ndim(codes) != 1:
        raise AlgorithmError(f"one code per row is expected, got {type(codes).__name__}")
    if len(codes) != rows:
        raise AlgorithmError(f"one code per row is expected, got {len(codes)} codes for {rows} rows")
    if any(isinstance(code, (bool, np.bool_)) for code in (codes if isinstance(codes, (list, tuple)) else codes[:1])):
        raise AlgorithmError("codes must be integers, 1 for normal and -1 for an anomaly, got true or false")
    found = numbers(codes, "codes")
    if not ((found == np.rint(found)) & (np.abs(found) <= 127)).all():
        raise AlgorithmError("codes must be integers from -127 to 127")
    flagged = found.astype(np.int8)
    normal = flagged == valid_code
    if valid_code != 1 and normal.any():
        flagged[flagged == 1] = next(code for code in range(-1, -128, -1) if code not in flagged)
        flagged[normal] = 1
    return flagged


def mse(value: Any) -> float | None:
    """Return the reported error of a fit; one that cannot be sent counts as unknown. Raises AlgorithmError."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise AlgorithmError(f"mse must be a number, got {value!r}") from error
    return number if isfinite(number) else None


def plain(value: Any) -> bool:
    """Tell whether a default can be shown in `/list`."""
    return isinstance(value, (str, bool, int)) or (isinstance(value, float) and isfinite(value)) or value is None
