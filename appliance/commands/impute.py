"""Fill the gaps in the series of files: Parquet, CSV, JSON, SQLite, DuckDB or Excel.

Prints every series on its whole time axis, one line for each row: series, time, value, whether it is filled in, and the
standard error of what is. Rows without a value count as missing. Algorithms and options are those of IMPUTATION in
SQL. A series that fails is named on standard error and does not stop the others.
"""

from __future__ import annotations

import argparse

from appliance.files.run import arguments as common

EXIT_STATUS = common.EXIT_STATUS
EPILOG = """
examples:
  taosanode impute meter.csv --out whole.csv
      the series with a value at every step
  taosanode impute meters.parquet --by meter --value kwh --freq 15m --algo kalman,period=96 --filled-only
      only what is missing, by a model with a daily season
  taosanode impute meter.csv --plot gaps.png
      see what was filled in
"""

KIND = "imputation"  # see appliance.analysis.kinds
DEFAULT = "kalman"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.add(parser, DEFAULT, "draw the series and what was filled in")
    axis = parser.add_argument_group("gaps")
    axis.add_argument(
        "--freq", action=common.AsOption, metavar="STEP", help="distance of rows, such as 5m, 1h or 1mo (usual step)"
    )
    axis.add_argument("--filled-only", action="store_true", help="one line for each row that was missing")
    parser.set_defaults(drop_nulls=True)


def run(given: argparse.Namespace) -> int:
    """Return 0 when every series was filled."""
    return common.run(given, KIND, DEFAULT, "filled" if given.filled_only else "series")
