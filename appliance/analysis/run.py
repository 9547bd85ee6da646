"""What is done with a request once it is read, whoever asked: a client of the node or a command of the shell."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Any

from appliance.analysis.kind import TIMEOUT_S, Kind
from appliance.host.settings import Settings
from appliance.protocol import answers, fields, options
from appliance.protocol.documents import BadRequest
from appliance.protocol.mending import Mended
from appliance.protocol.requests import Request
from kernels.contract import Algorithm, AlgorithmError
from kernels.numerics.whitenoise import is_white_noise
from kernels.options import declared
from models import table

MARGIN_S = 1.0  # an anytime search stops this much before the client gives up


class WhiteNoise(BadRequest):
    """The series is white noise, and the check was not declined."""


@dataclass(slots=True)
class Deadline:
    """When the client gives up, as `time.monotonic`; known only once its request is read."""

    due: float = inf

    def out_of_time(self) -> bool:
        """Tell a long search that its answer is due."""
        return time.monotonic() >= self.due - MARGIN_S


def patience_s(request: Request, settings: Settings) -> float:
    """Return how long the one who asked waits for the answer."""
    asked = request.option(fields.TIMEOUT, 0)
    patience = float(asked) if asked in TIMEOUT_S else settings.http_timeout_s
    return min(patience, settings.longest_request_s)


def reply(kind: Kind[Any], algorithms: Mapping[str, Algorithm], request: Request) -> tuple[bytes, int]:
    """Return the body of the reply to a request, and the rows it tells; raises what `answer` does."""
    told: dict[str, Any] = {fields.ALGO: request.algo, fields.OPTION: request.option_text}
    told |= kind.write(request, answer(kind, algorithms, request))
    if request.mended:
        told[fields.MESSAGE] = request.mended.told
    return answers.dump(told), told[fields.ROWS]


def answer(kind: Kind[Any], algorithms: Mapping[str, Algorithm], request: Request) -> Any:
    """Return the answer of the algorithm that was asked for.

    algorithms : of this kind, by name.

    Raises
    ------
    AlgorithmError
    """
    algorithm = algorithms.get(table.canonical(request.algo))
    if request.noise_check and (algorithm is None or algorithm.needs.noise_check):
        _refuse_white_noise(request)
    if algorithm is None:  # taosd itself only asks for what `/list` announced
        raise AlgorithmError(kind.unknown(request.algo, algorithms))
    if request.mended:
        _refuse_lost_option(request.mended, kind, algorithm)
    task = request.task
    if (task.past or task.known) and not algorithm.needs.covariates:
        others = ", ".join(each.name for each in algorithms.values() if each.needs.covariates)
        raise AlgorithmError(f"covariate forecast is not supported yet by {request.algo}; it is by {others or 'none'}")
    return kind.run(algorithm, request, options.params(algorithm.params, request.options))


def _refuse_lost_option(mended: Mended, kind: Kind[Any], algorithm: Algorithm) -> None:
    """Refuse an option text that was cut in what the answer depends on: a guess would look like an answer."""
    known = [*kind.options, *declared(algorithm.params)]
    names = frozenset(chain.from_iterable((each.name, *each.aliases) for each in known)) | {*(algorithm.shown or ())}
    if mended.lost(names):
        raise BadRequest(f"the option text is too long for the server, which has cut it at {mended.cut!r}: shorten it")


def refusal(message: str) -> AlgorithmError:
    """Return the error that another node's words mean; the contract keeps those about white noise."""
    return WhiteNoise(message) if "white noise" in message else AlgorithmError(message)


def _refuse_white_noise(request: Request) -> None:
    if is_white_noise(request.task.series):
        raise WhiteNoise("white noise data not processed")
