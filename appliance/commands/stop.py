"""Stop the node. Running requests are answered first."""

from __future__ import annotations

import argparse
import sys

from appliance.commands.start_model import add_config, find_node, read_settings
from appliance.host.settings import SettingsError
from appliance.model_servers.control import ControlError
from appliance.node import background

EXIT_STATUS = {0: "the node has stopped, or did not run", 1: "it had to be killed, or could not be stopped"}
EPILOG = """
examples:
  taosanode stop
      stop the node of this machine; its model servers run on, see taosanode model-stop
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_config(parser)


def run(given: argparse.Namespace) -> int:
    """Stop; 1 if the node could not be stopped in the proper way. That none runs is fine."""
    try:
        settings = read_settings(given.config)
        found = find_node(given.config)
        pid = found.stop() if found and found.is_up() else background.stop(settings)
    except (SettingsError, ControlError, background.NotDone, OSError) as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    sys.stderr.write(f"the node has stopped, process {pid}\n" if pid else "the node was not running\n")
    return 0
