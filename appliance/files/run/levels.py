"""A forecast with the bounds of several levels: ``--conf 80,95``."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.analysis.kind import REAL, Column, Columns
from appliance.files.run.engines import Engine
from appliance.files.series import FileResult, FileSeries
from appliance.protocol import fields

LOW, HIGH = "low", "high"


def columns(one: Columns, levels: Sequence[float]) -> Columns:
    """Return the columns of the results, from those for one level."""
    if len(levels) < 2:
        return one
    named = [(f"{side}_{100 * share(level):g}") for level in levels for side in (LOW, HIGH)]
    return {name: type_ for name, type_ in one.items() if name not in (LOW, HIGH)} | dict.fromkeys(named, REAL)


def share(level: float) -> float:
    """Return a level as a share of 1: above 1 it is in per cent."""
    return level / 100.0 if level > 1.0 else level


def further(engine: Engine, algorithm: str, series: FileSeries, levels: Sequence[float]) -> list[FileResult]:
    """Return the forecasts for all levels but the first; raises as `answer` of an engine does."""
    return [engine.answer(algorithm, series, f"{fields.CONF}={level:g}") for level in levels[1:]]


def cells(one: tuple[Column | None, ...], others: Sequence[FileResult]) -> tuple[Column | None, ...]:
    """Return the cells of a result with the bounds of further levels."""
    return (*one, *(bound for other in others for bound in (other.answer.low, other.answer.high)))
