"""The one table of the foundation models: what each is called, where it is served, what computes it.

All else that must know a model by name asks here: defaults of the settings, spellings, commands, completions, links of
the packages, the servers' paths and the choice of an architecture. It lies below the service because the settings of
every command need it; importing it costs nothing, neither numpy nor torch.

To add a model: its file in this folder, ending in ``MODEL = ...``, one row here, one test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

FORECAST, IMPUTATION = "forecast", "imputation"  # what a model can be asked for, as `/list` calls it
WITHOUT_WEIGHTS = "the algorithm zero needs no weights and works at once"


class Row(NamedTuple):
    """One foundation model.

    name : of its folder below the model directory, its server, its pid file and its log.
    algorithm : its name in SQL and in `/list`.
    title : its name as its authors write it.
    port, path : where its server is expected unless the configuration says otherwise.
    module : the file in this folder that computes it; "" for one whose server is not ours and is only asked.
    model_types : `model_type` of the `config.json`s that it reads; "" for weights that come without one.
    spellings : of the algorithm, in configurations and requests.
    commands : words that follow start- and stop-.
    kind : FORECAST or IMPUTATION.
    files : what its weights are called, how large they are, and the sums that their authors publish.
    """

    name: str
    algorithm: str
    title: str
    port: int
    path: str
    module: str = ""
    model_types: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    kind: str = FORECAST
    files: str = ""

    @property
    def url(self) -> str:
        """Where its server is expected."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def desc(self) -> str:
        """What `/list` says of it."""
        return f"{self.title}, a foundation model, at its model server"


MODELS = (
    Row(
        name="tdtsfm",
        algorithm="tdtsfm_1",
        title="TDtsfm",
        port=6061,
        path="/tdtsfm",
        module="tdtsfm",
        model_types=("timer", "taos", ""),
        spellings=("TDtsfm_1",),
        commands=("tdtsfm",),
        files="taos.pth of TDengine's node, or model.safetensors (337 MB, sha256 "
        "9c3d18f12ffe1ea7d4fa70eb3304b26e3841164a6a265fbae4f7a05cd213aa3d) and config.json of Timer",
    ),
    Row(
        name="timemoe",
        algorithm="timemoe-fc",
        title="Time-MoE",
        port=6062,
        path="/ds_predict",
        module="timemoe",
        model_types=("time_moe",),
        spellings=("timemoe_fc",),
        commands=("time-moe", "timer-moe"),
        files="model.safetensors and config.json of TimeMoE-50M (227 MB, sha256 "
        "0127209833663df6f5ae3cf1c3316f739a8dd1dae27e59036268bbfdb48f91a4) or TimeMoE-200M (906 MB, sha256 "
        "28d1cbf480c1f63d4ad56d8b7649d9860b9afa9f31abeedff9decea48d9aee57)",
    ),
    Row(name="moment", algorithm="moment", title="MOMENT", port=6066, path="/imputation", kind=IMPUTATION),
)
OURS = tuple(row for row in MODELS if row.module)  # those that this program serves

WITHOUT_COVARIATES = (
    "timesfm",
)  # of the models of others, those that look at one series alone, as all of this table do

NEWEST_ROWS = {"moirai": 2880}  # of the models of others, those that are sent no more rows, as TDgpt has it

_BY_ALGORITHM = {row.algorithm: row for row in MODELS}
_CANONICAL = {spelling: row.algorithm for row in MODELS for spelling in row.spellings}
_BY_ANY_NAME = {name: row for row in MODELS for name in (row.name, row.algorithm, *row.spellings, *row.commands)}


def of_algorithm(algorithm: str) -> Row | None:
    """Return the row of an algorithm, None for one that is no model of this table."""
    return _BY_ALGORITHM.get(algorithm)


def of_any_name(name: str) -> Row | None:
    """Return the row that a model's, an algorithm's or a command's name means, None for another name."""
    return _BY_ANY_NAME.get(name)


def canonical(algorithm: str) -> str:
    """Return an algorithm's name for what may be another spelling of it."""
    return _CANONICAL.get(algorithm, algorithm)


def kind(algorithm: str) -> str:
    """Return what the model of an algorithm can be asked for; one that is not in this table forecasts."""
    row = of_algorithm(algorithm)
    return row.kind if row else FORECAST


def takes_covariates(algorithm: str) -> bool:
    """Return whether a model is sent covariates: those of others that do not say they refuse them."""
    return of_algorithm(algorithm) is None and algorithm not in WITHOUT_COVARIATES


def default_urls(kinds: tuple[str, ...] = (FORECAST,)) -> dict[str, str]:
    """Return algorithm -> URL of the models of some kinds."""
    return {row.algorithm: row.url for row in MODELS if row.kind in kinds}


def commands() -> Iterator[tuple[str, str]]:
    """Yield each word that follows start- and stop-, and the name of the model that it means."""
    for row in OURS:
        for word in row.commands:
            yield word, row.name


def server_paths() -> list[str]:
    """Return the paths on which a model server answers: all that any caller of one of these models uses."""
    return sorted({path for row in OURS for path in (row.path, f"/{row.name}")})


def modules() -> dict[str, str]:
    """Return `model_type` of a `config.json` -> module in this folder."""
    return {model_type: row.module for row in OURS for model_type in row.model_types}
