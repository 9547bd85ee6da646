"""Makes what the shells complete from the parsers: for every name of the executable a file for bash, zsh and fish.

packaging/completions.py FOLDER     writes bash/NAME, zsh/_NAME and fish/NAME.fish, with the algorithms of this tree
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shtab

from appliance import cli
from appliance.analysis.kinds import BY_NAME
from models import table

SHELLS = {"bash": "{}", "zsh": "_{}", "fish": "{}.fish"}  # and how each names its files


def write(folder: Path, algorithms: Mapping[str, Sequence[str]]) -> list[Path]:
    """Write all files below `folder`; return their paths.

    algorithms : names by kind, as `/list` names the kinds.
    """
    written = []
    for shell, pattern in SHELLS.items():
        (folder / shell).mkdir(parents=True, exist_ok=True)
        for name in ("taosanode", *cli.LINKS):
            path = folder / shell / pattern.format(name)
            path.write_text(shtab.complete(_tree(name, algorithms), shell))
            written.append(path)
    return written


def by_kind(details: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the names of algorithms by kind from the details of `taosanode list --json`."""
    return {detail["type"]: sorted(algorithm["name"] for algorithm in detail["algo"]) for detail in details}


def _tree(name: str, algorithms: Mapping[str, Sequence[str]]) -> argparse.ArgumentParser:
    """Return the parser of a name; of taosanode, with the parsers of all commands below it."""
    if name in cli.LINKS:
        return _hinted(cli.parser(name), cli.LINKS[name][0], algorithms)
    tree = argparse.ArgumentParser(prog=name)
    tree.add_argument("--version", action="version", help="show the version and exit")
    below = tree.add_subparsers()
    for command, summary in cli.COMMANDS.items():
        parser = _hinted(cli.parser(f"taosanode {command}"), command, algorithms)
        below.add_parser(command, help=summary, parents=[parser], add_help=False)
    return tree


def _hinted(
    parser: argparse.ArgumentParser, command: str, algorithms: Mapping[str, Sequence[str]]
) -> argparse.ArgumentParser:
    """Say what completes each argument, as far as the parser does not know it by itself."""
    for action in parser._actions:
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        if action.dest in ("algo", "compare"):
            name = getattr(cli.module(command), "KIND", None)  # of the commands that take the algorithms of one kind
            kinds = [BY_NAME[name].wire_type] if name else list(algorithms)
            action.choices = [algorithm for kind in kinds for algorithm in algorithms[kind]]
        elif action.dest == "model" and not action.option_strings:
            action.choices = [*(row.name for row in table.OURS), "all"]
        elif metavar.startswith("FILE"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif metavar.startswith("DIR"):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return parser


if __name__ == "__main__":
    import orjson

    from appliance.analysis import catalog
    from appliance.host.settings import Settings
    from appliance.node.resources import listing

    answer = orjson.loads(listing.answer(catalog.build(Settings()), Settings()))
    for made in write(Path(sys.argv[1]), by_kind(answer["details"])):
        sys.stdout.write(f"{made}\n")
