"""List the algorithms of this node, as `/list` announces them, without starting it; or one with all its options."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.analysis.kind import Kind
    from kernels.contract import Algorithm
    from kernels.options import Declared

EPILOG = """
examples:
  taosanode list -c /etc/taos/taosanode.ini
      what the installed node offers, your own algorithms included
  taosanode list holtwinters
      its options: defaults, values and meaning
  taosanode list --kind forecast
      all that forecasts
  taosanode list --json | jq -r '.details[].algo[].name'
      the names alone
"""

FAILED, USAGE = 1, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("algo", nargs="?", metavar="NAME", help="an algorithm: show its options")
    parser.add_argument("--kind", metavar="KIND", help="only the algorithms of one kind, such as forecast")
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration; without it /etc/taos/taosanode.ini if it is there, else all is below ./.run",
    )
    parser.add_argument("--json", action="store_true", help="print what the node answers to /list")


def run(given: argparse.Namespace) -> int:
    """Print one line per algorithm, or per option of one."""
    from appliance.host import compiling

    compiling.announce()
    from appliance.analysis import catalog
    from appliance.analysis.catalog import Catalog
    from appliance.analysis.kinds import BY_NAME, BY_TYPE, KINDS
    from appliance.host import settings
    from appliance.node.resources import listing
    from models import table

    wanted = BY_NAME.get(given.kind) or BY_TYPE.get(given.kind)
    if given.kind is not None and wanted is None:
        return _unknown("kind of analysis", given.kind, BY_NAME, USAGE)
    try:
        configured = settings.of_node(given.config)
        everything = catalog.build(configured)
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    told = {kind.wire_type for kind in KINDS if not kind.optional} | {*configured.detail_types}
    kinds = [wanted] if wanted else [kind for kind in KINDS if given.algo or kind.wire_type in told]
    own = {kind: everything.of_kind(kind.wire_type) for kind in kinds}
    if given.algo is None:
        found = [(kind, one) for kind in kinds for one in own[kind].values()]
    else:  # the only one that is loaded
        name = table.canonical(given.algo.lower())
        found = [(kind, own[kind][name]) for kind in kinds if name in own[kind]]
        if not found:
            return _unknown("algorithm", given.algo, chain.from_iterable(own.values()), FAILED)
    if given.json:
        shown = (*configured.detail_types, *(kind.wire_type for kind in kinds))
        configured = dataclasses.replace(configured, detail_types=tuple(dict.fromkeys(shown)))
        print(listing.answer(Catalog.of(one for _, one in found), configured).decode())
    elif given.algo is None:
        for kind, one in found:
            print(f"{kind.wire_type:<18} {one.name:<18} {one.desc}")
    else:
        print("\n\n".join("\n".join(_described(kind, one)) for kind, one in found))
    return 0


def _unknown(what: str, word: str, known: Iterable[str], code: int) -> int:
    import difflib

    names = sorted(set(known))
    close = difflib.get_close_matches(word.lower(), names, n=1)
    hint = f", did you mean {close[0]}?" if close else f"; there are: {', '.join(names)}"
    sys.stderr.write(f"unknown {what} {word}{hint}\n")
    return code


def _described(kind: Kind[Any], algorithm: Algorithm) -> Iterator[str]:
    from appliance.analysis import reference

    yield f"{algorithm.name} ({kind.title}): {algorithm.desc}"
    own = reference.own(algorithm)
    yield from ("", *_table(own)) if own else ("", "no options of its own")
    yield from ("", f"taken by every {kind.wire_type} algorithm:", "", *_table(reference.shared(kind, algorithm)))


def _table(options: Iterable[Declared]) -> Iterator[str]:
    from appliance.analysis import reference

    rows = [tuple(heading.upper() for heading in reference.HEADINGS), *map(reference.cells, options)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
