"""The interactive console: looks and behaves like the `taos>` prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from appliance.sql import render, statements
from appliance.sql.answers import Engine, SqlError

CONTINUATION = "   -> "
PHRASES = (
    "create anode '",
    "show anodes;",
    "show anodes full;",
    "update anode ",
    "update all anodes;",
    "drop anode ",
    "select * from information_schema.ins_anodes;",
    "select * from information_schema.ins_anodes_full;",
    "select count(*) from information_schema.ins_anodes_full where algo = '",
    "select id from information_schema.ins_anodes_full where algo = '",
    "quit",
)
_SECRET = re.compile(r"\b(pass|password|token)\b", re.IGNORECASE)
_ALGORITHM = re.compile(r"\balgo\s*(?:=|<>|!=)\s*'(?P<typed>[^']*)$", re.IGNORECASE)


def loop(engine: Engine, history: Path, run: Callable[[str], object]) -> None:
    """Prompt for statements and run them, until `quit` or the end of input."""
    history.parent.mkdir(parents=True, exist_ok=True)
    history.touch(mode=0o600)
    session: PromptSession[str] = PromptSession(
        render.PROMPT,
        multiline=True,
        prompt_continuation=CONTINUATION,
        history=_History(str(history)),
        completer=StatementCompleter(engine),
        complete_while_typing=False,
        key_bindings=_keys(),
    )
    while True:
        try:
            text = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if statements.leaves(text):
            return
        found, rest = statements.split(text)
        for statement in [*found, *([rest] if rest else [])]:
            run(statement)


def complete(text: str) -> bool:
    """Whether Enter runs what was typed, or goes on in the next line."""
    found, rest = statements.split(text)
    return statements.leaves(text) or statements.blank(text) or (bool(found) and statements.blank(rest))


class StatementCompleter(Completer):
    """Completes statements word by word, and the names of algorithms."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Return what may follow the statement under the cursor."""
        _, text = statements.split(document.text_before_cursor)
        text = text if document.text_before_cursor.endswith(text) else f"{text} "
        if algorithm := _ALGORITHM.search(text):
            typed = algorithm["typed"]
            yield from self._named(typed)
            return
        seen = set()
        typed = " ".join(text.split()) + (" " if text[-1:].isspace() and text.strip() else "")
        for phrase in PHRASES:
            if phrase.startswith(typed.lower()) and phrase != typed.lower():
                start = typed.rfind(" ") + 1
                word = phrase[start:].partition(" ")[0]
                if word not in seen:
                    seen.add(word)
                    yield Completion(word, start_position=start - len(typed))

    def _named(self, typed: str) -> Iterable[Completion]:
        try:
            names = self._engine.algorithms()
        except SqlError:
            return  # the statement itself will say what is wrong
        for name in names:
            if name.startswith(typed.lower()):
                yield Completion(name, start_position=-len(typed))


class _History(FileHistory):
    """What was typed, but for statements that may hold a secret."""

    def store_string(self, string: str) -> None:
        if not _SECRET.search(string):
            super().store_string(string)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys
