"""Validate a configuration file and everything it names, without starting or changing anything.

Folders and files must be there or can be made, addresses must be free, every algorithm must load. Run it as the user
the node runs as: what may be read and written is that user's.

The configuration may also be the taosanode.config.py of a TDgpt node. It is read as data, never executed: what it would
become in a taosanode.ini is shown line by line, and what is not taken over is a remark with its line and the reason.
--convert writes that taosanode.ini, and leaves the old file as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.host import addresses, certificates, paths, settings, tdgpt_config
from appliance.host.settings import Settings
from appliance.node import background
from appliance.transport import readiness

if TYPE_CHECKING:
    from appliance.analysis.catalog import Catalog

OK, REMARK, FAULT, ERROR = "ok", "remark", "FAULT", "ERROR"
EXIT_STATUS = {
    0: "the node can start, perhaps with remarks or without an algorithm of yours that has a FAULT",
    1: "it cannot; the lines that begin with ERROR say why. With --convert: nothing was written, and why",
}
EPILOG = """
examples:
  taosanode check -c /etc/taos/taosanode.ini
      look at the configuration of the installed node
  taosanode check
      look at what a node without a configuration needs
  taosanode check -c taosanode.config.py
      see what the configuration of a TDgpt node would become
  taosanode check --convert taosanode.config.py
      write that as taosanode.ini beside it; a file that is there is never overwritten
"""
CONFIG_PY = ".config.py"
SERVICE_ANSWERS_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    level : OK, REMARK (the node runs, but perhaps not as intended), FAULT (it runs, but an algorithm of the operator's
        does not) or ERROR (it does not run).
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
    parser.add_argument(
        "--convert", type=Path, metavar="FILE.config.py", help="write the taosanode.ini that means what this file says"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where --convert writes to, FILE.ini by default"
    )


def run(given: argparse.Namespace) -> int:
    """Print the verdict."""
    if given.convert:
        return _convert(given.convert, given.output or given.convert.with_name(_stem(given.convert) + ".ini"))
    text, code = report(given.config)
    sys.stdout.write(text)
    return code


def _convert(path: Path, output: Path) -> int:
    """Write an ini that means what a configuration of TDgpt says; only one that the node would take."""
    try:
        found = settings.load(path)
        with output.open("x", encoding="utf-8") as file:
            file.write(tdgpt_config.as_ini(path))
    except (settings.SettingsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in (*found.warnings, f"written: {output}")))
    return 0


def _stem(path: Path) -> str:
    return path.name.removesuffix(CONFIG_PY).removesuffix(tdgpt_config.SUFFIX)


def report(path: Path | None) -> tuple[str, int]:
    """Return what there is to say about a configuration file, or about a node without one, and the exit code."""
    try:
        configured = settings.load(path) if path else settings.embedded()
        findings = [*_taken_over(path), *_look_at(configured)]
    except settings.SettingsError as error:
        findings = [Finding(ERROR, "configuration", line) for line in str(error).splitlines()]
    errors, faults, remarks = (sum(one.level == level for one in findings) for level in (ERROR, FAULT, REMARK))
    lines = [f"Configuration: {path or 'none, the defaults'}", "", *map(_line, findings), ""]
    if errors:
        lines.append(f"Not usable: {_counted(errors, 'error')}.")
    else:
        notes = [_counted(number, noun) for number, noun in ((faults, "fault"), (remarks, "remark")) if number]
        lines.append(f"Usable{', with ' + ' and '.join(notes) if notes else ''}.")
    return "\n".join(lines) + "\n", 1 if errors else 0


def _line(finding: Finding) -> str:
    first, *rest = finding.text.splitlines()
    head = f"{finding.level:<8} {finding.what:<14} {first}"
    return "\n".join([head, textwrap.indent("\n".join(rest), "    ")]) if rest else head


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _taken_over(path: Path | None) -> Iterator[Finding]:
    """Say what the lines of a TDgpt node's configuration become."""
    if path and path.suffix == tdgpt_config.SUFFIX:
        for one in tdgpt_config.read(path):
            if isinstance(one, tdgpt_config.Taken):
                text = f"{path}:{one.line}: {one.was} becomes {one.key} = {one.value} in [{one.section}]"
                yield Finding(OK, "configuration", text)


