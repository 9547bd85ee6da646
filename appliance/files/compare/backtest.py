"""What a comparison of forecasters leads to: its forecasts of the past as a file, and the winner for each series."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import numpy as np

from appliance.analysis.kind import REAL, TEXT, TIME
from appliance.files.compare import command
from appliance.files.compare.comparison import Backtest, Comparison
from appliance.files.read.reading import Source
from appliance.files.run.engines import Prepared
from appliance.files.run.question import Question
from appliance.files.series import FileError, UsageError
from appliance.files.write import writing

OPTION = "--backtest-out"
COLUMNS = {
    "origin": TIME,
    "time": TIME,
    "algorithm": TEXT,
    **dict.fromkeys(("actual", "forecast", "low", "high"), REAL),
}


def refuse(given: argparse.Namespace, kept: Iterable[Path]) -> None:
    """Refuse a file for the forecasts of the past that is another one, or of no format; raises UsageError."""
    out: Path | None = getattr(given, "backtest_out", None)
    if out is None:
        return
    if out.suffix.lower() not in writing.SUFFIXES:
        raise UsageError(f"{OPTION} {out}: no format has the suffix {out.suffix!r}")
    writing.Output.refuse(out, OPTION, kept)
    if given.out and out.resolve() == given.out.resolve():
        raise UsageError(f"--out and {OPTION} name one file: {out}")


def compared(
    given: argparse.Namespace,
    prepared: Prepared,
    asked: Question,
    source: Source,
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> tuple[Comparison, int]:
    """Compare as `command.run` does; a row for each step of every forecast goes where the user wants them."""
    out: Path | None = getattr(given, "backtest_out", None)
    if out is None:
        return command.run(given, prepared, asked, source)
    with writing.Output(out) as output:
        assert output.folder is not None
        command.split(prepared, source)
        results = writing.Results(connection, source, COLUMNS)
        found = command.run(given, prepared, asked, source, lambda one: results.add(one.number, _cells(one)))
        suffix = out.suffix.lower()
        results.write(scratch / "backtest", writing.SUFFIXES[suffix], suffix in writing.LINES)
        output.deliver(Path(shutil.copy(scratch / "backtest", output.folder)))
    return found


def winners(compared: Comparison) -> Callable[[int], str]:
    """Return which algorithm did best on a series; on one that was not compared, the one that did best on all.

    Raises
    ------
    FileError : no algorithm could answer.
    """
    won = set(compared.winners.values())
    if not won:
        raise FileError(compared.sentence)
    best = next(str(row[1]) for row in compared.rows if row[1] in won)
    return lambda number: compared.winners.get(number, best)


def _cells(one: Backtest) -> tuple[np.ndarray[tuple[int], np.dtype[np.generic]], ...]:
    rows = len(one.times)
    origin, name = np.full(rows, one.origin, np.int64), np.full(rows, one.algorithm, object)
    return origin, one.times, name, one.truth, one.value, one.low, one.high
