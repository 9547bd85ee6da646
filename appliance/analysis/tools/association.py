"""Association rules by Apriori: which items come with which others."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.protocol import documents, fields
from appliance.protocol.documents import BadRequest, Body
from appliance.protocol.shapes import COUNT, ITEM, NUMBER, Operation, defaults, listed, object_of, said
from kernels.numerics import association as kernel
from kernels.numerics.association import Config, Items

NAME, DATA_FORMAT = "apriori", "data_format"
AUTO, MATRIX, TRANSACTIONS = "auto", "matrix", "transactions"
FORMATS = (AUTO, MATRIX, TRANSACTIONS)
RULES, ITEMSETS, TRANSACTION_COUNT, ITEM_COUNT = "rules", "itemsets", "num_transactions", "num_items"
SIDES = ("antecedents", "consequents")  # of a rule
MAX_ITEMS = 200
MAX_CELLS = 40_000_000  # of items and transactions

Item = int | str


def answer(body: Body, out_of_time: Callable[[], bool] = lambda: False) -> dict[str, Any]:
    """Return the answer to a request; raises AlgorithmError."""
    document = documents.parse(body)
    option = documents.plain(document.get(fields.OPTION)) or {}
    if not isinstance(option, dict):
        raise BadRequest(f"'{fields.OPTION}' must be an object")
    config = _config(option)
    names, held = _items(document.get(fields.DATA), str(option.get(DATA_FORMAT) or AUTO).lower())
    supports = kernel.frequent(held, config, out_of_time)
    found = kernel.rules(supports, config, out_of_time)

    def named(items: Items) -> list[Item]:
        return [names[item] for item in items]

    return {
        fields.ROWS: len(found),
        fields.ALGO: NAME,
        fields.OPTION: dataclasses.asdict(config),
        RULES: [dataclasses.asdict(rule) | {side: named(getattr(rule, side)) for side in SIDES} for rule in found],
        ITEMSETS: [{"items": named(items), "support": support} for items, support in supports.items()],
        TRANSACTION_COUNT: held.shape[1],
        ITEM_COUNT: len(names),
    }


def _config(option: Mapping[str, Any]) -> Config:
    given: dict[str, Any] = {}
    for each in dataclasses.fields(Config):
        value = option.get(each.name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
            raise BadRequest(f"{each.name} must be a number, got {str(value)[:80]}")
        if each.name == "max_rules":
            if value != int(value):
                raise BadRequest(f"{each.name} must be an integer, got {value}")
            value = min(int(value), sys.maxsize)
        given[each.name] = value
    return Config(**given)


def _items(data: Any, form: str) -> tuple[list[Item], NDArray[np.bool_]]:
    """Return the items, and which transactions hold them, bool (items, transactions)."""
    if form not in FORMATS:
        raise BadRequest(f"{DATA_FORMAT} must be one of {', '.join(FORMATS)}, got {form[:80]!r}")
    if data is None:
        raise BadRequest(f"'{fields.DATA}' is required in payload")
    rows = documents.plain(data)
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequest(f"'{fields.DATA}' must be a list of lists")
    if not any(rows):
        raise BadRequest("no input data provided")
    if form == AUTO:
        form = TRANSACTIONS if any(isinstance(value, str) for row in rows for value in row) else MATRIX
    return _matrix(rows) if form == MATRIX else _transactions(rows)


def _matrix(rows: list[list[Any]]) -> tuple[list[Item], NDArray[np.bool_]]:
    """Return the columns of a matrix of a transaction a row, by their numbers."""
    count = len(rows[0])
    _check(count, len(rows))
    if any(len(row) != count for row in rows):
        raise BadRequest(f"the rows of a matrix must be of one length, got {count} and others")
    for number, row in enumerate(rows):
        if not all(isinstance(value, (int, float)) and value in (0, 1) for value in row):
            raise BadRequest(f"a matrix must be of 0 and 1, row {number} is not")
    return list(range(count)), np.ascontiguousarray(np.array(rows, np.bool_).T)


def _transactions(rows: list[list[Any]]) -> tuple[list[Item], NDArray[np.bool_]]:
    """Return the items of lists of them, in the order of their texts."""
    for number, row in enumerate(rows):
        if not all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in row):
            raise BadRequest(f"items must be texts or integers, transaction {number} has others")
    names = sorted({str(value).encode("utf-8", "replace").decode() for row in rows for value in row})
    _check(len(names), len(rows))
    at = {name: number for number, name in enumerate(names)}
    held = np.zeros((len(names), len(rows)), np.bool_)
    for number, row in enumerate(rows):
        held[[at[str(value).encode("utf-8", "replace").decode()] for value in row], number] = True
    return list(names), held


def _check(items: int, transactions: int) -> None:
    if items > MAX_ITEMS:
        raise BadRequest(f"Too many features ({items}), max {MAX_ITEMS} allowed to prevent excessive computation")
    if items * transactions > MAX_CELLS:
        raise BadRequest(f"at most {MAX_CELLS} items times transactions are allowed, got {items} times {transactions}")


_CONFIG = defaults(Config())
OPERATION = Operation(
    ("/api/v1/analysis/apriori", "/api/v1/analysis/association"),
    "association rules",
    object_of(
        {fields.DATA: said(listed(listed(ITEM)), "the items of each transaction, or a matrix of 0 and 1")},
        {fields.OPTION: {"allOf": [_CONFIG, object_of({}, {DATA_FORMAT: {"enum": FORMATS, "default": AUTO}})]}},
    ),
    object_of(
        {
            fields.ROWS: COUNT,
            fields.ALGO: {"const": NAME},
            fields.OPTION: _CONFIG,
            RULES: listed(
                object_of({name: listed(ITEM) if name in SIDES else NUMBER for name in kernel.Rule.__annotations__})
            ),
            ITEMSETS: listed(object_of({"items": listed(ITEM), "support": NUMBER})),
            TRANSACTION_COUNT: COUNT,
            ITEM_COUNT: COUNT,
        }
    ),
    {
        fields.DATA: [["bread", "milk"], ["bread", "butter"], ["bread", "milk", "butter"], ["milk"]],
        fields.OPTION: {"min_support": 0.5},
    },
)
