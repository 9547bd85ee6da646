"""The one executable: finds out under which name it was called and runs that command.

Starting fast matters more here than anywhere: a command's module is imported only when that command runs, and
numpy, numba or torch only inside the commands that need them.

Help, manual pages and completion all come from `parser`. A command is described by its module: the docstring, then
EXIT_STATUS (what 0 and 1 mean to it), then EPILOG: sections such as ``examples:``, two spaces before a term, more
before what is said of it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import PurePath
from types import ModuleType

from appliance.host import streams
from models import table

# command -> one line for --help. The module is appliance/commands/<command with _ for ->.py
COMMANDS = {
    "serve": "run the analysis node in the foreground",
    "check": "validate a configuration file and everything it names",
    "list": "list the algorithms, or one with all its options",
    "detect": "find anomalies in the series of a file",
    "forecast": "forecast the series of a file",
    "impute": "fill the gaps in the series of a file",
    "correlate": "correlate the columns of a file with each other",
    "sql": "register nodes and look at them in SQL, as in TDengine's console",
    "train": "train a model on the rows of a file, for a node to deploy",
    "train-ad": "train an anomaly detection model on your own normal data",
    "start-model": "start the server of a foundation model in the background",
    "stop-model": "stop the server of a foundation model",
    "convert-weights": "rewrite a model's taos.pth as model.safetensors",
    "selftest": "run every algorithm and compare with the answers of the release",
    "warm": "compile all kernels; part of the package build",
    "remove": "uninstall the node",
    "start": "start the node in the background",
    "stop": "stop the node",
    "status": "say whether the node and its model servers run",
    "model-start": "start model servers, by default all",
    "model-stop": "stop model servers, by default all",
    "model-status": "say which model servers run",
    "install-service": "have systemd start the node with the machine",
    "uninstall-service": "have systemd not start the node with the machine",
    "start-service": "start the node's unit of systemd",
    "stop-service": "stop the node's unit of systemd",
}

# Commands that are another's module with some values: the verbs of TDgpt's taosanode_service.py.
VERBS: dict[str, tuple[str, Mapping[str, str]]] = {
    "model-start": ("start-model", {"unnamed": "all"}),
    "model-stop": ("stop-model", {"unnamed": "all"}),
    "model-status": ("status", {"only": "models"}),
    **{f"{verb}-service": ("service", {"verb": verb}) for verb in ("install", "uninstall", "start", "stop")},
}

# The other names this executable is linked to: the command each stands for, and the values it brings along.
LINKS: dict[str, tuple[str, Mapping[str, str]]] = {
    "taosanoded": ("serve", {}),
    "start-model": ("start-model", {}),
    "stop-model": ("stop-model", {}),
    **{
        f"{verb}-{word}": (f"{verb}-model", {"model": model})
        for word, model in table.commands()
        for verb in ("start", "stop")
    },
    "rmtaosanode": ("remove", {}),
}

OK, FAILED, USAGE = 0, 1, 2  # exit codes of every command
EXIT_STATUS: dict[int, str] = {
    OK: "done",
    FAILED: "failed; standard error says what and why",
    USAGE: "wrong usage; nothing was done",
    128 + signal.SIGINT: "interrupted, by Ctrl-C for example",
    128 + signal.SIGPIPE: "whoever read the output has gone",
}

DESCRIPTION = """Analysis node for TDengine: anomaly detection and forecasting behind SQL.

`taosanode COMMAND --help` describes one command; once the node is installed, so does `man taosanode-COMMAND`."""

EPILOG = """
files:
  /etc/taos/taosanode.ini
      configuration of the node; every key is described there
  /usr/local/taos/taosanode
      the program, and links to all that follows
  /var/log/taos/taosanode
      logs
  /var/lib/taos/taosanode/model
      trained models, one folder each
  /var/lib/taos/taosanode/resource/algo
      algorithms of your own, one Python file each

examples:
  systemctl start taosanoded
      start the node
  taosanode check -c /etc/taos/taosanode.ini
      see what is wrong with a configuration before it is used
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command named by the executable's name or by the first argument; return its exit code."""
    called, *rest = sys.argv if argv is None else argv
    streams.occupy()
    lost = ""
    try:
        try:
            code = _run(PurePath(called).name, rest)
        finally:
            lost = streams.flush()
    except KeyboardInterrupt as interruption:
        return _end_by(interruption.args[0] if interruption.args else signal.SIGINT)
    except BrokenPipeError:  # of the output: commands handle those of their connections
        return _end_by(signal.SIGPIPE)
    except (OSError, SystemExit) as end:  # of a long output, and of --help
        if not lost or getattr(end, "code", OK) != OK:
            raise
        code = OK
    if lost and code == OK:
        sys.stderr.write(f"standard output cannot be written: {lost}\n")
        return FAILED
    return code


def daemon() -> int:
    """Entry point of `taosanoded`."""
    return main(["taosanoded", *sys.argv[1:]])


def parser(name: str) -> argparse.ArgumentParser:
    """Return the parser behind a name of LINKS, behind "taosanode COMMAND", or behind "taosanode" alone."""
    command, given = _meant(name)
    if not command:
        return _overview()
    described = module(command)
    made = _parser(
        name, described.__doc__ or "", getattr(described, "EXIT_STATUS", {}), getattr(described, "EPILOG", "")
    )
    made.set_defaults(**given)  # before the arguments: a command declares none that has its value already
    described.arguments(made)
    return made


def _run(name: str, rest: Sequence[str]) -> int:
    if name not in LINKS:
        if not rest or rest[0] not in COMMANDS:
            _overview().parse_args(rest)
            return USAGE  # not reached: without a command the parser ends it
        name, rest = f"taosanode {rest[0]}", rest[1:]
    code: int = module(_meant(name)[0]).run(parser(name).parse_args(rest))
    return code


def _meant(name: str) -> tuple[str, Mapping[str, str]]:
    command = name.partition(" ")[2]
    return LINKS.get(name) or VERBS.get(command) or (command, {})


def _end_by(number: int) -> int:
    """End as a program does that leaves signals alone: so a loop of the shell around it ends too."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def module(command: str) -> ModuleType:
    """Return the module of a command."""
    command = VERBS.get(command, (command,))[0]
    return importlib.import_module(f"appliance.commands.{command.replace('-', '_')}")


def _overview() -> argparse.ArgumentParser:
    lines = [f"  {name:<18} {summary}" for name, summary in COMMANDS.items()]
    made = _parser("taosanode", DESCRIPTION, {}, EPILOG)
    made.epilog = "\n".join(["commands:", *lines, "", made.epilog or ""])
    made.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="what to do")
    return made


def _parser(prog: str, description: str, exit_status: Mapping[int, str], epilog: str) -> argparse.ArgumentParser:
    lines = [f"  {code:<5} {meaning}" for code, meaning in sorted({**EXIT_STATUS, **exit_status}.items())]
    made = argparse.ArgumentParser(
        prog=prog,
        description=description.strip(),
        epilog="\n".join(["exit status:", *lines, epilog]).rstrip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    told = f"taosanode {version('taosanode')}"
    made.add_argument("--version", action="version", version=told, help="show the version and exit")
    return made


if __name__ == "__main__":
    sys.exit(main())
