"""The course of a call from Python: from its arguments to the answer, from the columns on by the commands' code."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import ENTIRE, Kind
from appliance.analysis.kinds import BY_NAME
from appliance.files.calendar import zones
from appliance.files.compare import command as comparing
from appliance.files.draw import heat_map, image
from appliance.files.read import database
from appliance.files.read.reading import Asked, Source
from appliance.files.read.several import Files
from appliance.files.run import command, each_series, levels, pairs, trained
from appliance.files.run.engines import Prepared
from appliance.files.run.local import Local
from appliance.files.run.placing import Wishes
from appliance.files.run.progress import Progress
from appliance.files.run.question import Question, check, check_shared
from appliance.files.series import FileError, FileResult, FileSeries, UsageError
from appliance.frames import arguments
from appliance.frames.arguments import Names
from appliance.frames.tables import Frame, alone, build, plain
from appliance.host import compiling, settings
from appliance.host.settings import Settings
from appliance.protocol import fields
from appliance.protocol.documents import MAX_ROWS, MIN_ROWS
from kernels.contract import AlgorithmError, Series

SERIES_COLUMN = "unique_id"  # names the series where a frame has it, as is usual
# what a call takes besides the columns, by the names of the commands' options: how the data are read
READING = ("precision", "sort", "drop_nulls", "time_format", "duplicates", "last", "decimal")
RUNNING = ("errors", "threads", "config", "plot", "plot_parts")
WITH_PARTS = ("anomaly", "forecast")  # kinds whose plots can show the parts of the series
ROOM = __name__.partition(".")[0]
_OPTION = re.compile(r"--([a-z][a-z-]*)")


class SeriesWarning(UserWarning):
    """What one should know of a series that was analysed, or that could not be."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of some data: the kind of analysis, its table of results, the question, and the rest by name."""

    kind: Kind[Any]
    table: str
    question: Question
    asked: Asked
    errors: str = "raise"
    threads: int | None = None
    config: Path | None = None
    plot: Path | None = None
    plot_parts: bool = False
    levels: Sequence[float] = ()
    future: Any = None  # a frame of rows to forecast

    @property
    def parts(self) -> Mapping[str, str] | None:
        """What `image.draw` is told of the parts of the series."""
        return self.question.given if self.plot_parts else None

    @property
    def engine(self) -> Local:
        """What runs its algorithm."""
        configured, _ = node(self.config)
        return Local(self.kind, self.catalog, configured, self.question)

    @property
    def catalog(self) -> Catalog:
        """All algorithms that may be named, trained models among them."""
        configured, catalog = node(self.config)
        return trained.with_models(catalog, configured, [self.question.algorithm])


def call_of(
    kind: str,
    table: str,
    algorithm: str,
    columns: tuple[Names, Names, Names],
    more: Mapping[str, Any],
    wishes: Wishes = Wishes(),  # noqa: B008  (frozen)
    wanted: Sequence[float] = (),
) -> Call:
    """Return what is asked; raises UsageError."""
    arguments.check(kind, algorithm, more)
    running = {name: more[name] for name in RUNNING if more.get(name) is not None}
    running |= {name: Path(running[name]) for name in ("config", "plot") if name in running}
    if running.get("plot_parts"):
        if "plot" not in running:
            raise UsageError("plot_parts needs plot, the file to draw into")
        if kind not in WITH_PARTS:
            raise UsageError(f"plot_parts is for {' and '.join(WITH_PARTS)}, got {kind}")
    reading = {name: more[name] for name in READING if more.get(name) is not None}
    time, value, by = map(arguments.names, columns)
    zone = zones.zone(more["tz"]) if more.get("tz") else None
    options = {fields.NOISE_CHECK: 0}  # who asks by hand wants an answer
    options |= {name: said for name, said in more.items() if name not in (*READING, *RUNNING, "tz")}
    text = ",".join(f"{name}={_text(said)}" for name, said in options.items())
    question = Question(trained.called(algorithm), text, wishes)
    asked = Asked(time, value, by, zone=zone, most=BY_NAME[kind].longest, **reading)
    return Call(BY_NAME[kind], table, question, asked, levels=wanted, **running)


