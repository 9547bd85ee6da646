"""What is asked about every series of a file: an algorithm and its options, in the words of SQL and of the wire."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.files.read import times
from appliance.files.series import FileError, FileSeries
from appliance.protocol import answers, options
from kernels.contract import Algorithm, Detector, RawOptions
from models import table

DEFAULT_DETECTOR, DEFAULT_FORECASTER = "iqr", "holtwinters"  # as in SQL
DEFAULT_ROWS = 10
ALL_TAKE = ("algo", "wncheck", "timeout")
DETECTORS_TAKE = ("valid_code", "scores")
FORECASTERS_TAKE = ("period", "rows", "conf", "every", "start", "return_conf")


@dataclass(frozen=True, slots=True)
class Question:
    """An algorithm and the options that follow it in SQL: ``k=2,wncheck=0``."""

    algorithm: str
    option: str = ""

    @property
    def given(self) -> Mapping[str, str]:
        """The options by name."""
        return options.parse(self.option)

    def about(self, algorithm: str, series: FileSeries) -> dict[str, Any]:
        """Return the fields of a request's body, but for schema and data; raises FileError."""
        return {
            "algo": algorithm,
            "option": ",".join(filter(None, (f"algo={algorithm}", self.option))),
            "prec": series.precision,
            "wncheck": int(self.given.get("wncheck", "1") not in ("0", "false")),
            "rows": len(series.times),
            "protocol": answers.PROTOCOL,
        }

    def remark(self, series: FileSeries) -> str | None:
        """Return what the user should know of the times of a series: nothing, since no detector looks at them."""
        return None


@dataclass(frozen=True, slots=True)
class Ahead(Question):
    """A question for a forecast.

    rows : number of steps, None to see the options and else 10. conf : as on the wire, a share or a percentage.
    every : step, such as ``5m`` or a number in the unit of the times; None: the usual step of the series.
    start : first time, None: one step after the last row.
    """

    rows: int | None = None
    conf: float | None = None
    every: str | None = None
    start: str | None = None

    @property
    def steps(self) -> int:
        """The number of steps; raises FileError if an option gives it and is no number."""
        return self.rows if self.rows is not None else _whole(self.given, "rows", DEFAULT_ROWS)

    def about(self, algorithm: str, series: FileSeries) -> dict[str, Any]:
        """Return the fields of a request's body, but for schema and data; raises FileError."""
        given = self.given
        every, start = self.every or given.get("every"), self.start or given.get("start")
        step = times.duration(every, series.precision) if every else self._usual(series)
        fields: dict[str, Any] = {
            "forecast_rows": self.steps,
            "every": step,
            "start": times.moment(start, series.precision) if start else int(series.times[-1]) + step,
            "return_conf": 1,
        }
        if self.conf is not None:
            fields["conf"] = self.conf
        # not super(): a dataclass with slots is another class than the one written here
        return Question.about(self, algorithm, series) | fields

    def remark(self, series: FileSeries) -> str | None:
        """Return what the user should know of the times of a series, None if they are regular."""
        rhythm = times.rhythm(series.times)
        if not rhythm.gaps and not rhythm.short:
            return None
        usual = times.lasting(rhythm.usual, series.precision)
        short = f" and {counted(rhythm.short, 'much shorter step')}" if rhythm.short else ""
        irregular = f"{counted(rhythm.gaps, 'gap')}{short}, the usual step is {usual}"
        return f"{irregular}: the forecast takes all rows as evenly spaced"

    def _usual(self, series: FileSeries) -> int:
        rhythm = times.rhythm(series.times)
        if rhythm.none:
            raise FileError(
                f"the times have no usual step: {rhythm.gaps + rhythm.short} of {rhythm.steps} steps are far from the "
                f"median, {times.lasting(rhythm.usual, series.precision)}; --every sets one"
            )
        return rhythm.usual


def counted(number: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{number} {what}{'s' if number != 1 else ''}"


def read(algorithm: str, given: Iterable[str]) -> tuple[str, str]:
    """Split ``ksigma,k=2`` or ``algo=ksigma,k=2`` and further options into a name and the text of the options.

    Raises
    ------
    ValueError : a piece that is not name=value; its message is for the user.
    """
    name, *pieces = (piece.strip() for piece in algorithm.split(","))
    name = name.partition("=")[2].strip() if name.lower().startswith("algo=") else name
    pieces += [piece.strip() for text in given for piece in text.split(",")]
    for piece in pieces:
        if len(options.parse(piece)) != 1:
            raise ValueError(f"{piece!r} is no option: name=value is expected")
    if not name or "=" in name:
        raise ValueError(f"{algorithm!r} names no algorithm")
    return name.lower(), ",".join(pieces)


def check(algorithms: Mapping[str, Algorithm], kind: type[Algorithm], question: Question) -> Algorithm:
    """Return the algorithm that is asked for; raises FileError if it or an option does not exist.

    A node ignores unknown options; who types one by hand wants to know.
    """
    known = sorted(name for name, algorithm in algorithms.items() if isinstance(algorithm, kind))
    name = table.canonical(question.algorithm)
    if name not in known:
        raise FileError(f"unknown algorithm {question.algorithm}; there are: {', '.join(known)}")
    params = algorithms[name].params
    if issubclass(params, RawOptions):
        return algorithms[name]
    own = [other for f in dataclasses.fields(params) for other in (f.name, *f.metadata.get("aliases", ()))]
    service = ALL_TAKE + (DETECTORS_TAKE if kind is Detector else FORECASTERS_TAKE)
    for option in question.given:
        if option not in own and option not in service:
            close = difflib.get_close_matches(option, [*own, *service], n=1)
            hint = f", did you mean {close[0]}?" if close else ""
            takes = f"{name} takes {', '.join(own)}" if own else f"{name} takes none of its own"
            raise FileError(f"unknown option {option}{hint or f'; {takes}'}")
    return algorithms[name]


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    try:
        return options.whole_number(given[name]) if name in given else default
    except ValueError:
        raise FileError(f"{name} must be an integer, got {given[name]!r}") from None
