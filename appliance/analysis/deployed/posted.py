"""What is posted to `/deploy` and `/undeploy`: its fields, and what a file with a model in it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from appliance.analysis.deployed import schema, settled, tensors
from appliance.analysis.deployed.store import MAX_BYTES, NAME
from appliance.protocol import fields
from appliance.protocol.shapes import INTEGER, OBJECT, TEXT, Operation, Shape, listed, object_of, said
from kernels.contract import AlgorithmError

# what a file begins with -> what it is; all of them can hold a pickle, or code of another kind
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x04\x22\x4d\x18": "lz4",
    b"x\x9c": "zlib",
    b"x\x01": "zlib",
    b"x\x5e": "zlib",
    b"x\xda": "zlib",
    b"ZF": "zlib",
}
SCRIPT = "convert_model.py"
WAY = (
    f"run {SCRIPT}, which comes with the node (/usr/share/taosanode/{SCRIPT}), where the model was trained and deploy "
    "what it writes"
)
REFUSED = f"reading one runs whatever code is in it, so this node never does: {WAY}"


class BadPost(AlgorithmError):
    """What was posted cannot be understood; the message is the contracted one."""


class Posted(NamedTuple):
    """A model to be deployed."""

    name: str
    config: Any


def model(document: Any) -> Posted:
    """Return what the JSON of a request asks to deploy; raises BadPost."""
    if not isinstance(document, dict) or fields.MODEL_NAME not in document or fields.CONFIG not in document:
        raise BadPost("Missing required fields in request payload, required: model_name and config")
    return Posted(name(document[fields.MODEL_NAME]), document[fields.CONFIG])


def parts(given: dict[str, bytes]) -> Posted:
    """Return what the parts of a multipart request ask to deploy; raises BadPost.

    A `model_binary` that is JSON, or safetensors, takes the place of the configuration.
    """
    if not given:
        raise BadPost("Missing payload in request")
    binary = given.get(fields.MODEL_BINARY)
    try:
        config = orjson.loads(given[fields.CONFIG]) if fields.CONFIG in given else None
    except ValueError as error:
        raise BadPost("Invalid config JSON in multipart request") from error
    inner = config.get(fields.MODEL_NAME) if isinstance(config, dict) else None
    text = given[fields.MODEL_NAME].decode("utf-8", "replace") if fields.MODEL_NAME in given else inner
    if text is None or (config is None and binary is None):
        raise BadPost("Missing required fields in request payload, required: model_name and config")
    called = name(text)
    if isinstance(config, dict) and isinstance(config.get(fields.CONFIG), dict):
        config = config[fields.CONFIG]
    if binary is not None:
        config = _from_file(called, binary)
    return Posted(called, config)


def name(given: Any) -> str:
    """Return a name that may be one of a file; raises BadPost."""
    if not isinstance(given, str) or not NAME.fullmatch(given):
        raise BadPost("Invalid model_name in request payload")
    return given


def document(body: bytes | bytearray) -> Any:
    """Return the JSON of a request, strictly: no NaN, no infinity; raises BadPost."""
    if not body:
        raise BadPost("Missing payload in request")
    try:
        return orjson.loads(body)
    except ValueError as error:
        if kind := what_it_is(bytes(body[:64])):
            raise BadPost(f"the payload is {kind}; {REFUSED}") from error
        raise BadPost("invalid request format: the payload must be JSON without NaN or infinity") from error


def _from_file(called: str, content: bytes) -> Any:
    if len(content) > MAX_BYTES:
        raise BadPost(f"Error deploying model {called}: a model has at most {MAX_BYTES} bytes, got {len(content)}")
    if tensors.looks_like_one(content):  # first: its length may begin as one of the others does
        return content
    if kind := what_it_is(content):
        raise BadPost(f"Error deploying model {called}: model_binary is {kind}; {REFUSED}")
    try:
        return orjson.loads(content)
    except ValueError as error:
        raise BadPost(
            f"Error deploying model {called}: model_binary is no model, which is JSON or safetensors; {WAY}"
        ) from error


def what_it_is(content: bytes) -> str:
    """Say what a file is that could hold code, "" for one that could be JSON; it is recognised, and not read."""
    head = content[:64]
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a pickle"
    if head.startswith(b"PK\x03\x04"):
        return "a zip archive, as torch writes pickles"
    if head.startswith(b"\x89HDF"):
        return "an HDF5 file, as keras writes models"
    for begin, kind in _COMPRESSED.items():
        if head.startswith(begin):
            return f"compressed with {kind}, as joblib writes pickles"
    # protocols 0 and 1 are text: a mark, a global or a container, and a full stop at the end
    if head[:1] in (b"(", b"c", b"]", b"}") and content.rstrip(b"\n").endswith(b".") and len(content) > 2:
        return "a pickle"
    return ""


_NAME = said({**TEXT, "pattern": f"^{NAME.pattern}$"}, "of the model, in whatever case")
_FITTED = object_of(
    {
        schema.ALGO: said(TEXT, f"how it was fitted: {', '.join(schema.READERS)}, in whatever case"),
        schema.PARAMS: said(OBJECT, "what was fitted"),
    },
    {schema.FEATURES: said(listed(TEXT, 1, schema.MAX_FEATURES), "their names, in the order of what was fitted")},
)
_SETTLED = object_of(
    {
        schema.ALGO: said(TEXT, f"a forecaster that is fitted to each request: {', '.join(settled.NAMES)}"),
        settled.BEST: said(OBJECT, "its options"),
    },
    {
        settled.SEASON: said(INTEGER, "rows in a season, its option period"),
        settled.STEP: said(TEXT, "without effect"),
    },
)
_MODEL: Shape = {"anyOf": [_FITTED, _SETTLED]}
_FILE: Shape = {**TEXT, "contentMediaType": "application/octet-stream"}
_DONE = object_of({fields.STATUS: {"const": fields.SUCCESS}, "message": TEXT})
_REFUSED = object_of({fields.STATUS: {"const": fields.ERROR}, fields.ERROR: TEXT})
DEPLOY = Operation(
    ("/deploy",),
    "keep a fitted model; 400: it cannot be used, 500: the disk does not take it",
    object_of({fields.MODEL_NAME: _NAME, fields.CONFIG: _MODEL}),
    _DONE,
    {
        fields.MODEL_NAME: "pumps",
        fields.CONFIG: {schema.ALGO: "ridge", schema.PARAMS: {"coef": [2.0, -1.0], "intercept": 0.5}},
    },
    form={
        **object_of(
            {fields.MODEL_NAME: _NAME},
            {
                fields.CONFIG: said(TEXT, "what config is in JSON, as text"),
                fields.MODEL_BINARY: said(_FILE, "a file in its place: safetensors of `taosanode train`, or the JSON"),
            },
        ),
        "anyOf": [{"required": [fields.CONFIG]}, {"required": [fields.MODEL_BINARY]}],
    },
    refused=_REFUSED,
    statuses=(400, 500),
)
UNDEPLOY = Operation(
    ("/undeploy",),
    "remove a fitted model; 404: there is none of that name",
    object_of({fields.MODEL_NAME: _NAME}),
    _DONE,
    {fields.MODEL_NAME: "pumps"},
    refused=_REFUSED,
    statuses=(400, 404, 500),
)
