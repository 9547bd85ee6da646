"""Run the analysis node in the foreground until it is told to stop.

It answers the analysis requests of a TDengine database over HTTP: anomaly detection and forecasts. An installed node
is run by systemd: `systemctl start taosanoded`.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path

from appliance.host import addresses, paths, settings
from appliance.host.settings import Settings
from appliance.host.systemd import Systemd
from appliance.node import background

EXIT_STATUS = {0: "it was told to stop, and has", 1: "it could not start; standard error, or the journal, says why"}
EPILOG = """
signals:
  SIGTERM
      finish running requests and stop
  SIGINT, SIGQUIT
      stop at once
  SIGHUP
      read configuration and algorithms anew without dropping a request; `systemctl reload taosanoded` sends it

files:
  /etc/taos/taosanode.ini
      configuration of the installed node; every key is described there
  /var/log/taos/taosanode
      logs
  .run
      all that a node without a configuration writes

environment:
  TAOSANODE_HTTP, TAOSANODE_QUEUE, ...
      any key of the configuration, whatever the file says of it: the key in capitals, with underscores for dashes

examples:
  taosanoded
      try it: a node on 127.0.0.1:6090
  taosanoded -c /etc/taos/taosanode.ini
      what systemd runs
  taosanoded -c /etc/taos/taosanode.ini --check
      say what is wrong with a configuration
"""

TRY = """
  curl {url}/status
  curl {url}/list
  curl -H 'Content-Type: application/json' {url}/anomaly-detect -d '{{"schema":[["ts","TIMESTAMP",8],["val","INT",4]],\
"data":[[1,2,3,4,5,6,7,8,9,10],[5,6,5,6,5,99,5,6,5,6]],"algo":"iqr","wncheck":0}}'"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        help=f"configuration, such as /etc/taos/taosanode.ini; without it the node listens on 127.0.0.1:6090 and "
        f"writes only below ./{settings.EMBEDDED_FOLDER}",
    )
    parser.add_argument("--check", action="store_true", help="only validate the configuration and what it names")


def run(given: argparse.Namespace) -> int:
    """Serve; returns when the node has stopped."""
    if given.check:
        from appliance.commands import check

        return check.run(given)

    def read_settings() -> Settings:
        return settings.load(given.config) if given.config else settings.embedded()

    try:
        first = read_settings()
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    systemd = Systemd()
    reason = _refusal(first, systemd)
    if reason:
        sys.stderr.write(f"the node cannot start: {reason}\n")
        return 1
    gc.disable()  # what is loaded stays: looking for garbage among it takes a fifth of the start
    from appliance.host import compiling  # numba only once the configuration is known to be good

    compiling.announce()
    from appliance.node.server import Server
    from appliance.transport.worker import run_to_the_end

    try:
        server = Server(first, read_settings, _announce, systemd)
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"the logs cannot be written: {error}\n")
        return 1
    finally:
        gc.freeze()  # a worker that looks through it would have a copy of its own
        gc.enable()
    return run_to_the_end(server)


def _refusal(settings: Settings, systemd: Systemd) -> str | None:
    """Say which address or pid file the node cannot have.

    gunicorn would try for five seconds and then not say who has it.
    """
    if "GUNICORN_FD" in os.environ:  # of another master, which still listens
        return None
    wanted = {"http": settings.http, "stats": settings.stats}
    if systemd.inherited(settings.http):
        if elsewhere := systemd.elsewhere(settings.http):
            http = addresses.host_port(*settings.http)
            return f"http = {http}, but its socket unit listens on {elsewhere}: ListenStream= must name the same"
        del wanted["http"]
    for key, address in wanted.items():
        reason = addresses.unusable(*address) if isinstance(address, tuple) else None
        if reason:
            return f"{key} = {reason}"
    if isinstance(settings.stats, str) and (reason := paths.unusable_socket(Path(settings.stats))):
        return f"stats = {reason}"
    if settings.pidfile and (reason := paths.unusable_pid_file(settings.pidfile, os.getpid())):
        return f"pidfile = {reason}"
    return None


def _announce(settings: Settings) -> None:
    url = f"{'https' if settings.certfile else 'http'}://{addresses.host_port(*settings.http)}"
    logs = settings.logto.parent if settings.logto else "standard error"
    sys.stderr.write(f"{background.READY} {url}, logs go to {logs}; try:{TRY.format(url=url)}\n")
