"""Makes what the shells complete from the parsers: for every name of the executable a file for bash, zsh and fish.

packaging/completions.py FOLDER     writes bash/NAME, zsh/_NAME and fish/NAME.fish, with the algorithms of this tree
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import shtab

from appliance import cli
from appliance.analysis import reference
from appliance.analysis.catalog import Catalog
from appliance.analysis.kinds import BY_NAME, KINDS
from models import table

SHELLS = {"bash": "{}", "zsh": "_{}", "fish": "{}.fish"}  # and how each names its files


# After bash's own functions: a value is typed right behind the = of an option.
NO_SPACE = """
_taosanode_without_space() { _shtab_taosanode "$@"; [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace; return 0; }
complete -o bashdefault -F _taosanode_without_space taosanode
"""
Words = Mapping[str, Sequence[str]]  # by kind, as `/list` names the kinds


def write(folder: Path, algorithms: Words, options: Words) -> list[Path]:
    """Write all files below `folder`; return their paths.

    algorithms, options : their names.
    """
    written = []
    for shell, pattern in SHELLS.items():
        (folder / shell).mkdir(parents=True, exist_ok=True)
        for name in ("taosanode", *cli.LINKS):
            path = folder / shell / pattern.format(name)
            script = shtab.complete(_tree(name, algorithms, options), shell)
            path.write_text(script + (NO_SPACE if (shell, name) == ("bash", "taosanode") else ""))
            written.append(path)
    return written


def words(shipped: Catalog) -> tuple[Words, Words]:
    """Return the names of algorithms, and those of all their options, by kind."""
    options = {}
    for kind in KINDS:
        every = [*chain(*map(reference.own, shipped.of_kind(kind.wire_type).values())), *kind.options]
        options[kind.wire_type] = sorted({name for one in every for name in (one.name, *one.aliases)})
    return {kind.wire_type: [*shipped.of_kind(kind.wire_type)] for kind in KINDS}, options


def _tree(name: str, algorithms: Words, options: Words) -> argparse.ArgumentParser:
    """Return the parser of a name; of taosanode, with the parsers of all commands below it."""
    if name in cli.LINKS:
        return _hinted(cli.parser(name), cli.LINKS[name][0], algorithms, options)
    tree = argparse.ArgumentParser(prog=name)
    tree.add_argument("--version", action="version", help="show the version and exit")
    below = tree.add_subparsers()
    for command, summary in cli.COMMANDS.items():
        parser = _hinted(cli.parser(f"taosanode {command}"), command, algorithms, options)
        below.add_parser(command, help=summary, parents=[parser], add_help=False)
    return tree


def _hinted(
    parser: argparse.ArgumentParser, command: str, algorithms: Words, options: Words
) -> argparse.ArgumentParser:
    """Say what completes each argument, as far as the parser does not know it by itself."""
    name = getattr(cli.module(command), "KIND", None)  # of the commands that take the algorithms of one kind
    kinds = [BY_NAME[name].wire_type] if name else list(algorithms)
    for action in parser._actions:
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        if action.dest in ("algo", "compare"):
            action.choices = [*dict.fromkeys(algorithm for kind in kinds for algorithm in algorithms.get(kind, ()))]
        elif action.dest == "option":
            action.complete = _assigned(f"_taosanode_{name}_options", options.get(kinds[0], ()))  # type: ignore[attr-defined]
        elif action.dest == "kind":
            action.choices = [*BY_NAME]
        elif action.dest == "model" and not action.option_strings:
            action.choices = [*(row.name for row in table.OURS), "all"]
        elif metavar.startswith("FILE"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif metavar.startswith("DIR"):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return parser


def _assigned(function: str, names: Sequence[str]) -> dict[str, Any]:
    """Say for every shell that each of the names is completed with a = behind it, and no space."""
    listed = " ".join(f"{name}=" for name in names)
    return {
        "bash": function,
        "zsh": f"{{compadd -S '' -- {listed}}}",
        "fish": listed,
        "preamble": {"bash": f'{function}() {{ compgen -W "{listed}" -- "$1"; }}'},
    }


if __name__ == "__main__":
    for made in write(Path(sys.argv[1]), *words(reference.shipped())):
        sys.stdout.write(f"{made}\n")
