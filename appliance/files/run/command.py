"""The course of `taosanode detect` and `taosanode forecast`: from the command line to the exit code."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from appliance.analysis.kind import TEXT, Kind
from appliance.analysis.run import WhiteNoise
from appliance.files.calendar import frequency, zones
from appliance.files.calendar.frequency import Frequency
from appliance.files.read import database, several
from appliance.files.read.reading import Asked, Source
from appliance.files.read.rows import Rows
from appliance.files.read.several import Files
from appliance.files.read.sql_files import Part
from appliance.files.run import arguments, each_series, engines, filling, interruption, levels
from appliance.files.run.each_series import Tally
from appliance.files.run.progress import Progress, say, show
from appliance.files.run.question import Question
from appliance.files.series import FileError, FileResult, UsageError
from appliance.files.write import writing
from appliance.host import settings
from appliance.protocol import fields
from appliance.protocol.documents import MAX_ROWS
from kernels.contract import AlgorithmError
from kernels.numerics.whitenoise import is_white_noise

OK, FAILED, USAGE = 0, 1, 2
MAX_PLOTTED = 30
NOISE = "white noise by the Ljung-Box test: no row tells anything of those that follow"
MAX_REMARKS = 5  # lines about irregular series that are printed


def run(given: argparse.Namespace, kind: Kind[Any], asked: Question, table: str) -> int:
    """Answer one question about all series of a file; return the exit code.

    table : which of the kind's tables is written.
    """
    return course(given, lambda format_, output, scratch: _run(given, kind, asked, table, format_, output, scratch))


def course(given: argparse.Namespace, work: Callable[[str, writing.Output, Path], int]) -> int:
    """Do the work of a command, with a place for its output and one for its scratch files; return the exit code.

    work : takes the format of the output, where it goes, and a folder; returns the exit code.
    """
    try:
        wrong = arguments.conflict(given)
        if wrong:
            raise ValueError(wrong)
        format_ = _format(given)
        if given.tz:
            zones.zone(given.tz)
        _every(given)
        given.file = several.expanded(given.file)
        _refuse_files(given)
    except (ValueError, FileError) as error:
        say(str(error))
        return USAGE
    except OSError as error:
        say(f"{error.filename}: {error.strerror}")
        return USAGE
    try:
        with (
            interruption.told(output := writing.Output(given.out)),
            output,
            tempfile.TemporaryDirectory(prefix="taosanode-") as folder,
        ):
            return work(format_, output, Path(folder).resolve())
    except UsageError as error:
        say(str(error))
        return USAGE
    except (FileError, AlgorithmError, settings.SettingsError) as error:
        say(str(error))
        return FAILED
    except duckdb.Error as error:
        say(database.reason(error))
        return FAILED


def _refuse_files(given: argparse.Namespace) -> None:
    """Refuse to write over a file that is read, or two things into one file, and further files that are not there.

    Raises
    ------
    UsageError, ValueError
    """
    further = [Path(one) for one in (given.config, getattr(given, "future", None)) if one]
    several.refuse_missing([str(one) for one in further])
    kept, past = [*map(Path, given.file), *further], getattr(given, "backtest_out", None)
    writing.Output.refuse(given.out, "--out", kept)
    if past is not None:
        from appliance.files.compare import backtest

        backtest.refuse(given, kept)
    if given.plot not in (None, arguments.TERMINAL):
        plot = Path(given.plot)
        writing.Output.refuse(plot, "--plot", kept)
        for name, other in (("--out", given.out), ("--backtest-out", past)):
            if other and plot.resolve() == other.resolve():
                raise ValueError(f"{name} and --plot name one file: {plot}")


def _run(
    given: argparse.Namespace,
    kind: Kind[Any],
    asked: Question,
    table: str,
    format_: str,
    output: writing.Output,
    scratch: Path,
) -> int:
    if given.compare is None:
        prepared = engines.prepare(given, kind, asked, [asked.algorithm])
    else:
        from appliance.files.compare import backtest
        from appliance.files.compare import command as comparing

        prepared = comparing.prepare(given, kind, asked)
    read, winners = files(given, scratch), None
    with (
        database.connect(scratch, read.paths, output.folder) as connection,
        contextlib.closing(prepared.engine) as engine,
    ):
        most = kind.longest if given.compare is None else MAX_ROWS
        source = opened(connection, read, given, labels=getattr(given, "labels", None), most=most)
        complete = (output.folder or scratch) / "results"
        lines = given.out is not None and given.out.suffix.lower() in writing.LINES
        if given.compare is not None:
            with no_prints():
                compared, failed = backtest.compared(given, prepared, asked, source, connection, scratch)
            brief = format_ == "table"
            winners = backtest.winners(compared) if given.auto else None
            if winners is None:
                columns, rows = compared.table if brief else (compared.columns, compared.rows)
                writing.write_rows(connection, columns, rows, complete, format_, lines)
                output.deliver(complete)
            for line in (*(compared.failures if brief else ()), *compared.notes, compared.sentence):
                say(line)
            if winners is None:
                return FAILED if failed else OK
        elif prepared.one_column and len(source.values) > 1:
            source.split()
        prepared.suited(source.values)
        told = levels.columns(kind.described(table, source.values), _levels(given))
        told = told if winners is None else {**told, "algorithm": TEXT}
        results = writing.Results(connection, source, told, asked.wishes.whole)
        with no_prints():
            tally = _answer(given, kind, asked, source, engine, table, results, winners)
        if tally.failed < tally.series:
            results.write(complete, format_, lines)
            output.deliver(complete)
            _plot(given, asked, format_, tally)
        _summary(tally, results, kind.noun[table])
    return FAILED if tally.failed else OK


def files(given: argparse.Namespace, scratch: Path) -> Files:
    """Find the files that were named; raises FileError."""
    part, ahead = Part(given.table, given.query), getattr(given, "future", None)
    return several.open_files(given.file, scratch, given.delimiter, part, ahead, given.encoding, given.decimal)


def opened(connection: duckdb.DuckDBPyConnection, files: Files, given: argparse.Namespace, **more: Any) -> Source:
    """Open the files as the arguments say, and tell how its times are read where that is not plain; raises FileError.

    more : further fields of `Asked`.
    """
    zone = zones.zone(given.tz) if given.tz else None
    named = ("time", "by", "precision", "sort", "time_format", "duplicates", "agg", "last", "decimal")
    shared = {name: getattr(given, name) for name in named}
    filled = getattr(given, "fill", None) not in (None, filling.NONE)  # rows without a value are gaps then
    shared["covariates"] = getattr(given, "covariate", None) or ""
    shared["drop_nulls"] = given.drop_nulls or filled
    source = Source(connection, files, Asked(values=given.value, zone=zone, every=_every(given), **shared, **more))
    for file in files.headless:
        say(f"{file.shown}: the first line holds values, so the columns are called column1, column2, ...")
    if source.moments.note:
        say(f"{source.shown}: {source.moments.note}")
    return source


def _every(given: argparse.Namespace) -> Frequency | None:
    """Return the step that rows are put together by; raises BadRequest."""
    text = arguments.steps(given)
    return frequency.parse(text, "--every") if text and given.agg else None


def no_prints() -> contextlib.AbstractContextManager[object]:
    """Keep what algorithms of the operator print away from the results."""
    return contextlib.redirect_stdout(sys.stderr)


def _answer(
    given: argparse.Namespace,
    kind: Kind[Any],
    asked: Question,
    source: Source,
    engine: engines.Engine,
    table: str,
    results: writing.Results,
    winners: Callable[[int], str] | None,
) -> Tally:
    """Analyse every series, collect the results and name the series that failed.

    winners : number of a series -> the algorithm for it, which the results tell; None for the same for all.
    """
    checked = fields.NOISE_CHECK not in asked.given and any(one.name == fields.NOISE_CHECK for one in kind.options)
    bar = given.progress or (sys.stderr.isatty() and len(source) > 1)
    progress, tally = Progress(len(source), show if bar else None), Tally()

    def work(rows: Rows) -> tuple[FileResult, list[FileResult]]:
        series, name = source.series(rows), winners(rows.number) if winners else asked.algorithm
        return engine.answer(name, series), levels.further(engine, name, series, _levels(given))

    try:
        at_once = each_series.threads(given.threads)
        for rows, outcome in each_series.each(source.batches(), work, len(source), at_once, progress, engine.halt):
            label = f"series {rows.name}" if source.by else source.shown
            tally.series += 1
            if isinstance(outcome, Exception):
                tally.failed += 1
                tally.noise += isinstance(outcome, WhiteNoise)
                say(f"{label}: {each_series.reason(outcome)}", progress)
                continue
            found, others = outcome
            cells = levels.cells(kind.cells(table, found.task, found.answer), others)
            named = (np.full(len(found.answer.value), winners(rows.number), object),) if winners else ()
            results.add(rows.number, (*cells, *named))
            if given.plot and len(tally.results) < MAX_PLOTTED:
                tally.results.append(found)
            # SQL would have refused white noise, and the user has not spoken of it
            # beside covariates it does not matter: they tell of the rows that follow what the rows themselves do not
            asked_alone = checked and not found.series.known
            noise = NOISE if asked_alone and is_white_noise(next(iter(found.series.columns.values()))) else ""
            remark = "; ".join(filter(None, (found.remark, noise)))
            if remark:
                tally.remarks += 1
                if tally.remarks <= MAX_REMARKS:
                    say(f"{label}: {remark}", progress)
    finally:
        progress.hide()
    return tally


def _levels(given: argparse.Namespace) -> Sequence[float]:
    wanted: Sequence[float] = getattr(given, "levels", ())
    return wanted


def _format(given: argparse.Namespace) -> str:
    if given.plot not in (None, arguments.TERMINAL):
        from appliance.files.draw import image

        image.check(Path(given.plot))
    if given.format is None and given.out is not None:
        found = writing.SUFFIXES.get(given.out.suffix.lower())
        if found is None:
            raise ValueError(f"--out {given.out}: no format has the suffix {given.out.suffix!r}; --format names one")
        return found
    if given.format in writing.BINARY and given.out is None and sys.stdout.isatty():
        raise ValueError(f"--format {given.format} is not for a terminal; --out FILE writes it to a file")
    return str(given.format or "table")


def _plot(given: argparse.Namespace, asked: Question, format_: str, tally: Tally) -> None:
    if not given.plot:
        return
    left_out = tally.series - tally.failed - len(tally.results)
    if given.plot != arguments.TERMINAL:
        from appliance.files.draw import image

        parts = asked.given if getattr(given, "plot_parts", False) else None
        image.draw(tally.results, Path(given.plot), left_out, parts)
        return
    from appliance.files.draw import terminal

    # what is read by another program stays free of it
    stream = sys.stdout if format_ == "table" and given.out is None else sys.stderr
    size = shutil.get_terminal_size()
    drawn = terminal.draw(tally.results, size.columns, size.lines, left_out, terminal.colours(stream))
    try:
        stream.write(drawn)
    except UnicodeEncodeError:
        raise FileError(f"--plot term needs a terminal of UTF-8, this one is of {stream.encoding}") from None


def _summary(tally: Tally, results: writing.Results, noun: str) -> None:
    if tally.failed == tally.series == 1 and not tally.noise:
        return  # the one line has said it
    found = f"{results.count} {noun}{'s' * (results.count != 1)}"
    done = f"{tally.series - tally.failed} of {tally.series} series done, {found}"
    if tally.remarks > MAX_REMARKS:
        done += f"; remarks about {tally.remarks} series"
    if tally.noise:
        done += f"; white noise: {tally.noise}, --option wncheck=0 switches that check off"
    sys.stderr.write(f"{done}\n")