def _look_at(configured: Settings) -> Iterator[Finding]:
    for warning in configured.warnings:
        yield Finding(REMARK, "configuration", warning)
    for variable in configured.environment:
        yield Finding(OK, "environment", variable)
    yield _address("http", configured.http, configured)
    yield _clients(configured)
    if configured.certfile:
        yield _certificate(configured, configured.certfile)
    if isinstance(configured.stats, tuple):
        yield _address("stats", configured.stats, configured)
    elif configured.stats:
        yield _written("stats", Path(configured.stats), paths.unusable_socket, background.running(configured))
    for what, path in (("logto", configured.logto), ("app-log", configured.app_log)):
        if path:
            yield _written(what, path, paths.unwritable)
    if configured.pidfile:
        yield _written("pidfile", configured.pidfile, paths.unusable_pid_file, background.running(configured))
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
    if background.running(configured) in addresses.owners(port):
        return Finding(OK, what, f"{shown} belongs to the running node, process {background.running(configured)}")
    return Finding(ERROR, what, reason)


def _clients(configured: Settings) -> Finding:
    """Look at who may ask the node."""
    if configured.allow_from:
        return Finding(OK, "allow-from", ", ".join(map(str, configured.allow_from)))
    if addresses.is_loopback(configured.http[0]):
        return Finding(OK, "allow-from", "not set: this machine alone, as http says")
    return Finding(REMARK, "allow-from", "not set: everybody who reaches the port may ask; there is no authentication")


def _certificate(configured: Settings, path: Path) -> Finding:
    """Look at what TLS needs."""
    try:
        certificates.context(configured)
    except settings.SettingsError as error:
        return Finding(ERROR, "certfile", str(error))
    clients = f", clients need a certificate of {configured.ca_file}" if configured.ca_file else ""
    return Finding(OK, "certfile", f"{path}: {configured.ssl_version} or newer{clients}")


def _written(what: str, path: Path, refusal: Callable[..., str | None], *running: int | None) -> Finding:
    """Look at a file that the node writes; the running node may have it already."""
    reason = refusal(path, *running)
    if reason:
        return Finding(ERROR, what, reason)
    return Finding(OK, what, f"{path}" if path.exists() else f"{path} (will be made)")


def _folder(what: str, path: Path, content: str, pattern: str) -> Finding:
    """Look at a folder that the node reads."""
    if not path.exists():
        return Finding(REMARK, what, f"{path} does not exist: no {content} in it")
    if reason := paths.unreadable_folder(path):
        return Finding(ERROR, what, reason)
    found = sorted(entry.name for entry in path.glob(pattern) if not entry.name.startswith("_"))
    return Finding(OK, what, f"{path}: {', '.join(found) or f'no {content}'}")


def _service(name: str, url: str) -> Finding:
    """Look whether a model service is up; it need not be, they are started by hand."""
    reason = readiness.silent(url, SERVICE_ANSWERS_WITHIN_S)
    if reason:
        return Finding(REMARK, "tsfm-service", f"{name}: {url} does not answer: {reason}")
    return Finding(OK, "tsfm-service", f"{name}: {url} answers")


def _algorithms(configured: Settings) -> Iterator[Finding]:
    """Load everything the node would load, and try what the operator has added; numpy and numba from here on."""
    from appliance.analysis import catalog

    logging.getLogger().addHandler(logging.NullHandler())  # what goes wrong is part of the report
    try:
        found = catalog.build(configured)
        found.load()
    except settings.SettingsError as error:
        if not any(paths.unreadable_folder(folder) for folder in (configured.model_dir, configured.algorithm_dir)):
            yield from (Finding(ERROR, "tsfm-service", line) for line in str(error).splitlines())
        return
    except Exception:
        yield Finding(ERROR, "algorithms", f"the node's own algorithms do not load:\n{traceback.format_exc()}")
        return
    for path, reason in found.broken.items():
        yield Finding(FAULT, "algorithms", f"{path} cannot be used, the node leaves it out:\n{reason}")
    yield Finding(OK, "algorithms", ", ".join(found.names))
    yield from _tried(found)


def _tried(found: Catalog) -> Iterator[Finding]:
    """Run each algorithm of the operator's on series that have broken others."""
    from appliance.analysis import conformance

    for own in found.own:
        with contextlib.redirect_stdout(sys.stderr):
            faults = list(conformance.faults(own.algorithm, own.kind, str(own.path)))
        for fault in faults:
            yield Finding(FAULT if fault.severe else REMARK, own.algorithm.name, f"{own.path}: {fault.text}")
        if not faults:
            yield Finding(OK, own.algorithm.name, f"{own.path} keeps the contract on {len(conformance.nasty())} series")
