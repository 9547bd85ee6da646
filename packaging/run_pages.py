"""Runs the commands of the pages, in the order in which they stand there, and writes what they print beneath them.

packaging/run_pages.py            writes pages anew where a command prints something else
packaging/run_pages.py --check    only says so, and ends with 1; tests/test_pages.py asks

A block of ```console has commands after `$`, and below each what it prints on both of its outputs; a last line `...`
stands for the rest of it. All of a page run in one folder, which has the files of docs/data in the beginning.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import math
import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance import cli
from appliance.analysis import reference

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = ("tour",)
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
NODE, FOLDER = "127.0.0.1:6090", "/home/me/data"  # on the pages; here they are elsewhere
# what is never the same twice
MASKED = re.compile(r"process \d+|output \S+|\(\d+\.\d+s\)|\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\b")
SECONDS = "seconds"  # the column of comparisons
PRECISION = 1e-4  # of numbers: another processor may round their last digit otherwise
REST = "..."


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, without the prompt, and what it prints."""

    typed: str
    shown: str


def main() -> int:
    """Run all pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    reference.shipped().load()  # loads the kernels once, for all commands
    changed = False
    for name in PAGES:
        path = DOCS / f"{name}.md"
        old = path.read_text(encoding="utf-8")
        new = renewed(old)
        if new != old:
            changed = True
            lines = difflib.unified_diff(old.splitlines(), new.splitlines(), str(path), "as run", lineterm="")
            sys.stdout.write("\n".join(lines) + "\n")
            if not given.check:
                path.write_text(new, encoding="utf-8")
    return int(changed and given.check)


def renewed(page: str) -> str:
    """Return a page with what its commands print now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(DOCS / "data", folder, dirs_exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "HOME": name}
        environment["TAOSANODE_HTTP"] = f"127.0.0.1:{_free_port()}"

        def again(block: re.Match[str]) -> str:
            return written(Command(each.typed, _once_more(each, folder, environment)) for each in commands(block[0]))

        try:
            return BLOCK.sub(again, page)
        finally:
            if (folder / ".run").exists():  # a page that has started a node and did not come to its end
                _printed("taosanode stop", folder, environment)


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


def same(shown: str, seen: str) -> bool:
    """Tell whether a command has printed what the page shows, but for what is never the same twice."""
    lines, others = _comparable(shown), _comparable(seen)
    return len(lines) == len(others) and all(map(_same_cells, lines, others))


def _once_more(command: Command, folder: Path, environment: dict[str, str]) -> str:
    seen = _printed(command.typed.replace(NODE, environment["TAOSANODE_HTTP"]), folder, environment)
    seen = seen.replace(environment["TAOSANODE_HTTP"], NODE).replace(str(folder), FOLDER)
    if command.shown.endswith(REST):
        seen = "\n".join([*seen.splitlines()[: command.shown.count("\n")], REST])
    return command.shown if same(command.shown, seen) else seen


def _printed(typed: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what a command prints: one of ours in a process that has the kernels already, others by the shell."""
    with tempfile.TemporaryFile() as file:
        if typed.startswith("taosanode "):
            pid = os.fork()
            if pid == 0:
                _become(shlex.split(typed), folder, environment, file.fileno())
            os.waitpid(pid, 0)
        else:
            subprocess.run(["bash", "-c", typed], cwd=folder, env=environment, stdout=file, stderr=file, check=False)
        file.seek(0)
        return "\n".join(line.rstrip() for line in file.read().decode().splitlines()).rstrip("\n")


def _free_port() -> int:
    """Return a port of four digits, so that tables look as they do on the page."""
    for port in random.sample(range(2000, 10_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port is free")


def _become(arguments: list[str], folder: Path, environment: dict[str, str], output: int) -> None:
    """Be one of our commands in this process, which ends."""
    code = 1
    try:
        os.chdir(folder)
        os.environ.update(environment)
        for number in (1, 2):
            os.dup2(output, number)
        sys.stdout, sys.stderr = (open(number, "w", buffering=1) for number in (1, 2))  # noqa: SIM115
        code = cli.main(arguments)
        sys.stdout.flush()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _is_open(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return True
    return text.endswith("\\")


def _comparable(text: str) -> list[list[str]]:
    lines = [re.split(r"[\s,]+", MASKED.sub("~", line).strip()) for line in text.splitlines()]
    for line in lines:
        if SECONDS in line:  # those that have no time have no such cell
            place, length = line.index(SECONDS), len(line)
            return [line[:place] + line[place + 1 :] if len(line) == length else line for line in lines]
    return lines


def _same_cells(shown: list[str], seen: list[str]) -> bool:
    return len(shown) == len(seen) and all(map(_same_cell, shown, seen))


def _same_cell(shown: str, seen: str) -> bool:
    try:
        return shown == seen or math.isclose(float(shown), float(seen), rel_tol=PRECISION)
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
