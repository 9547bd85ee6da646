"""The statements on analysis nodes, parsed by hand: there are nine, and none nests."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from appliance.sql.answers import SYNTAX, SqlError

_TOKEN = re.compile(
    r"""\s+ | --[^\n]* | /\*.*?\*/
    | (?P<string>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
    | (?P<number>\d+(?![\w])) | (?P<word>[A-Za-z_]\w* | `[^`]*`) | (?P<sign><>|!=|<=|>=|[=<>*(),.;])
    """,
    re.VERBOSE | re.DOTALL,
)
# Where a statement may end, and what may hide a semicolon.
_HIDING = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--[^\n]*|/\*.*?\*/|(?P<open>['"`]|/\*)|(?P<end>;)""",
    re.DOTALL,
)
_IGNORED = re.compile(r"--[^\n]*|/\*.*?\*/|\s+", re.DOTALL)

LEAVE = ("quit", "exit", "q")
COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class CreateAnode:
    """CREATE ANODE 'url'."""

    url: str


@dataclass(frozen=True, slots=True)
class UpdateAnode:
    """UPDATE ANODE id, or UPDATE ALL ANODES."""

    id: int | None


@dataclass(frozen=True, slots=True)
class DropAnode:
    """DROP ANODE id."""

    id: int


class Condition(NamedTuple):
    """One comparison of a column with a constant."""

    column: str
    sign: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT from a system table. SHOW ANODES [FULL] is one without conditions.

    columns : names; empty for `*`, None for COUNT(*).
    """

    table: str
    columns: tuple[str, ...] | None = ()
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()  # column, descending
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ServerVersion:
    """SELECT SERVER_VERSION(), which clients ask when they connect."""


Statement = CreateAnode | UpdateAnode | DropAnode | Select | ServerVersion


def split(text: str) -> tuple[list[str], str]:
    """Return the statements ended by a semicolon, without it, and what follows the last one."""
    found, start = [], 0
    for match in _HIDING.finditer(text):
        if match["open"]:  # a quote or comment that is not closed yet hides whatever follows
            break
        if match["end"]:
            found.append(text[start : match.start()].strip())
            start = match.end()
    return [statement for statement in found if not blank(statement)], text[start:].strip()


def blank(text: str) -> bool:
    """Whether there are only spaces and comments."""
    return not _IGNORED.sub("", text)


def parse(sql: str) -> Statement:
    """Parse one statement, with or without its semicolon."""
    return _Parser(sql).statement()


def leaves(text: str) -> bool:
    """Whether the console is to end."""
    return text.strip().rstrip(";").strip().lower() in LEAVE


class _Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


class _Parser:
    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = list(_tokens(sql))
        self._next = 0

    def statement(self) -> Statement:
        first = self._take("word").word
        parsers: dict[str, Callable[[], Statement]] = {
            "CREATE": self._create,
            "UPDATE": self._update,
            "DROP": self._drop,
            "SHOW": self._show,
            "SELECT": self._select,
        }
        if first not in parsers:
            self._next = 0
            raise self._wrong()
        statement = parsers[first]()
        self._accept(";")
        if self._peek():
            raise self._wrong()
        return statement

    def _create(self) -> CreateAnode:
        self._expect("ANODE")
        return CreateAnode(_unquoted(self._take("string").text))

    def _update(self) -> UpdateAnode:
        if self._accept("ALL"):
            self._expect("ANODES")
            return UpdateAnode(None)
        self._expect("ANODE")
        return UpdateAnode(int(self._take("number").text))

    def _drop(self) -> DropAnode:
        self._expect("ANODE")
        return DropAnode(int(self._take("number").text))

    def _show(self) -> Select:
        self._expect("ANODES")
        return Select("ins_anodes_full" if self._accept("FULL") else "ins_anodes")

    def _select(self) -> Select | ServerVersion:
        if self._accept("SERVER_VERSION"):
            self._expect("(")
            self._expect(")")
            return ServerVersion()
        columns: tuple[str, ...] | None
        if self._accept("*"):
            columns = ()
        elif self._accept("COUNT"):
            for sign in "(*)":
                self._expect(sign)
            columns = None
        else:
            columns = tuple(self._listed())
        self._expect("FROM")
        table = self._name()
        if self._accept("."):
            table = f"{table}.{self._name()}"
        table = table.removeprefix("information_schema.")
        where = self._conditions() if self._accept("WHERE") else ()
        order = self._order() if self._accept("ORDER") else ()
        limit = int(self._take("number").text) if self._accept("LIMIT") else None
        return Select(table, columns, where, order, limit)

    def _listed(self) -> list[str]:
        names = [self._name()]
        while self._accept(","):
            names.append(self._name())
        return names

    def _conditions(self) -> tuple[Condition, ...]:
        found: list[Condition] = []
        while not found or self._accept("AND"):
            column = self._name()
            sign = self._take("sign").text
            if sign not in COMPARISONS:
                self._next -= 1
                raise self._wrong()
            value = self._take("string", "number")
            found.append(Condition(column, sign, int(value.text) if value.kind == "number" else _unquoted(value.text)))
        return tuple(found)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("BY")
        found: list[tuple[str, bool]] = []
        while not found or self._accept(","):
            name = self._name()
            descending = self._accept("DESC")
            if not descending:
                self._accept("ASC")
            found.append((name, descending))
        return tuple(found)

    def _name(self) -> str:
        return self._take("word").text.strip("`").lower()

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, *kinds: str) -> _Token:
        token = self._peek()
        if token is None or token.kind not in kinds:
            raise self._wrong()
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.kind == "string" or token.word != text:
            return False
        self._next += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._wrong()

    def _wrong(self) -> SqlError:
        token = self._peek()
        return _syntax_error(self._sql[token.start :]) if token else SqlError(SYNTAX, "Incomplete SQL statement")


def _tokens(sql: str) -> list[_Token]:
    found, at = [], 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise _syntax_error(sql[at:])
        if match.lastgroup:
            found.append(_Token(match.lastgroup, match.group(), at))
        at = match.end()
    return found


def _syntax_error(rest: str) -> SqlError:
    near = " ".join(rest.split())
    return SqlError(SYNTAX, f'syntax error near "{near[:80]}"')


def _unquoted(text: str) -> str:
    quote = text[0]
    return re.sub(r"\\(.)", r"\1", text[1:-1].replace(quote * 2, quote), flags=re.DOTALL)
