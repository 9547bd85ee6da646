"""The one executable: finds out under which name it was called and runs that command.

Starting fast matters more here than anywhere: a command's module is imported only when that command runs, and
numpy, numba or torch only inside the commands that need them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import PurePath

# command -> one line for --help. The module is appliance/commands/<command with _ for ->.py
COMMANDS = {
    "serve": "run the analysis node in the foreground",
    "check": "validate a configuration file and everything it names",
    "list": "list the algorithms, as the node announces them",
    "detect": "find anomalies in the series of a file",
    "forecast": "forecast the series of a file",
    "sql": "register nodes and look at them in SQL, as in TDengine's console",
    "train-ad": "train an anomaly detection model on your own normal data",
    "start-model": "start the server of a foundation model in the background",
    "stop-model": "stop the server of a foundation model",
    "convert-weights": "rewrite a model's taos.pth as model.safetensors",
    "selftest": "run every algorithm and compare with the answers of the release",
    "warm": "compile all kernels; part of the package build",
    "remove": "uninstall the node",
}

# The other names this executable is linked to, and what they stand for.
LINKS: dict[str, list[str]] = {
    "taosanoded": ["serve"],
    "start-model": ["start-model"],
    "stop-model": ["stop-model"],
    "start-tdtsfm": ["start-model", "tdtsfm"],
    "stop-tdtsfm": ["stop-model", "tdtsfm"],
    "start-time-moe": ["start-model", "timemoe"],
    "stop-time-moe": ["stop-model", "timemoe"],
    "start-timer-moe": ["start-model", "timemoe"],
    "stop-timer-moe": ["stop-model", "timemoe"],
    "rmtaosanode": ["remove"],
}

OK, FAILED, USAGE = 0, 1, 2  # exit codes of every command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command named by the executable's name or by the first argument; return its exit code."""
    called, *rest = sys.argv if argv is None else argv
    name = PurePath(called).name
    if name in LINKS:
        return _run(LINKS[name][0], [*LINKS[name][1:], *rest], prog=name)
    if rest and rest[0] in COMMANDS:
        return _run(rest[0], rest[1:], prog=f"taosanode {rest[0]}")
    _overview().parse_args(rest)
    return USAGE  # only reached without any argument


def daemon() -> int:
    """Entry point of `taosanoded`."""
    return main(["taosanoded", *sys.argv[1:]])


def _run(command: str, rest: Sequence[str], prog: str) -> int:
    module = importlib.import_module(f"appliance.commands.{command.replace('-', '_')}")
    parser = argparse.ArgumentParser(
        prog=prog, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"taosanode {version('taosanode')}")
    module.arguments(parser)
    code: int = module.run(parser.parse_args(rest))
    return code


def _overview() -> argparse.ArgumentParser:
    lines = [f"  {name:<16} {summary}" for name, summary in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="taosanode",
        description="Analysis node for TDengine: anomaly detection and forecasting.\n\ncommands:\n" + "\n".join(lines),
        epilog="`taosanode COMMAND --help` describes one command. Exit codes: 0 done, 1 failed, 2 wrong usage.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"taosanode {version('taosanode')}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="what to do")
    return parser


if __name__ == "__main__":
    sys.exit(main())
