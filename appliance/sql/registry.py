"""The registry of nodes: a SQLite file that several consoles share.

Every change is one transaction on disk before the statement returns, so that a killed process leaves either all of a
change or nothing. AUTOINCREMENT keeps the highest id ever given, so none is given twice.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from appliance.sql import answers
from appliance.sql.anode import Algorithm
from appliance.sql.answers import SqlError

SYSTEM_FILE = Path("/var/lib/taos/taosanode/anodes.db")
MAX_URL_BYTES = 128
WAIT_FOR_OTHERS_S = 10.0
_MAX_ID = 2**31 - 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS anode (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, folded TEXT NOT NULL UNIQUE,
    create_ms INTEGER NOT NULL, update_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS algorithm (
    anode INTEGER NOT NULL REFERENCES anode ON DELETE CASCADE, position INTEGER NOT NULL,
    type TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (anode, type, name)
) STRICT;
"""


class Anode(NamedTuple):
    """A registered node; times in milliseconds since 1970."""

    id: int
    url: str
    create_ms: int
    update_ms: int


def default_file() -> Path:
    """Return the system's registry for root, the user's own for everybody else."""
    if os.geteuid() == 0:
        return SYSTEM_FILE
    return state_folder() / "anodes.db"


def state_folder() -> Path:
    """Return the folder for what a user's programs remember."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "taosanode"


class Registry:
    """Nodes and their algorithms. Use one object in as many threads as you like: each call opens the file anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)

    def anodes(self) -> list[Anode]:
        """Return all nodes by id."""
        with self._open() as database:
            rows = database.execute("SELECT id, url, create_ms, update_ms FROM anode ORDER BY id")
            return [Anode(*row) for row in rows]

    def algorithms(self) -> list[tuple[int, Algorithm]]:
        """Return the algorithms of all nodes, with the node's id."""
        with self._open() as database:
            rows = database.execute("SELECT anode, type, name FROM algorithm ORDER BY anode, position")
            return [(id, Algorithm(type, name)) for id, type, name in rows]

    def refuse(self, url: str) -> None:
        """Raise if this url cannot be registered, before its node is asked."""
        if len(url.encode()) > MAX_URL_BYTES:
            raise SqlError(answers.LONG_URL, "Anode url too long")
        with self._open() as database:
            if database.execute("SELECT 1 FROM anode WHERE folded = ?", (url.casefold(),)).fetchone():
                raise _exists()

    def create(self, url: str, algorithms: Sequence[Algorithm]) -> int:
        """Register a node, return its id."""
        now = _now_ms()
        with self._changing() as database:
            try:
                cursor = database.execute(
                    "INSERT INTO anode (url, folded, create_ms, update_ms) VALUES (?, ?, ?, ?)",
                    (url, url.casefold(), now, now),
                )
            except sqlite3.IntegrityError as error:
                raise _exists() from error
            id = cursor.lastrowid
            assert id is not None
            _insert(database, id, algorithms)
        return id

    def update(self, anode: Anode, algorithms: Sequence[Algorithm]) -> None:
        """Replace a node's algorithms."""
        with self._changing() as database:
            changed = database.execute("UPDATE anode SET update_ms = ? WHERE id = ?", (_now_ms(), anode.id))
            if changed.rowcount == 0:  # dropped meanwhile
                raise _absent()
            database.execute("DELETE FROM algorithm WHERE anode = ?", (anode.id,))
            _insert(database, anode.id, algorithms)

    def find(self, id: int) -> Anode:
        """Return a node; raises if there is none."""
        found = next((anode for anode in self.anodes() if anode.id == id), None)
        if found is None:
            raise _absent()
        return found

    def drop(self, id: int) -> None:
        """Forget a node."""
        if not 0 < id <= _MAX_ID:
            raise _absent()
        with self._changing() as database:
            if database.execute("DELETE FROM anode WHERE id = ?", (id,)).rowcount == 0:
                raise _absent()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=WAIT_FOR_OTHERS_S, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA foreign_keys = ON")
            yield database
        finally:
            database.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that no other writer can come between."""
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _insert(database: sqlite3.Connection, id: int, algorithms: Sequence[Algorithm]) -> None:
    rows = [(id, position, *algorithm) for position, algorithm in enumerate(algorithms)]
    database.executemany("INSERT INTO algorithm (anode, position, type, name) VALUES (?, ?, ?, ?)", rows)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _exists() -> SqlError:
    return SqlError(answers.EXISTS, "Anode already exists")


def _absent() -> SqlError:
    return SqlError(answers.ABSENT, "Anode does not exist")
