"""What a kind of analysis is: all that distinguishes detecting anomalies from forecasting.

Each kind is one file in `appliance.analysis.kinds`. Endpoints, listing, catalogue, plug-ins, self-test, file commands,
plots, completions and conformance tests iterate over the kinds and ask no kind by name.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.picture import Picture
from appliance.protocol import documents, fields, requests
from appliance.protocol.documents import Body, Document
from appliance.protocol.requests import Request
from appliance.protocol.shapes import NUMBER, Shape, listed
from kernels.contract import Algorithm, Answer, Json, Series, Task, Times
from kernels.options import Declared, Range

A = TypeVar("A", bound=Answer)

Column = np.ndarray[Any, Any]
Columns = Mapping[str, str]  # name -> TIME, WHOLE, REAL or TEXT
TIME, WHOLE, REAL, TEXT = "time", "BIGINT", "DOUBLE", "VARCHAR"  # the types of a file's columns
NONE, AHEAD, ENTIRE, ROWS = "none", "ahead", "entire", "rows"  # parts of an axis of times

TIMEOUT_S = Range(ge=1, le=1200)  # what taosd accepts; it falls back to 60 s outside
# the options of the service, whatever is analysed
SERVICE = (
    Declared(fields.NOISE_CHECK, 1, "0: analyse the series even if it is white noise", "0 or 1"),
    Declared(
        fields.TIMEOUT,
        60,
        "seconds until the answer is due; a long search then tells its best",
        "an integer",
        TIMEOUT_S,
    ),
)


class Kind(ABC, Generic[A]):
    """One kind of analysis, whose algorithms answer with an `A`.

    wire_type : its name on the wire.
    title : its name in a sentence, such as ``anomaly detection``.
    place : where it stands in `/list`, the smallest first.
    route : the endpoint's path.
    shortcuts : further paths -> the algorithm that a request there means.
    default : the algorithm of a request that names none, "" where it has to name one.
    optional : listed only where `detail-types` says so; old servers know only the first two kinds.
    common : what `/list` shows as options of every algorithm, with their defaults.
    column : the shape of a column of a request.
    units : in which times may be told; the first stands for a body that names none.
    asked, asked_too : the fields of a request that all analyses do not have, those that must be there and the others:
        name -> shape. told, told_too : those of an answer.
    nothing : what an answer has besides its 0 rows, None where there is no such answer.
    everything : the option by which a node tells all there is, "" for none.
    takes : the options that every algorithm takes, besides its own and the service's.
    plugin : the base class of operators' plug-ins, None if there is none; folder : where they may lie.
    tables : the results of the file command: name -> columns; noun : what one of their rows is.
    headline : of a plot, with the names of the algorithms put in.
    one_column : whether one column is all that is analysed.
    longest : most rows of a series of a file; more than a request may have are asked about in pieces.
    axis : which part of a regular axis of times the answers lie on, and so their field `times`: NONE, AHEAD of the last
        row, the ENTIRE one, or the ROWS that are there.
    """

    wire_type: ClassVar[str]
    title: ClassVar[str]
    place: ClassVar[int]
    route: ClassVar[str]
    shortcuts: ClassVar[Mapping[str, str]] = {}
    default: ClassVar[str]
    optional: ClassVar[bool] = False
    common: ClassVar[Mapping[str, Json]] = {}
    column: ClassVar[Shape] = listed(NUMBER, documents.MIN_ROWS, documents.MAX_ROWS + documents.MAX_FORECAST_ROWS)
    units: ClassVar[Sequence[str]] = requests.UNITS
    asked: ClassVar[Mapping[str, Shape]] = {}
    asked_too: ClassVar[Mapping[str, Shape]] = {}
    told: ClassVar[Mapping[str, Shape]] = {}
    told_too: ClassVar[Mapping[str, Shape]] = {}
    nothing: ClassVar[Mapping[str, Json] | None] = None
    everything: ClassVar[str] = ""
    takes: ClassVar[tuple[Declared, ...]] = ()
    plugin: ClassVar[type[Any] | None] = None
    folder: ClassVar[str | None] = None
    tables: ClassVar[Mapping[str, Columns]]
    noun: ClassVar[Mapping[str, str]]
    headline: ClassVar[str]
    one_column: ClassVar[bool] = False
    longest: ClassVar[int] = documents.MAX_ROWS
    axis: ClassVar[str] = NONE

    @property
    def name(self) -> str:
        """The name of its file, which is that of its modules elsewhere too."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def options(self) -> tuple[Declared, ...]:
        """The options that every algorithm takes besides its own."""
        return (*self.takes, *SERVICE)

    def own(self, reply: Mapping[str, Json]) -> dict[str, Json]:
        """Return the fields of a node's reply that are the algorithm's own."""
        others = {fields.ALGO, fields.OPTION, fields.ROWS, *self.told, *self.told_too}
        return {name: value for name, value in reply.items() if name not in others}

    # --- requests ---------------------------------------------------------------------------------------------------

    def read(self, body: Body, out_of_time: Callable[[], bool], algorithm: str = "") -> Request:
        """Read the body of a request; raises BadRequest.

        algorithm : the one that is meant whatever the request says, "" for the one that it names.
        """
        document, mended = documents.read(body)
        if algorithm:
            document = {**{name: document[name] for name in document}, fields.ALGO: algorithm}
        request = self.request(document, *self.columns(document, body), out_of_time)
        return dataclasses.replace(request, mended=mended) if mended else request

    def columns(self, document: Document, body: Body) -> tuple[Times, dict[str, Series]]:
        """Return the times and the data columns of a body; raises BadRequest."""
        return documents.table(document, body)

    def request(
        self, document: Document, times: Times, columns: Mapping[str, Series], out_of_time: Callable[[], bool]
    ) -> Request:
        """Return the request that a body with these fields and columns is; raises BadRequest.

        out_of_time : true once the answer is due.
        """
        return self.about(self.shared(document), document, times, columns, out_of_time)

    def shared(self, document: Document) -> dict[str, Any]:
        """Return what a request is besides its task: what a body says whatever its data are; raises BadRequest."""
        return {**requests.common(document, self.default), "unit": self.unit(document)}

    def about(
        self,
        shared: Mapping[str, Any],
        document: Document,
        times: Times,
        columns: Mapping[str, Series],
        out_of_time: Callable[[], bool],
    ) -> Request:
        """Return the request about these columns, as `request`, where `shared` is known."""
        options = shared["options"]
        data = Task(columns, times, shared["unit"], options=options, out_of_time=out_of_time)
        return Request(task=self.task(document, options, data), **shared)

    def unit(self, document: Document) -> str:
        """Return the unit of a request's times; raises BadRequest."""
        return requests.unit(document, self.units)

    @abstractmethod
    def task(self, document: Document, options: Mapping[str, str], data: Task) -> Task:
        """Complete the task of a request, of which the data are read; raises BadRequest."""

    @abstractmethod
    def question(self, options: Mapping[str, str], data: Task) -> dict[str, Any]:
        """Return what a request of its own for these data has, from options as they are written in SQL.

        Raises
        ------
        BadRequest : an option that cannot be read, times that have no usual step where one is needed.
        """

    def run(self, algorithm: Algorithm, request: Request, params: Any) -> Any:
        """Return the algorithm's answer to a request; raises AlgorithmError."""
        return algorithm.run(request.task, params)

    # --- answers ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def checked(self, task: Task, answer: Any) -> A:
        """Hold an answer to the contract, whoever gave it: types, lengths, finite numbers; raises AlgorithmError."""

    @abstractmethod
    def refuse(self, task: Task, answer: A) -> None:
        """Refuse an answer that cannot be sent, whoever gave it; raises AlgorithmError."""

    @abstractmethod
    def write(self, request: Request, answer: A) -> dict[str, Any]:
        """Return what the reply has besides algorithm and option; raises what `refuse` does."""

    @abstractmethod
    def parse(self, reply: Mapping[str, Any], task: Task) -> A:
        """Return the answer that a node's reply is; raises KeyError, TypeError, ValueError or OverflowError."""

    def at_rows(self, answer: A, rows: NDArray[np.int64]) -> A:
        """Return the part of an answer that is about some rows, where the axis is ROWS; increasing, int64 (k,)."""
        raise NotImplementedError(f"{self.title} does not answer about rows")

    def undivided(self, options: Mapping[str, str]) -> str:
        """Return why a series has to be analysed at once, "" where it may be in pieces."""
        return ""

    def seam(self, earlier: A, later: A) -> int:
        """Return the row from which the later of two answers about the same rows counts."""
        raise NotImplementedError(f"{self.title} is not done in pieces")

    def joined(self, parts: Iterable[A], rows: int) -> A:
        """Return one answer from those about parts that follow each other, of so many rows together."""
        raise NotImplementedError(f"{self.title} is not done in pieces")

    # --- algorithms -------------------------------------------------------------------------------------------------

    def unknown(self, name: str, algorithms: Iterable[str]) -> str:
        """Return what is said of an algorithm that does not exist."""
        return f"unknown {self.title} algorithm: {name!r}; there are: {', '.join(algorithms)}"

    def from_plugin(self, plugin: type[Any]) -> Callable[[Task, Any], A]:
        """Return what runs a plug-in class of the operator's."""
        raise NotImplementedError(f"{self.title} has no plug-in classes")

    @abstractmethod
    def example(self, values: Series) -> Task:
        """Return the task of analysing some values, float64 (n,) or (n, columns), for self-test and conformance."""

    @abstractmethod
    def summary(self, answer: A) -> Mapping[str, Json]:
        """Return what the self-test compares: lists of numbers, by name."""

    # --- files ------------------------------------------------------------------------------------------------------

    def described(self, table: str, values: Sequence[str]) -> Columns:
        """Return the columns of one of `tables`, where columns of these names are analysed."""
        return self.tables[table]

    @abstractmethod
    def cells(self, table: str, task: Task, answer: A) -> tuple[Column | None, ...]:
        """Return the columns of one of `tables`, all of one length; None for one that the answer does not tell."""

    @abstractmethod
    def picture(self, task: Task, answer: A, column: str) -> Picture:
        """Return what a plot shows for one column of the data."""
