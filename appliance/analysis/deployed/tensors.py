"""Trained models as safetensors: what was learned in arrays, and numbers, text and origin as JSON in the header.

The header has, beside what safetensors itself puts there, the key `METADATA` with the text of an object: `format`,
`algo`, `values` (the fields of the model's class that are no arrays) and `trained` (what is told of it, in short).
A file is data: nothing in it names code, and every part is held to its bounds before anything is computed.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from appliance.analysis.deployed.analyser import Analyser
from appliance.analysis.deployed.schema import MAX_LABEL, BadModel
from appliance.protocol import fields
from kernels import registry
from kernels.contract import AlgorithmError
from kernels.options import NoOptions
from kernels.trained import Trained

METADATA, FORMAT = "taosanode", 1
SUFFIX = ".safetensors"
MAX_HEADER, MAX_TOLD = 100_000, 32
LENGTH = 8  # bytes in front of the header
VALUES, TRAINED = "values", "trained"
TYPES = {"F64": np.float64, "U32": np.uint32}

Told = Mapping[str, str | int | float]


def looks_like_one(content: bytes) -> bool:
    """Tell whether a file begins as safetensors do: the length of a header, and its first brace."""
    return content[LENGTH : LENGTH + 1] == b"{" and int.from_bytes(content[:LENGTH], "little") <= MAX_HEADER


def write(algo: str, model: Trained, told: Told) -> bytes:
    """Return the file of a model; `told` is what `/list` says of how it was trained."""
    from safetensors.numpy import save

    each = {one.name: getattr(model, one.name) for one in dataclasses.fields(model)}  # type: ignore[arg-type]
    arrays = {name: value for name, value in each.items() if isinstance(value, np.ndarray)}
    values = {name: value for name, value in each.items() if name not in arrays}
    about = {"format": FORMAT, fields.ALGO: algo, VALUES: values, TRAINED: dict(told)}
    return save(arrays, {METADATA: orjson.dumps(about).decode()})


def read(content: bytes) -> Analyser:
    """Return the model of a file; raises BadModel."""
    header = _header(content)
    about = _object(header.pop("__metadata__", None), "the header's metadata").get(METADATA)
    about = _object(_json(about.encode(), METADATA) if isinstance(about, str) else None, f"metadata.{METADATA}")
    algo = about.get(fields.ALGO)
    if about.get("format") != FORMAT or not isinstance(algo, str) or algo not in registry.learners():
        raise BadModel(
            f"a model of format {FORMAT} and one of {', '.join(registry.learners())} is expected, got "
            f"{str(about.get('format'))[:20]} and {str(algo)[:80]}"
        )
    told = _told(about.get(TRAINED))
    made = registry.learner(algo).made
    model = _made(made, _object(about.get(VALUES), VALUES), _arrays(content, header))
    summary = {fields.ALGO: algo, **told}
    beside = made.NEEDS.covariates and bool(getattr(model, "covariates", ()))  # one without knows of none
    needs = dataclasses.replace(made.NEEDS, covariates=beside)
    return Analyser(algo, made.KIND, summary, needs, NoOptions, lambda task, _: model.run(task))


def _header(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:LENGTH], "little")
    if not 2 <= length <= min(MAX_HEADER, len(content) - LENGTH):
        raise BadModel(f"no safetensors file: its header would have {length} bytes, of at most {MAX_HEADER}")
    return _object(_json(content[LENGTH : LENGTH + length], "the header"), "the header")


def _json(text: bytes, name: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise BadModel(f"{name} is no JSON: {error}") from error


def _object(given: Any, name: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadModel(f"{name} must be an object")
    return given


def _told(given: Any) -> dict[str, Any]:
    told = _object(given, TRAINED)
    for name, value in told.items():
        fine = len(value) <= MAX_LABEL if isinstance(value, str) else _is_number(value)
        if not fine or len(name) > MAX_LABEL or len(told) > MAX_TOLD or name == fields.ALGO:
            raise BadModel(f"{TRAINED} must have at most {MAX_TOLD} numbers or short texts, got {name[:80]}")
    return told


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= np.finfo(np.float64).max


def _arrays(content: bytes, header: Mapping[str, Any]) -> dict[str, Any]:
    for name, one in header.items():
        if not isinstance(one, dict) or one.get("dtype") not in [*TYPES]:
            raise BadModel(f"{name[:80]} must be an array of {' or '.join(TYPES)}")
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return dict(load(content))
    except (SafetensorError, ValueError) as error:
        raise BadModel(f"no safetensors file: {error}") from error


def _made(made: type[Any], values: Mapping[str, Any], arrays: Mapping[str, Any]) -> Trained:
    """Return a model of its fields, each of its type; raises BadModel."""
    hints = typing.get_type_hints(made)
    known = [field.name for field in dataclasses.fields(made)]
    needed = {field.name for field in dataclasses.fields(made) if _has_no_default(field)}
    given = {**values, **arrays}
    if odd := sorted((needed - set(given)) | (set(given) - set(known)) | (set(values) & set(arrays))):
        raise BadModel(f"{odd[0][:80]} is missing or unknown; there are: {', '.join(known)}")
    for name, value in given.items():
        given[name] = _typed(name, value, hints[name])
    try:
        model: Trained = made(**given)
    except AlgorithmError as error:
        raise BadModel(str(error)) from error
    return model


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _typed(name: str, value: Any, hint: Any) -> Any:
    if hint in (bool, int, str):
        if type(value) is hint and (hint is not str or len(value) <= MAX_LABEL):
            return value
    elif hint is float:
        if _is_number(value):
            return float(value)
    elif hint == tuple[str, ...]:
        if isinstance(value, list) and all(type(one) is str and len(one) <= MAX_LABEL for one in value):
            return tuple(value)
    elif isinstance(value, np.ndarray) and value.dtype == typing.get_args(typing.get_args(hint)[1])[0]:
        return np.ascontiguousarray(value)
    words = "an array of its type" if isinstance(value, np.ndarray) else getattr(hint, "__name__", str(hint))
    raise BadModel(f"{name} must be {words}")
