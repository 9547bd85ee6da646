from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from appliance.sql import console
from appliance.sql.embedded import Embedded
from tests.appliance.sql.fake_node import FakeNode

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\r ]")

# A busy machine must not make a live node look dead.
START = (
    "import sys; from appliance import cli; from appliance.sql import anode; anode.PATIENCE_S = 5; sys.exit(cli.main())"
)


class Terminal:
    """`taosanode sql` in a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "XDG_STATE_HOME": str(folder), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        command = [sys.executable, "-c", START, "sql", "--registry", str(folder / "anodes.db")]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        self._shown, self._read = b"", 0

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, text: str) -> None:
        """Read on until this text is shown."""
        wanted = text.replace(" ", "").encode()  # spaces are often moves of the cursor
        while (at := _CONTROL.sub(b"", self._shown).find(wanted, self._read)) < 0:
            ready, _, _ = select.select([self._master], [], [], 30)
            assert ready, f"{text!r} is not shown, but: {self._shown!r}"
            self._shown += os.read(self._master, 65536)
        self._read = at + len(wanted)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)


def test_a_session(tmp_path: Path, node: FakeNode) -> None:
    terminal = Terminal(tmp_path)
    try:
        terminal.until("taos> ")
        terminal.type("create anode\r")
        terminal.until("   -> ")
        terminal.type(f"'{node.url}';\r")
        terminal.until("Create OK, 0 row(s) affected")
        terminal.until("taos> ")
        terminal.type("sh\t")  # Tab completes the only word that fits
        terminal.until("show")
        terminal.type(" anodes full;\r")
        terminal.until("Query OK, 10 row(s) in set")
        terminal.until("taos> ")
        terminal.type("\x1b[A\r")  # the statement before, again
        terminal.until("Query OK, 10 row(s) in set")
        terminal.until("taos> ")
        terminal.type("shwo;\r")
        terminal.until('DB error: syntax error near "shwo"[0x80002600]')
        terminal.until("taos> ")
        terminal.type("quit\r")
        assert terminal.process.wait(timeout=30) == 0
    finally:
        terminal.close()
    history = (tmp_path / "taosanode" / "sql_history").read_text()
    assert f"+create anode\n+'{node.url}';\n" in history


def test_secrets_are_not_kept_in_the_history(tmp_path: Path) -> None:
    history = console._History(str(tmp_path / "history"))
    history.append_string("show anodes;")
    history.append_string("alter user root PASS 'hidden';")
    assert "hidden" not in (tmp_path / "history").read_text()
    assert "show anodes" in (tmp_path / "history").read_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("show anodes", False),
        ("show anodes;", True),
        ("create anode 'a;", False),
        ("show anodes; show", False),
        ("quit", True),
        ("show anodes; -- done", True),
    ],
)
def test_a_statement_is_complete_at_its_semicolon(text: str, expected: bool) -> None:
    assert console.complete(text) is (expected or not text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s", ["show", "select"]),
        ("SHOW a", ["anodes;", "anodes"]),
        ("update ", ["anode", "all"]),
        ("show anodes; dr", ["drop"]),
        ("select id from x where algo = 'hol", ["holtwinters"]),
        ("nonsense ", []),
    ],
)
def test_completion(engine: Embedded, node: FakeNode, text: str, expected: list[str]) -> None:
    engine.execute(f"create anode '{node.url}'")
    offered = console.StatementCompleter(engine).get_completions(Document(text), CompleteEvent())
    assert [completion.text for completion in offered] == expected
