"""Say whether the node and its model servers run, and whether they answer.

A model server that is none of this program's has no process here: whether it answers is all that is known of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from appliance.commands.start_model import add_config, find_node, find_unit, read_settings
from appliance.host import addresses
from appliance.host.settings import Settings, SettingsError
from appliance.model_servers import control
from appliance.node import background
from appliance.transport import readiness

ANSWERS_WITHIN_S = 5.0  # of a busy machine, too
ANSWERS = " answers"
STOPPED = 3  # as systemctl status
EXIT_STATUS = {
    0: "the node runs; of model-status: at least one model server does",
    1: "the configuration cannot be read",
    STOPPED: "it does not run; of model-status: no model server does",
}
EPILOG = """
examples:
  taosanode status
      look at the node of this machine and its model servers
  taosanode model-status
      look at the model servers alone
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_config(parser)


def run(given: argparse.Namespace) -> int:
    """Print a line for each; 3 if what was asked for does not run."""
    try:
        settings = read_settings(given.config)
        node = None if getattr(given, "only", None) else _node(settings, given.config)
        models = list(_models(settings, given.config))
    except (SettingsError, OSError) as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    asked = models if node is None else [node]
    shown = models if node is None else [node, *models]
    width = max((len(name) for name, _, _ in shown), default=0)
    sys.stdout.write("".join(f"{name:<{width}}  {text}\n" for name, _, text in shown))
    return 0 if any(runs for _, runs, _ in asked) else STOPPED


def _node(settings: Settings, config: Path | None) -> tuple[str, bool, str]:
    found = find_node(config)
    by_unit = found.pid() if found and found.is_up() else 0
    pid = by_unit or background.running(settings)
    scheme = "https" if settings.certfile else "http"
    where = f"{scheme}://{addresses.host_port(*settings.http)}"
    if not pid:
        return "node", False, f"stopped, {where}"
    answers = ""  # a node with TLS may want a certificate of whoever asks
    if not settings.certfile:
        answers = _answers(f"{addresses.local_url(*settings.http)}/status")
    kept = f", unit {found.name}" if found and by_unit else ""
    return "node", True, f"running, process {pid}, {where}{answers}{kept}"


def _models(settings: Settings, config: Path | None) -> Iterator[tuple[str, bool, str]]:
    served = control.known(settings)
    for algorithm, url in settings.tsfm.items():
        name = control.server_name(algorithm)
        found = find_unit(config, name)
        by_unit = found.pid() if found and found.is_up() else 0
        pid = by_unit or control.running(control.pidfile(settings, name))
        answers = _answers(url)
        answering = answers == ANSWERS
        if pid:
            kept = f", unit {found.name}" if found and by_unit else ""
            text = f"running, process {pid}, {url}{answers}{kept}"
        elif answering:
            text = f"running elsewhere, {url} answers"
        else:
            text = f"stopped, {url}" if name in served else f"no server of this program's, {url}{answers}"
        yield name, bool(pid) or answering, text


def _answers(url: str) -> str:
    reason = readiness.silent(url, ANSWERS_WITHIN_S)
    return f" does not answer: {reason}" if reason else ANSWERS
