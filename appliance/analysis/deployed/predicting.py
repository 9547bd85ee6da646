"""What `/regression` and `/classification` answer: a number or a label for each row, by a deployed model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from appliance.analysis.deployed.schema import CLASSIFICATION, REGRESSION, Model
from appliance.analysis.deployed.store import Store
from appliance.protocol import documents, fields
from appliance.protocol.documents import MAX_ROWS, BadRequest, Body
from appliance.protocol.shapes import COUNT, LABEL, LIST, NUMBER, TEXT, Operation, listed, object_of, said
from kernels.contract import Series

ROUTES = {"/regression": REGRESSION, "/classification": CLASSIFICATION}
ASKED = {
    fields.ALGO: said(TEXT, "the deployed model"),
    fields.SCHEMA: said(listed(LIST), "[name, type, bytes] by column"),
    fields.DATA: said(listed(listed(NUMBER, 1, MAX_ROWS)), "by column: the features of the model"),
}
RESULTS = {
    REGRESSION: listed(NUMBER),
    CLASSIFICATION: listed(LABEL),
}


def answer(store: Store, kind: str, body: Body, out_of_time: Callable[[], bool]) -> dict[str, Any]:
    """Return the answer to a request, which is never long to compute; raises AlgorithmError."""
    document = documents.parse(body)
    for name in ASKED:
        if document.get(name) is None:
            raise BadRequest(f"missing required field: {name}")
    algo, option = documents.text(document, fields.ALGO, ""), documents.text(document, fields.OPTION, "")
    model = store.find(algo)
    if not isinstance(model, Model) or model.kind != kind:
        raise BadRequest(f"model {algo} is one for {model.kind}, not for {kind}")
    names, columns = _columns(documents.plain(document[fields.SCHEMA]), document[fields.DATA])
    result = model.predict(_table(model, names, columns))
    return {fields.ALGO: algo, fields.OPTION: option, fields.RESULT: result, fields.ROWS: len(result)}


OPERATIONS = {
    kind: Operation(
        (path,),
        f"{kind} by a deployed model",
        object_of(ASKED, {fields.OPTION: TEXT}),
        object_of(
            {
                fields.ALGO: TEXT,
                fields.OPTION: TEXT,
                fields.RESULT: said(RESULTS[kind], "for each row"),
                fields.ROWS: COUNT,
            }
        ),
        {
            fields.ALGO: kind,
            fields.SCHEMA: [["a", "DOUBLE", 8], ["b", "DOUBLE", 8]],
            fields.DATA: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        },
    )
    for path, kind in ROUTES.items()
}


def _columns(schema: Any, data: Any) -> tuple[list[str], list[Series]]:
    """Return names and columns, of one length; raises BadRequest."""
    described = isinstance(schema, list) and all(
        isinstance(entry, list) and entry and isinstance(entry[0], str) for entry in schema
    )
    if not described:
        raise BadRequest("invalid schema info, a list of [name, type, bytes] is expected")
    names = [entry[0] for entry in schema]
    if not hasattr(data, "__len__") or isinstance(data, (str, dict)) or not all(map(_is_list, data)):
        raise BadRequest("invalid request format: data must be a list of columns, each a list of numbers")
    if len(names) != len(data):
        raise BadRequest(f"invalid schema info, {len(names)} columns are described, data has {len(data)}")
    if len(set(names)) != len(names):
        raise BadRequest("invalid schema info, a column name appears twice")
    if len(names) > documents.MAX_COLUMNS:
        raise BadRequest(f"too many columns, at most {documents.MAX_COLUMNS} are allowed, got {len(names)}")
    lengths = {len(column) for column in data}
    if len(lengths) > 1:
        raise BadRequest("data inconsistent, number of rows in different columns are not identical")
    if not lengths or not 1 <= max(lengths) <= documents.MAX_ROWS:
        raise BadRequest(
            f"number of rows should between 1 and {documents.MAX_ROWS}, actual {max(lengths, default=0)} rows"
        )
    return names, [documents.numbers(column, name) for name, column in zip(names, data, strict=True)]


def _is_list(column: Any) -> bool:
    return hasattr(column, "__len__") and not isinstance(column, (str, dict))


def _table(model: Model, names: list[str], columns: list[Series]) -> Series:
    """Return the features, float64 (rows, width): by name where the data has names of the model's, else in order."""
    if set(names) & set(model.features):
        missing = [name for name in model.features if name not in names]
        if missing:
            raise BadRequest(f"the model's feature {missing[0]} is no column of the data")
        columns = [columns[names.index(name)] for name in model.features]
    elif len(columns) == model.width + 1 and fields.TIME_COLUMN in names:
        columns = [column for name, column in zip(names, columns, strict=True) if name != fields.TIME_COLUMN]
    if len(columns) != model.width:
        raise BadRequest(f"the model has {model.width} features, got {len(columns)} columns")
    return np.ascontiguousarray(np.column_stack(columns))
