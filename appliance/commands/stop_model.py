"""Stop the server of a foundation model, or of all of them. Running forecasts are finished first."""

from __future__ import annotations

import argparse
import sys

from appliance.commands.start_model import add_which, find_unit, read_settings
from appliance.host.settings import SettingsError
from models import table

EXIT_STATUS = {0: "the server has stopped, or did not run", 1: "a server had to be killed, or could not be stopped"}
FIRST = table.OURS[0]
EPILOG = f"""
examples:
  stop-{FIRST.commands[0]}
      stop {FIRST.title}
  stop-model all
      stop the servers of all models
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_which(parser)


def run(given: argparse.Namespace) -> int:
    """Stop; 1 if a server could not be stopped in the proper way. One that does not run is fine."""
    from appliance.model_servers import control

    code = 0
    try:
        settings = read_settings(given.config)
    except SettingsError as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    names = list(control.known(settings)) if given.model == "all" else [control.server_name(given.model)]
    for name in names:
        unit = find_unit(given.config, name)
        try:
            by_unit = unit.stop() if unit and unit.is_up() else None
            pid = by_unit or control.stop(name, control.pidfile(settings, name))
        except (control.ControlError, OSError) as error:
            sys.stderr.write(f"taosanode: {error}\n")
            code = 1
        else:
            sys.stderr.write(f"{name} was not running\n" if pid is None else f"{name} has stopped, process {pid}\n")
    return code
