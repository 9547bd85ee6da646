"""What is asked, whoever asks it: the fields that every analysis has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.protocol import documents, fields, options
from appliance.protocol.documents import BadRequest, Document
from appliance.protocol.mending import Mended
from kernels.contract import Task

UNITS = ("ms", "us", "ns")


@dataclass(frozen=True, slots=True)
class Request:
    """A task for an algorithm.

    options, option_text : the user's options, parsed and verbatim.
    noise_check : whether white noise is to be refused.
    unit : of times on the wire; that of the task may be a finer one.
    mended : what had to be done to its body before it could be read, None for nothing.
    """

    algo: str
    option_text: str
    options: Mapping[str, str]
    noise_check: bool
    task: Task
    unit: str = "ms"
    mended: Mended | None = None

    @property
    def rows(self) -> int:
        """Number of input rows."""
        return len(self.task.series)

    def option(self, name: str, default: int) -> int:
        """Return an integer option that concerns the service rather than an algorithm; raises BadRequest."""
        return whole(self.options, name, default)


def whole(given: Mapping[str, str], name: str, default: int) -> int:
    """Return an option that is a whole number; raises BadRequest."""
    if name not in given:
        return default
    try:
        return options.whole_number(given[name])
    except ValueError:
        raise BadRequest(f"{name} must be an integer, got {given[name]!r}") from None


def common(document: Document, default_algo: str) -> dict[str, Any]:
    """Return what every request has besides its task; raises BadRequest.

    default_algo : that of a request which names none, "" where it has to name one.
    """
    text = documents.text(document, fields.OPTION, "")
    checked = documents.integer(document, fields.NOISE_CHECK)
    algo = documents.text(document, fields.ALGO, default_algo).strip().lower() or default_algo
    if not algo:
        raise BadRequest("algo is missing in requests")
    return {
        "algo": algo,
        "option_text": text,
        "options": options.parse(text),
        "noise_check": checked is None or checked != 0,
    }


def unit(document: Document, known: Sequence[str] = UNITS) -> str:
    """Return the unit of all times; raises BadRequest."""
    given = documents.text(document, fields.PRECISION, "ms")
    if given not in known:
        raise BadRequest(f"{fields.PRECISION} must be one of {', '.join(known)}, got {given!r}")
    return given
