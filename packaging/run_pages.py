"""Runs the commands of the pages, in the order in which they stand there, and writes what they print beneath them.

packaging/run_pages.py                      writes pages anew where a command prints something else
packaging/run_pages.py --check              only says so, and ends with 1; tests/test_pages.py asks
packaging/run_pages.py docs/imputation.md   runs some pages instead of all

A block of ```console has commands after `$`, and below each what it prints on both of its outputs; a line `...` stands
for lines that are left out. All of a page run in one folder, which has the files of docs/data in the beginning. Pages
that ask a node, and start none, share one. What cannot be run is in packaging/pages_not_run.py.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from page_blocks import CONSOLE, DOCS, PAGES, ROOT, Block, Command, blocks, commands, text, with_blocks, written
from pages_not_run import reason
from same_output import same, wrapped

from appliance import cli
from appliance.analysis import reference

NODE, FOLDER = "127.0.0.1:6090", "/home/me/data"  # on the pages; here they are elsewhere
INSTALLED = {
    "/usr/share/taosanode/convert_model.py": str(ROOT / "packaging/convert_model.py"),
    "/usr/share/taosanode/prometheus-rules.yml": str(ROOT / "packaging/monitoring/prometheus-rules.yml"),
}
ASKED = re.compile(f"(?://|'){re.escape(NODE)}")
START = "taosanode start"
REST = "..."
# statements of SQL give a node 100 ms, which are not enough on a machine that has much else to do; none was carried out
LATE, TRIES = re.compile("0x80000441|offline"), 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands run: their folder, and the address of their node."""

    folder: Path
    address: str
    nodes: list[int] = field(default_factory=list)  # processes of those that were started there

    def _environment(self, typed: str) -> dict[str, str]:
        """Return what a command finds there; a configuration says by itself where the node is."""
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = {"PATH": tools, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "HOME": str(self.folder)}
        return {**os.environ, **ours} | ({} if " -c " in typed else {"TAOSANODE_HTTP": self.address})

    def again(self, command: Command) -> Command:
        """Run a command; it shows what it did before, if that is the same."""
        here = {NODE: self.address, FOLDER: str(self.folder), **INSTALLED}
        typed = command.typed
        for there, real in here.items():
            typed = typed.replace(there, real)
        for _ in range(TRIES):
            seen = self.printed(typed)
            if not LATE.search(seen):
                break
        for there, real in here.items():
            seen = seen.replace(real, there)
        seen = wrapped(seen)
        shown, lines = command.shown.splitlines(), seen.splitlines()
        if REST in shown:
            place = shown.index(REST)
            seen = "\n".join([*lines[:place], REST, *lines[len(lines) + place + 1 - len(shown) :]])
        return command if same(command.shown, seen) else Command(command.typed, seen)

    def printed(self, typed: str) -> str:
        """Return what is printed: by one of ours in a process that has the kernels already, by others in the shell."""
        with tempfile.TemporaryFile() as file:
            if typed.startswith("taosanode ") and not set(shlex.shlex(typed, punctuation_chars=True)) & {"|", ">", "<"}:
                pid = os.fork()
                if pid == 0:
                    self._become(typed, file.fileno())
                os.waitpid(pid, 0)
            else:
                shell = ["bash", "-c", typed]
                subprocess.run(
                    shell, cwd=self.folder, env=self._environment(typed), stdout=file, stderr=file, check=False
                )
            file.seek(0)
            output = "\n".join(line.rstrip() for line in file.read().decode().splitlines()).rstrip("\n")
        if typed.startswith(START):
            self.nodes.extend(int(number) for number in re.findall(r"process (\d+)", output))
        return output

    def clear(self) -> None:
        """Stop the nodes that still run."""
        for process in self.nodes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)

    def _become(self, typed: str, output: int) -> None:
        """Be one of our commands in this process, which ends."""
        code = 1
        try:
            os.chdir(self.folder)
            os.environ.update(self._environment(typed))
            for number in (1, 2):
                os.dup2(output, number)
            sys.stdout, sys.stderr = (open(number, "w", buffering=1) for number in (1, 2))  # noqa: SIM115
            code = cli.main(shlex.split(typed))
            sys.stdout.flush()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)


def main() -> int:
    """Run the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="default: all")
    given = parser.parse_args()
    reference.shipped().load()  # once, for all commands
    for command in cli.COMMANDS:
        cli.module(command)
    changed = False
    for name, new in renewed(given.pages or PAGES).items():
        old = text(name)
        if new != old:
            changed = True
            lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, "as run", lineterm="")
            sys.stdout.write("\n".join(lines) + "\n")
            if not given.check:
                (ROOT / name).write_text(new, encoding="utf-8")
    return int(changed and given.check)


def renewed(pages: Sequence[str]) -> dict[str, str]:
    """Return pages with what their commands print now."""
    new = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        shared = Place(Path(name), _free_address())
        try:
            for page in pages:
                typed = "".join(block.text for block in blocks(text(page)) if runs(page, block))
                starts = START in typed
                asks = ASKED.search(typed) and not starts
                if asks and not shared.nodes:
                    shared.printed(START)
                new[page] = _renewed(page, shared.address if asks else _free_address())
        finally:
            shared.clear()
    return new


def runs(page: str, block: Block) -> bool:
    """Tell whether the commands of a block are run."""
    return block.language == CONSOLE and not reason(page, block)


def _renewed(page: str, address: str) -> str:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        place = Place(Path(name), address)
        shutil.copytree(DOCS / "data", place.folder, dirs_exist_ok=True)

        def again(block: Block) -> str:
            return written(map(place.again, commands(block.text))) if runs(page, block) else block.text

        try:
            return with_blocks(text(page), again)
        finally:
            place.clear()


def _free_address() -> str:
    """Return an address whose port has four digits, so that tables look as they do on the page."""
    for port in random.sample(range(2000, 10_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return f"127.0.0.1:{port}"
    raise OSError("no port is free")


if __name__ == "__main__":
    sys.exit(main())
