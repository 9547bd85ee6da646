"""Has a bug."""

from __future__ import annotations

from kernels.contract import Detection, Detector, NoParams, Series


def broken(series: Series, params: NoParams) -> Detection:
    raise RuntimeError("a bug")


ALGORITHM = Detector("broken", "raises what it should not", NoParams, broken)
