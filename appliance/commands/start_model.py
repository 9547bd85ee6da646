"""Start the server of a foundation model, or of all of them, in the background.

Returns when the server answers. Where systemd runs the machine, root starts the unit taosanode-model@NAME. With an
option for the server it is a process like any other instead, which nothing starts anew. The weights are expected in a
folder of the model's name below the model directory, /usr/local/taos/taosanode/model: model.safetensors and
config.json, or a taos.pth.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.host import addresses, processes
from appliance.host import settings as configuration
from appliance.host.settings import Settings, SettingsError
from models import table

if TYPE_CHECKING:
    from appliance.model_servers.control import Plan
    from appliance.model_servers.unit import Unit

EXIT_STATUS = {
    0: "the server answers; with all, every server does",
    1: "a server did not start, or runs already",
    3: "with --foreground: the server failed while it loaded, it may be tried again",
    4: "with --foreground: the weights are no good",
}
FIRST, SECOND = table.OURS[:2]  # for examples
EPILOG = f"""
files:
  /usr/local/taos/taosanode/model
      the models, one folder each
  /var/log/taos/taosanode
      logs of the servers: {FIRST.name}.log and so on

examples:
  start-{FIRST.commands[0]}
      start {FIRST.title}; the node then offers it as {FIRST.algorithm}
  start-model {SECOND.name} --dtype bfloat16 --threads 4
      start {SECOND.title} in half the memory, with four threads
  start-model mine --weights /srv/models/mine --port 6040
      start a model that [tsfm-service] does not name
"""

PRODUCT_CONFIG = Path("/etc/taos/taosanode.ini")
EMBEDDED_FOLDER = Path(".run")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_which(parser)
    parser.add_argument("--foreground", action="store_true", help="serve in this process, log to standard error")
    parser.add_argument(
        "--weights", type=Path, metavar="DIR", help="the model's folder, by default NAME below model-dir"
    )
    parser.add_argument("--host", help="address to listen on, by default the one in [tsfm-service]")
    parser.add_argument("--port", type=_port, help="port to listen on, by default the one in [tsfm-service]")
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        help="what to compute in (float32); bfloat16 takes half the memory and is faster where supported",
    )
    parser.add_argument(
        "--threads", type=_threads, default=0, metavar="N", help="processor threads, by default one per core"
    )


def run(given: argparse.Namespace) -> int:
    """Start; 1 if any server that should run does not."""
    from appliance.model_servers import control

    if given.model == "all" and (given.weights or given.port or given.foreground):
        sys.stderr.write("taosanode: --weights, --port and --foreground need the name of one model\n")
        return 2
    try:
        settings = read_settings(given.config)
        names = list(control.known(settings)) if given.model == "all" else [given.model]
        results = [_start_one(settings, name, given) for name in names]
    except (SettingsError, control.ControlError) as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    return 0 if all(results) else 1


def add_which(parser: argparse.ArgumentParser) -> None:
    """Declare which model, and which configuration."""
    if parser.get_default("model") is None:  # the links for one model bring it along
        names = ", ".join(row.name for row in table.OURS)
        told = f"{names}, another name in [tsfm-service], or all"
        if unnamed := parser.get_default("unnamed"):
            parser.add_argument(
                "model", metavar="NAME", nargs="?", default=unnamed, help=f"{told}, by default {unnamed}"
            )
        else:
            parser.add_argument("model", metavar="NAME", help=told)
    add_config(parser)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare which configuration."""
    parser.add_argument(
        "-c", "--config", type=Path, metavar="FILE", help=f"configuration, {PRODUCT_CONFIG} by default if it is there"
    )


def read_settings(config: Path | None) -> Settings:
    """Read the configuration as the node does; without any, everything lies below ./.run."""
    if config is None and not PRODUCT_CONFIG.exists():
        return configuration.embedded(EMBEDDED_FOLDER)
    return configuration.load(config or PRODUCT_CONFIG)


def find_unit(config: Path | None, name: str) -> Unit | None:
    """Return systemd's unit of a model server; it belongs to the product's configuration, to no other."""
    from appliance.model_servers import unit

    return unit.find(name) if is_product(config) else None


def find_node(config: Path | None) -> Unit | None:
    """Return systemd's unit of the node, under the same condition."""
    from appliance.model_servers import unit

    return unit.of_node() if is_product(config) else None


def is_product(config: Path | None) -> bool:
    """Tell whether a configuration is that of the installed node."""
    return PRODUCT_CONFIG.exists() and (config is None or config.absolute() == PRODUCT_CONFIG)


def _start_one(settings: Settings, name: str, given: argparse.Namespace) -> bool:
    from appliance.model_servers import control

    try:
        plan = control.plan(
            settings,
            name,
            folder=given.weights,
            host=given.host,
            port=given.port,
            dtype=given.dtype or "float32",
            threads=given.threads,
        )
        if given.foreground:
            from appliance.model_servers import server  # only here: the others need neither gunicorn nor numpy

            server.serve(plan)
            return True
        unit = find_unit(given.config, plan.name)
        if unit and unit.is_up():
            raise control.AlreadyRunning(f"{plan.name} is running already, process {unit.pid()}, as {unit.name}")
        options = (given.weights, given.host, given.port, given.dtype, given.threads)
        if unit and os.geteuid() == 0 and not any(options):
            control.check(plan)
            pid, where = unit.start(), f"unit {unit.name}"
        else:
            pid, where = control.start(plan, _in_foreground(plan, given.config)), f"log {plan.log}"
    except control.AlreadyRunning as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return bool(given.model == "all")  # where all shall run, it does
    except (control.ControlError, OSError) as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return False
    url = f"http://{addresses.host_port(plan.host, plan.port)}"
    sys.stderr.write(f"{plan.name} is ready at {url}, process {pid}, {where}\n")
    return True


def _in_foreground(plan: Plan, config: Path | None) -> list[str]:
    """Return the command line of a server."""
    command = [*processes.program(), "start-model", plan.name, "--foreground", f"--weights={plan.folder}"]
    command += [f"--host={plan.host}", f"--port={plan.port}", f"--dtype={plan.dtype}", f"--threads={plan.threads}"]
    return command + ([f"--config={config.absolute()}"] if config else [])


def _port(text: str) -> int:
    return _whole(text, 1, 65535)


def _threads(text: str) -> int:
    return _whole(text, 0, 1024)


def _whole(text: str, low: int, high: int) -> int:
    if not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"a whole number from {low} to {high} is needed, got {text}")
    return int(text)
