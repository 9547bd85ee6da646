"""The blocks of code on the pages, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *DOCS.glob("**/*.md")))
CONSOLE = "console"  # commands after `$`, and what they print
COMMANDS = (CONSOLE, "sh")
PYTHON = ("python", "pycon")
OTHERS = ("haproxy", "ini", "json", "mermaid", "nginx", "py", "sql", "text", "yaml")  # nothing that could be run
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """What a page has as code, and in which language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, without the prompt, and what it prints."""

    typed: str
    shown: str


def text(page: str) -> str:
    """Return a page, named by its path from the top of the tree."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a text."""
    for language, inner in _BLOCK.findall(page):
        yield Block(language, inner)


def with_blocks(page: str, become: Callable[[Block], str]) -> str:
    """Return a text whose blocks have become something else."""
    return _BLOCK.sub(lambda found: f"```{found[1]}\n{become(Block(found[1], found[2]))}```", page)


def commands(block: str) -> list[Command]:
    """Return what is typed in a block; quotation marks that are open go on in the next line."""
    found = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        typed = 1
        while _is_open("\n".join(lines[:typed])):
            typed += 1
        found.append(Command("\n".join(lines[:typed]), "\n".join(lines[typed:]).rstrip("\n")))
    return found


def written(block: Iterable[Command]) -> str:
    """Return the text of a block: an empty line after what a command has printed, unless it is the last one."""
    text, printed = "", False
    for each in block:
        text += "\n" * printed + f"$ {each.typed}\n" + f"{each.shown}\n" * bool(each.shown)
        printed = bool(each.shown)
    return text


def _is_open(typed: str) -> bool:
    try:
        shlex.split(typed)
    except ValueError:
        return True
    return typed.endswith("\\")
