"""Runs statements on the registry of this machine, as TDengine's management node runs them on its own."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from appliance.sql import anode, answers
from appliance.sql.answers import Answer, Column, Done, SqlError, Table
from appliance.sql.registry import Anode, Registry
from appliance.sql.statements import CreateAnode, DropAnode, Select, ServerVersion, UpdateAnode, parse

TABLES = {
    "ins_anodes": (
        Column("id", "INT", 4),
        Column("url", "VARCHAR", 128),
        Column("status", "VARCHAR", 10),
        Column("create_time", "TIMESTAMP", 8),
        Column("update_time", "TIMESTAMP", 8),
    ),
    "ins_anodes_full": (Column("id", "INT", 4), Column("type", "VARCHAR", 24), Column("algo", "VARCHAR", 64)),
}
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Embedded:
    """An engine on a file."""

    def __init__(self, path: Path) -> None:
        try:
            self._registry = Registry(path)
        except (OSError, sqlite3.Error) as error:
            raise SqlError(answers.INTERNAL, f"the registry {path} cannot be opened: {error}") from error

    def execute(self, sql: str) -> Answer:
        """Run one statement."""
        statement = parse(sql)
        try:
            match statement:
                case CreateAnode(url):
                    return self._create(url)
                case UpdateAnode(id):
                    return self._update(self._registry.anodes() if id is None else [self._registry.find(id)])
                case DropAnode(id):
                    self._registry.drop(id)
                    return Done()
                case ServerVersion():
                    return Table((Column("server_version()", "VARCHAR", 32),), [[version("taosanode")]])
                case Select():
                    return self._select(statement)
        except sqlite3.Error as error:
            raise SqlError(answers.INTERNAL, f"the registry failed: {error}") from error

    def algorithms(self) -> list[str]:
        """Return the names of the registered algorithms."""
        return sorted({algorithm.name for _, algorithm in self._registry.algorithms()})

    def _create(self, url: str) -> Done:
        self._registry.refuse(url)
        listed = anode.listings([url])[url]
        if isinstance(listed, SqlError):
            raise listed
        self._registry.create(url, listed)
        return Done()

    def _update(self, nodes: list[Anode]) -> Done:
        """Fetch anew what can be fetched; then say which nodes failed."""
        listed = anode.listings(node.url for node in nodes)
        failed: list[tuple[Anode, SqlError]] = []
        for node in nodes:
            found = listed[node.url]
            if isinstance(found, SqlError):
                failed.append((node, found))
            else:
                self._registry.update(node, found)
        if not failed:
            return Done()
        _, error = failed[0]
        if len(nodes) == 1:
            raise error
        ids = ", ".join(str(node.id) for node, _ in failed)
        raise SqlError(error.code, f"{error.message}: anode {ids}")

    def _select(self, statement: Select) -> Table:
        columns = TABLES.get(statement.table)
        if columns is None:
            raise SqlError(answers.NO_TABLE, f"Table does not exist: {statement.table}")
        positions = {column.name: i for i, column in enumerate(columns)}

        def position(name: str) -> int:
            if name not in positions:
                raise SqlError(answers.NO_COLUMN, f"Invalid column name: {name}")
            return positions[name]

        kept = [position(name) for name in statement.columns or positions]
        tests = [(position(c.column), _SIGNS[c.sign], c.value) for c in statement.where]
        for at, _, value in tests:
            if (columns[at].type == "INT") != isinstance(value, int):
                raise SqlError(answers.SYNTAX, f"{columns[at].name} is {columns[at].type}, not comparable to {value!r}")
        orders = [(position(name), descending) for name, descending in statement.order]

        rows = self._anodes() if statement.table == "ins_anodes" else self._full()
        rows = [row for row in rows if all(holds(row[at], value) for at, holds, value in tests)]
        for at, descending in reversed(orders):
            rows.sort(key=lambda row: row[at], reverse=descending)
        if statement.columns is None:
            return Table((Column("count(*)", "BIGINT", 8),), [[len(rows)]][: statement.limit])
        return Table(tuple(columns[at] for at in kept), [[row[at] for at in kept] for row in rows[: statement.limit]])

    def _anodes(self) -> list[list[Any]]:
        nodes = self._registry.anodes()
        status = anode.statuses(node.url for node in nodes)
        return [[n.id, n.url, status[n.url], _rfc3339(n.create_ms), _rfc3339(n.update_ms)] for n in nodes]

    def _full(self) -> list[list[Any]]:
        return [[id, algorithm.type, algorithm.name] for id, algorithm in self._registry.algorithms()]


def _rfc3339(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"
