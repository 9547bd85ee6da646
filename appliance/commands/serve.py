"""Run the analysis node in the foreground until it is told to stop.

SIGTERM finishes running requests and stops; SIGHUP reads configuration and algorithms anew without dropping one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from appliance.settings import Settings

TRY = """
  curl {url}/status
  curl {url}/list
  curl -H 'Content-Type: application/json' {url}/anomaly-detect -d '{{"schema":[["ts","TIMESTAMP",8],["val","INT",4]],\
"data":[[1,2,3,4,5,6,7,8,9,10],[5,6,5,6,5,99,5,6,5,6]],"algo":"iqr","wncheck":0}}'"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="configuration, such as taosanode.ini")


def run(given: argparse.Namespace) -> int:
    """Serve; returns when the node has stopped."""
    from appliance.server import Server

    Server(lambda: Settings(), _announce).run()
    return 0


def _announce(settings: Settings) -> None:
    host, port = settings.http
    url = f"http://{host}:{port}"
    sys.stderr.write(f"taosanode is ready at {url}; try:{TRY.format(url=url)}\n")
