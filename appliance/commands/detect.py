"""Find anomalies in the series of files: Parquet, CSV, JSON, SQLite, DuckDB or Excel.

Prints one line for each window of anomalous rows: series, first and last time, number of rows, and the row where it is
most unusual: time, score, value and, by detectors that know, what was expected and the band of what is usual; with
--flags one line for each row. Algorithms and options are those of ANOMALY_WINDOW in SQL. A series that fails is named
on standard error and does not stop the others.
"""

from __future__ import annotations

import argparse

from appliance.files.run import arguments as common

EXIT_STATUS = common.EXIT_STATUS
EPILOG = """
examples:
  taosanode detect cpu.csv
      what is unusual in a series: single rows and whole stretches
  taosanode detect metrics.parquet --by host --value cpu --algo ksigma,k=2.5 --out anomalies.csv
      one series for each host, the results in a file
  taosanode detect metrics.parquet --by host --value cpu --compare
      which algorithm is best on these series?
"""

KIND = "anomaly"  # see appliance.analysis.kinds
DEFAULT, REMOTE = "auto", "iqr"  # what any node knows, not only one of ours


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    common.add(parser, f"{DEFAULT}; with --url {REMOTE}", "draw the series and their anomalies", parts=True)
    common.add_every(parser)
    common.add_fill(
        parser, "what gaps are filled with for detectors that have a period; results have the rows of the file"
    )
    parser.add_argument("--flags", action="store_true", help="one line for each row: flag (1 normal), score, value")
    parser.add_argument(
        "--labels", metavar="COLUMN", help="for --compare: the rows that are anomalies in truth, marked by 1 (or -1)"
    )


def run(given: argparse.Namespace) -> int:
    """Return 0 when every series was analysed."""
    return common.run(given, KIND, DEFAULT if given.url is None else REMOTE, "flags" if given.flags else "windows")
