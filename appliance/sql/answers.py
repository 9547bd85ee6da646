"""What a statement answers: a table, the number of rows affected, or an error with TDengine's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

SYNTAX = 0x80002600
NO_TABLE = 0x80002603
NO_COLUMN = 0x80002602
INVALID_JSON = 0x8000011B
AUTHENTICATION = 0x80000357
UNREACHABLE = 0x8000000B
EXISTS = 0x80000430
ABSENT = 0x80000431
LONG_URL = 0x80000432
BAD_PROTOCOL = 0x80000433
BAD_VERSION = 0x80000434
LONG_NAME = 0x80000436
BAD_TYPE = 0x80000437
EMPTY_RESPONSE = 0x80000440
NO_ACCESS = 0x80000441
RETURN_ERROR = 0x80000445
INTERNAL = 0x800000FF


class SqlError(Exception):
    """A statement failed.

    code : TDengine's error number, with the highest bit set.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Column(NamedTuple):
    """A column of a table; bytes is the length that the type was declared with."""

    name: str
    type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a query. A TIMESTAMP is text in RFC 3339, such as 2024-11-28T18:44:27.089Z."""

    columns: tuple[Column, ...]
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Done:
    """A statement that returns no rows."""

    affected: int = 0


Answer = Table | Done


class Engine(Protocol):
    """Whatever runs statements: the registry on this machine, or a cluster."""

    def execute(self, sql: str) -> Answer:
        """Run one statement; raises SqlError."""
        ...

    def algorithms(self) -> list[str]:
        """Return the names of the registered algorithms, for completion."""
        ...
