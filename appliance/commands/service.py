"""Have systemd keep the node: start it with the machine or not, start or stop it now.

The unit, taosanoded.service, comes with the package. install-service has it started with the machine, uninstall-service
not any more; start-service and stop-service do that now. Only root may.
"""

from __future__ import annotations

import argparse
import sys

from appliance.model_servers import unit
from appliance.model_servers.control import ControlError

EXIT_STATUS = {0: "done, or it was so already", 1: "not done: no systemd, no such unit, or no right to"}
EPILOG = """
examples:
  taosanode install-service
      the same as: systemctl enable taosanoded
  taosanode stop-service
      the same as: systemctl stop taosanoded
"""
DONE = {
    "install": (unit.Unit.enable, "{} starts with the machine"),
    "uninstall": (unit.Unit.disable, "{} does not start with the machine"),
    "start": (unit.Unit.start, "{} is running"),
    "stop": (unit.Unit.stop, "{} has stopped"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no arguments: the name of the command says all."""


def run(given: argparse.Namespace) -> int:
    """Do what the verb says."""
    found = unit.of_node()
    if found is None:
        sys.stderr.write("taosanode: systemd does not run this machine, or has no unit taosanoded.service\n")
        return 1
    do, told = DONE[given.verb]
    try:
        do(found)
    except ControlError as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    sys.stderr.write(f"{told.format(found.name)}\n")
    return 0
