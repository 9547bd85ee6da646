"""Correlate the columns of files, each with every other one.

Prints one line for each pair: both columns, the rows they have in common, coefficient or distance, lag and probability
by chance where the algorithm tells them. A wide file has its columns side by side, all columns of numbers unless
--value names some; in a long one --by says which rows belong to which. Columns are compared at the times that both
have. A pair that fails is named on standard error and does not stop the others.
"""

from __future__ import annotations

import argparse
import sys

from appliance.files.run import arguments as common

EXIT_STATUS = {0: "every pair was analysed", 1: "a pair failed, or everything did"}
EPILOG = """
examples:
  taosanode correlate machine.csv --top 10
      the ten pairs of columns that have most to do with each other
  taosanode correlate meters.parquet --by meter --value kwh --algo xcorr_lag --order lag
      which meters follow which, and how late
  taosanode correlate machine.csv --with temperature --algo granger
      what helps to forecast the temperature, and what it helps to forecast
  taosanode correlate machine.csv --matrix --out matrix.csv --plot matrix.png
      the whole matrix, as a table and as a heat map
"""

KIND = "correlation"  # see appliance.analysis.kinds
DEFAULT = "pearsonr"
USAGE = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.add(parser, DEFAULT, "draw the matrix as a heat map", compared=False)
    common.add_every(parser)
    pairs = parser.add_argument_group("pairs")
    pairs.add_argument("--with", dest="beside", metavar="COLUMN", help="only pairs that this column is part of")
    pairs.add_argument("--top", type=common.positive, metavar="K", help="only the first K")
    pairs.add_argument(
        "--order", choices=("value", "lag"), default="value", help="by what: how much, or how late (value)"
    )
    pairs.add_argument("--matrix", action="store_true", help="a row and a column for each column of the file")


def run(given: argparse.Namespace) -> int:
    """Return 0 when every pair was analysed."""
    from appliance.host import compiling

    compiling.announce()
    from appliance.analysis.kinds import BY_NAME
    from appliance.files.run import pairs, question

    try:
        asked = question.Question(*question.read(DEFAULT if given.algo is None else given.algo, given.option))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    return pairs.run(given, BY_NAME[KIND], asked)
