"""Validate a configuration file and everything it names, without starting or changing anything.

Folders and files must be there or can be made, addresses must be free, every algorithm must load. Run it as the user
the node runs as: what may be read and written is that user's.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import textwrap
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from appliance.host import addresses, settings
from appliance.host.settings import Settings
from appliance.transport.http import Client, Failed

if TYPE_CHECKING:
    from appliance.analysis.catalog import Catalog

OK, REMARK, ERROR = "ok", "remark", "ERROR"
EXIT_STATUS = {0: "the node can start, perhaps with remarks", 1: "it cannot; the lines that begin with ERROR say why"}
EPILOG = """
examples:
  taosanode check -c /etc/taos/taosanode.ini
      look at the configuration of the installed node
  taosanode check
      look at what a node without a configuration needs
"""
SERVICE_ANSWERS_WITHIN_S = 0.5
MAX_ANSWER = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    level : OK, REMARK (the node runs, but perhaps not as intended) or ERROR.
    """

    level: str
    what: str
    text: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration, such as /etc/taos/taosanode.ini; without it the defaults",
    )


def run(given: argparse.Namespace) -> int:
    """Print the verdict."""
    text, code = report(given.config)
    sys.stdout.write(text)
    return code


def report(path: Path | None) -> tuple[str, int]:
    """Return what there is to say about a configuration file, or about a node without one, and the exit code."""
    try:
        configured = settings.load(path) if path else settings.embedded()
        findings = list(_look_at(configured))
    except settings.SettingsError as error:
        findings = [Finding(ERROR, "configuration", line) for line in str(error).splitlines()]
    errors = sum(finding.level == ERROR for finding in findings)
    remarks = sum(finding.level == REMARK for finding in findings)
    lines = [f"Configuration: {path or 'none, the defaults'}", "", *map(_line, findings), ""]
    if errors:
        lines.append(f"Not usable: {_counted(errors, 'error')}.")
    else:
        lines.append(f"Usable{', with ' + _counted(remarks, 'remark') if remarks else ''}.")
    return "\n".join(lines) + "\n", 1 if errors else 0


def _line(finding: Finding) -> str:
    first, *rest = finding.text.splitlines()
    head = f"{finding.level:<8} {finding.what:<14} {first}"
    return "\n".join([head, textwrap.indent("\n".join(rest), "    ")]) if rest else head


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _look_at(configured: Settings) -> Iterator[Finding]:
    for warning in configured.warnings:
        yield Finding(REMARK, "configuration", warning)
    yield _address("http", configured.http, configured)
    if isinstance(configured.stats, tuple):
        yield _address("stats", configured.stats, configured)
    elif configured.stats:
        yield _file("stats", Path(configured.stats))
    for what, path in (("logto", configured.logto), ("app-log", configured.app_log), ("pidfile", configured.pidfile)):
        if path:
            yield _file(what, path)
    yield _folder("model-dir", configured.model_dir, "models", "*/")
    yield _folder("algorithm-dir", configured.algorithm_dir, "files", "**/*.py")
    for name, url in configured.tsfm.items():
        yield _service(name, url)
    yield from _algorithms(configured)


def _address(what: str, address: tuple[str, int], configured: Settings) -> Finding:
    host, port = address
    shown = addresses.host_port(host, port)
    if what == "stats" and port == configured.http[1]:
        return Finding(ERROR, what, f"{shown} is the port of http, it needs one of its own")
    reason = addresses.unusable(host, port)
    if reason is None:
        return Finding(OK, what, f"{shown} is free")
    if _running(configured) in addresses.owners(port):
        return Finding(OK, what, f"{shown} belongs to the running node, process {_running(configured)}")
    return Finding(ERROR, what, reason)


def _running(configured: Settings) -> int | None:
    """Return the process id in the pid file."""
    try:
        return int(configured.pidfile.read_text()) if configured.pidfile else None
    except (OSError, ValueError):
        return None


def _file(what: str, path: Path) -> Finding:
    """Look at a file that the node writes."""
    if path.is_dir():
        return Finding(ERROR, what, f"{path} is a folder, a file is needed")
    if path.exists():
        writable = os.access(path, os.W_OK)
        return Finding(OK, what, f"{path}") if writable else Finding(ERROR, what, f"{path} cannot be written")
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding(ERROR, what, f"{path} cannot be made: no right to write to {folder}")
    return Finding(OK, what, f"{path} (will be made)")


def _folder(what: str, path: Path, content: str, pattern: str) -> Finding:
    """Look at a folder that the node reads."""
    if not path.exists():
        return Finding(REMARK, what, f"{path} does not exist: no {content} in it")
    if not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
        return Finding(ERROR, what, f"{path} is not a folder that can be read")
    found = sorted(entry.name for entry in path.glob(pattern) if not entry.name.startswith("_"))
    return Finding(OK, what, f"{path}: {', '.join(found) or f'no {content}'}")


def _service(name: str, url: str) -> Finding:
    """Look whether a model service is up; it need not be, they are started by hand."""
    client = Client(connect_s=SERVICE_ANSWERS_WITHIN_S, max_answer=MAX_ANSWER, kept=0)
    try:
        client.request("GET", urlsplit(url), longest_s=SERVICE_ANSWERS_WITHIN_S)  # whatever it says, it is there
    except Failed as error:
        return Finding(REMARK, "tsfm-service", f"{name}: {url} does not answer: {error.reason}")
    return Finding(OK, "tsfm-service", f"{name}: {url} answers")


def _algorithms(configured: Settings) -> Iterator[Finding]:
    """Load everything the node would load, and try what the operator has added; numpy and numba from here on."""
    from appliance.analysis import catalog

    logging.getLogger().addHandler(logging.NullHandler())  # what goes wrong is part of the report
    try:
        found = catalog.build(configured)
    except Exception:
        yield Finding(ERROR, "algorithms", f"the node's own algorithms do not load:\n{traceback.format_exc()}")
        return
    for path, reason in found.broken.items():
        yield Finding(ERROR, "algorithms", f"{path} cannot be used:\n{reason}")
    yield Finding(OK, "algorithms", ", ".join(found.names))
    yield from _tried(found)


def _tried(found: Catalog) -> Iterator[Finding]:
    """Run each algorithm of the operator's on series that have broken others."""
    from appliance.analysis import conformance

    for own in found.own:
        with contextlib.redirect_stdout(sys.stderr):
            faults = list(conformance.faults(own.algorithm, own.kind, str(own.path)))
        for fault in faults:
            yield Finding(ERROR if fault.severe else REMARK, own.algorithm.name, f"{own.path}: {fault.text}")
        if not faults:
            yield Finding(OK, own.algorithm.name, f"{own.path} keeps the contract on {len(conformance.nasty())} series")