def run(data: Any, call: Call, each: Callable[[Call, Prepared, Frame, Source], Any] | None = None) -> Any:
    """Answer about an array or a series of values, or about a frame by `each`: by series if None."""
    algorithms = call.catalog.of_kind(call.kind.wire_type)
    check_shared(call.kind, call.question.given)
    check(algorithms, call.kind, call.question)
    prepared = Prepared(call.kind, call.engine, [call.question.algorithm], algorithms)
    data = alone(data)
    if is_array(data):
        return _array(data, call, prepared)
    with _opened(data, call.asked, call.future) as (frame, source):
        return (each or _series)(call, prepared, frame, source)


def is_array(data: Any) -> bool:
    """Tell whether data are values alone, without names."""
    return isinstance(data, (list, tuple, np.ndarray))


def _series(call: Call, prepared: Prepared, frame: Frame, source: Source) -> Any:
    if prepared.one_column and len(source.values) > 1:
        source.split()
    prepared.suited(source.values)
    found = list(_answers(call, prepared, source))
    if call.plot:
        drawn = [first for _, first, _ in found[: command.MAX_PLOTTED]]
        image.draw(drawn, call.plot, len(source) - len(found), call.parts)
    columns = levels.columns(call.kind.described(call.table, source.values), call.levels)
    cells = [
        (number, levels.cells(call.kind.cells(call.table, first.task, first.answer), others))
        for number, first, others in found
    ]
    return build(frame, source, columns, cells, call.question.wishes.whole)


def each_pair(call: Call, prepared: Prepared, frame: Frame, source: Source) -> Any:
    """Answer about every pair of columns or series."""

    def tell(failure: str) -> None:
        if call.errors == "raise":
            raise FileError(failure)
        _warn(failure)

    columns, _ = pairs.columns_of(source, tell)
    wanted = pairs.pairs_of(columns, None)
    quiet = Progress(len(wanted), None)
    found, _ = pairs.answers(call.question, prepared.engine, wanted, call.threads, quiet, tell)
    if call.plot:
        names = [column.name for column in columns]
        title = call.kind.headline.format(call.question.algorithm)
        heat_map.draw(names, pairs.values(names, found), found[0].answer.measure, title, call.plot)
    return plain(frame, pairs.COLUMNS, [pairs.row(one) for one in pairs.ordered(found, pairs.VALUE)])


def compared(data: Any, call: Call, names: str, folds: int | None, season: int | None) -> Any:
    """Return a comparison of algorithms, as `--compare` names them."""
    given = argparse.Namespace(
        compare=names, folds=folds, season=season, progress=False, url=None, config=call.config, threads=call.threads
    )
    prepared = comparing.prepare(given, call.kind, call.question)
    with _opened(data, dataclasses.replace(call.asked, most=MAX_ROWS)) as (frame, source):
        table, _ = comparing.run(given, prepared, call.question, source)
        return plain(frame, table.columns, table.rows)


@contextlib.contextmanager
def _opened(data: Any, asked: Asked, future: Any = None) -> Iterator[tuple[Frame, Source]]:
    """Open a frame as the commands open a file, and one of rows ahead."""
    frame, ahead = Frame.of(data), None if future is None else Frame.of(future)
    with tempfile.TemporaryDirectory(prefix="taosanode-") as folder, database.connect(Path(folder)) as connection:
        yield frame, _source(connection, frame, asked, ahead)


def _source(connection: duckdb.DuckDBPyConnection, frame: Frame, asked: Asked, ahead: Frame | None) -> Source:
    if len(frame.columns) == 1 and asked.time is None:
        (only,) = frame.columns
        raise UsageError(f"the frame has one column, {only}, and no times; a series or an array of values needs none")
    file = frame.register(connection)
    further = ahead.register(connection, "future") if ahead else None
    if asked.by is None and SERIES_COLUMN in frame.columns:
        asked = dataclasses.replace(asked, by=SERIES_COLUMN)
    if asked.zone is None:
        given = {zone for name in frame.columns if (zone := frame.zone(name)) and asked.time in (None, name)}
        asked = dataclasses.replace(asked, zone=arguments.zone(given.pop()) if len(given) == 1 else None)
    source = Source(connection, Files((file,), (file.shown,), further), asked)
    if source.moments.note:
        _warn(source.moments.note)
    return source


