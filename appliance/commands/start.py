"""Start the node in the background; returns when it answers.

The installed node is the unit taosanoded of systemd, where systemd runs the machine. Any other is a process of its own,
which nothing starts anew; without a configuration it writes only below ./.run. A node that runs is left alone.
"""

from __future__ import annotations

import argparse
import sys

from appliance.commands.start_model import add_config, find_node, read_settings
from appliance.host import addresses, processes
from appliance.host.settings import SettingsError
from appliance.model_servers.control import ControlError
from appliance.node import background

EXIT_STATUS = {0: "the node answers", 1: "it did not start; standard error says why"}
EPILOG = """
examples:
  taosanode start
      start the node of this machine
  taosanode start -c ./taosanode.ini
      start one with a configuration of your own; `taosanode stop -c ./taosanode.ini` ends it
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_config(parser)


def run(given: argparse.Namespace) -> int:
    """Start; 1 if the node does not come up."""
    try:
        settings = read_settings(given.config)
        found = find_node(given.config)
        pid = found.pid() if found and found.is_up() else background.running(settings)
        if pid:
            sys.stderr.write(f"the node is running already, process {pid}\n")
            return 0
        if found:
            pid, where = found.start(), f"unit {found.name}"
        else:
            command = [*processes.program(), "serve"]
            command += ["-c", str(settings.source)] if settings.source else []
            pid, output = background.start(settings, command)
            where = f"output {output}"
    except (SettingsError, ControlError, background.NotDone, OSError) as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    url = f"{'https' if settings.certfile else 'http'}://{addresses.host_port(*settings.http)}"
    sys.stderr.write(f"the node is ready at {url}, process {pid}, {where}\n")
    return 0
