"""Forecast the series of files: Parquet, CSV, JSON, SQLite, DuckDB or Excel.

Prints one line for each step ahead: series, time, forecast and the bounds of its interval. Algorithms and options are
those of FORECAST in SQL. A series that fails is named on standard error and does not stop the others.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from appliance.files.run import arguments as common

EXIT_STATUS = common.EXIT_STATUS
EPILOG = """
examples:
  taosanode forecast load.csv --rows 24
      a day ahead of hourly data
  taosanode forecast sales.parquet --by shop --value sold --algo arima --plot sales.png --out ahead.parquet
      one forecast for each shop, drawn and in a file
  taosanode forecast sold.csv --value sold --covariate price,holiday
      as many days as there are rows at the end with a price and no sales yet
  taosanode forecast sold.csv --value sold --covariate price --future prices.csv --rows 7
      the same where the prices to come are in another file
  taosanode forecast load.csv --compare --rows 24
      which algorithm would have been right in the past?
  taosanode forecast sales.parquet --by shop --auto --compare auto,zero,ets,ets:model=AAN --rows 12
      compare these, and forecast each shop by what was best for it
"""

KIND = "forecast"  # see appliance.analysis.kinds
DEFAULT = "auto"
REMOTE, REMOTE_BESIDE = "holtwinters", "arima"  # what any node knows, not only one of ours; with covariates


class _Levels(argparse.Action):
    """The coverage of intervals; the first is written as the option of SQL."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        """Keep all of them."""
        try:
            namespace.levels = [float(text) for text in str(values).split(",")]
        except ValueError:
            parser.error(f"argument --conf: numbers such as 95 or 80,95 are expected, got {values!r}")
        wrong = [level for level in namespace.levels if not 0 < level <= 100]
        if wrong or len(set(namespace.levels)) < len(namespace.levels):
            parser.error(f"argument --conf: different numbers in (0, 100] are expected, got {values!r}")
        namespace.option = [*namespace.option, f"conf={namespace.levels[0]:g}"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.add(parser, f"{DEFAULT}; with --url {REMOTE}", "draw the series and their forecasts", parts=True)
    ahead = parser.add_argument_group("forecast")
    ahead.add_argument("--rows", action=common.AsOption, type=int, metavar="N", help="number of steps ahead (10)")
    ahead.add_argument(
        "--conf",
        action=_Levels,
        metavar="SHARE[,SHARE]",
        help="coverage of the interval, 0.95 or 95; several have bounds of their own (0.95)",
    )
    ahead.add_argument(
        "--every",
        "--freq",
        action=common.AsOption,
        metavar="STEP",
        help="distance of rows, such as 5m, 1h, 1d, 1mo, 1q or B for business days (usual step)",
    )
    ahead.add_argument(
        "--start",
        action=common.AsOption,
        metavar="TIME",
        help="first time that is wanted, one that the steps lead to (one step after the last row)",
    )
    ahead.add_argument(
        "--covariate",
        metavar="COLUMN[,COLUMN]",
        help="what is known ahead and helps to forecast: the file goes on with rows whose value is empty",
    )
    ahead.add_argument("--future", metavar="FILE", help="those rows, in a file of their own: time, series, covariates")
    common.add_fill(ahead, "what gaps are filled with before; rows without a value are gaps then")
    ahead.add_argument("--non-negative", action="store_true", help="nothing below 0")
    ahead.add_argument(
        "--round", dest="whole", action="store_true", help="whole numbers where all values of a series are whole"
    )
    compared = parser.add_argument_group("comparison")
    compared.add_argument(
        "--auto", action="store_true", help="compare, then forecast each series by what did best there in the past"
    )
    compared.add_argument(
        "--backtest-out", type=Path, metavar="FILE", help="write every forecast of the past beside what came"
    )
    compared.add_argument(
        "--folds", type=common.positive, metavar="N", help="forecasts to make of the past of each series (3)"
    )
    compared.add_argument(
        "--season", type=common.positive, metavar="ROWS", help="of the naive forecast to beat (found in each series)"
    )


def run(given: argparse.Namespace) -> int:
    """Return 0 when every series was forecast."""
    remote = REMOTE_BESIDE if given.covariate else REMOTE
    return common.run(given, KIND, DEFAULT if given.url is None else remote, "forecast")