def _answers(call: Call, prepared: Prepared, source: Source) -> Iterator[tuple[int, FileResult, Sequence[FileResult]]]:
    """Yield number, result and those for further levels of each series that can be analysed."""
    name, engine = call.question.algorithm, prepared.engine

    def work(series: FileSeries) -> tuple[FileResult, Sequence[FileResult]]:
        return engine.answer(name, series), levels.further(engine, name, series, call.levels)

    quiet = Progress(len(source), None)
    for rows, outcome in each_series.outcomes(source, work, each_series.threads(call.threads), quiet, engine.halt):
        label = f"series {rows.name}: " if source.by else ""
        if isinstance(outcome, Exception):
            if call.errors == "raise":
                raise FileError(f"{label}{each_series.reason(outcome)}") from outcome
            _warn(f"{label}{each_series.reason(outcome)}")
            continue
        first, others = outcome
        if first.remark:
            _warn(f"{label}{first.remark}")
        yield rows.number, first, others


def _array(data: Any, call: Call, prepared: Prepared) -> Any:
    """Return the answer about one series of values, with the numbers of rows as its times."""
    values = _values(data)
    if values.ndim not in (1, 2) or 0 in values.shape:
        raise UsageError(f"an array (n,) or (n, columns) is expected, got one of shape {values.shape}")
    rows = values.reshape(len(values), -1)
    if len(rows) < MIN_ROWS:
        raise UsageError(f"number of rows should between {MIN_ROWS} and {call.asked.most}, actual {len(rows)} rows")
    times = np.arange(len(rows), dtype=np.int64)
    given: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
    if not given.all() and call.kind.axis == ENTIRE:
        if not given[0] or not given[-1]:
            raise UsageError("the first and the last value must be numbers: nobody knows what is beyond")
        times, rows = times[given], rows[given]
    elif not given.all():
        row = int(np.argmin(given))
        raise UsageError(f"value at row {row} is missing or not finite: {values[row]}")
    columns = {f"value{at or ''}": np.ascontiguousarray(column) for at, column in enumerate(rows.T)}
    prepared.suited(list(columns))
    series, name, engine = FileSeries("", times, "ms", columns), call.question.algorithm, prepared.engine
    found = engine.answer(name, series)
    if call.plot:
        image.draw([found], call.plot, parts=call.parts)
    others = levels.further(engine, name, series, call.levels)
    if not others:
        return found.answer
    bounds: dict[float, Series] = {}
    for level, other in zip(call.levels, [found, *others], strict=True):
        beyond = (1.0 - levels.share(level)) / 2.0
        bounds |= {round(beyond, 6): other.answer.low, round(1.0 - beyond, 6): other.answer.high}
    return dataclasses.replace(found.answer, quantiles=bounds)


def _values(data: Any) -> Series:
    """Return numbers as an array, NaN where they are masked; raises UsageError for anything else."""
    try:
        given = data if isinstance(data, np.ndarray) else np.asarray(data, dtype=np.float64)
        if given.dtype.kind in "cmM":
            raise TypeError(f"they are {given.dtype}")
        return np.ma.filled(given.astype(np.float64), np.nan)
    except (TypeError, ValueError) as error:
        raise UsageError(f"an array or a list of numbers is expected: {error}") from None


@functools.cache
def node(config: Path | None) -> tuple[Settings, Catalog]:
    """Return the settings and the algorithms of a configuration; read once."""
    compiling.announce()
    configured = settings.of_node(config)
    return configured, catalogue.build(configured)


def _text(said: Any) -> str:
    """Return the value of an option as SQL writes it."""
    return str(int(said)) if isinstance(said, (bool, np.bool_)) else str(said)


@contextlib.contextmanager
def for_python() -> Iterator[None]:
    """Raise what a command would print, in the words of Python."""
    try:
        yield
    except (FileError, settings.SettingsError) as error:
        raise AlgorithmError(_python(str(error))) from error
    except AlgorithmError as error:
        raise type(error)(_python(str(error))) from error
    except duckdb.Error as error:
        raise AlgorithmError(database.reason(error)) from error


def _warn(message: str) -> None:
    """Warn where the program of the user called, however deep that is."""
    frame, level = sys._getframe().f_back, 2
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in (ROOM, "contextlib"):
        frame, level = frame.f_back, level + 1
    warnings.warn(_python(message), SeriesWarning, stacklevel=level)


def _python(message: str) -> str:
    """Return a message with options of the commands as arguments: ``--drop-nulls`` is ``drop_nulls``."""
    return _OPTION.sub(lambda found: found[1].replace("-", "_"), message)
