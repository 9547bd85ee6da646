"""List the algorithms of this node, as `/list` announces them, without starting it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EPILOG = """
examples:
  taosanode list -c /etc/taos/taosanode.ini
      what the installed node offers, your own algorithms included
  taosanode list --json | jq -r '.details[].algo[].name'
      the names alone
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration, such as /etc/taos/taosanode.ini; without it the defaults",
    )
    parser.add_argument("--json", action="store_true", help="print what the node answers to /list")


def run(given: argparse.Namespace) -> int:
    """Print one line per algorithm."""
    import orjson

    from appliance.analysis import catalog
    from appliance.host import settings
    from appliance.node.resources import listing

    try:
        configured = settings.load(given.config)
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    answer = listing.answer(catalog.build(configured), configured)
    if given.json:
        print(answer.decode())
        return 0
    for detail in orjson.loads(answer)["details"]:
        for entry in detail["algo"]:
            print(f"{detail['type']:<18} {entry['name']:<18} {entry['desc']}")
    return 0
