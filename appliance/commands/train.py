"""Train a model on the rows of a file, for a node to deploy.

A model is data: numbers in a file, which a node holds to its bounds and never executes. What was learned, how well it
does on rows that were held back, and which rows were left out is said on standard error.
"""

from __future__ import annotations

import argparse
import sys

EPILOG = """
kinds:
  iforest
      isolation forest: flags rows that few random cuts set apart from those of the file
  arima
      orders, coefficients and errors of one series, which other rows then go through
  theta
      smoothing rate, drift and season of one series, which go on from the level of other rows
  prophet
      trend and calendar seasons of one series, which go on by the time alone
  linear_regression, ridge, lasso, elasticnet
      a column of numbers by others, for /regression; options alpha, and l1_ratio of elasticnet
  polynomial_regression
      the same by products of the others; options degree, interaction_only, alpha
  logistic_regression
      a column of classes by others, for /classification; option C
  decision_tree, decision_tree_regression
      the same by cuts of one column at a time; options max_depth, min_samples_leaf
examples:
  taosanode train iforest --data normal.csv --value 'pressure,flow' --out pumps.safetensors
      learn what is usual; then deploy the file, and in SQL:
      ANOMALY_WINDOW(pressure, flow, 'algo=pumps')
  taosanode train iforest --data normal.csv --out pumps.safetensors --deploy http://127.0.0.1:6090
      learn from all columns of numbers, and have the node use it at once
  taosanode train theta --data sales.csv --value sold --out sales.safetensors
      learn how one series goes on; then deploy the file, and in SQL:
      FORECAST(sold, 'algo=sales')
  taosanode train arima --data sold.csv --value sold --covariate price,holiday --out sold.safetensors
      learn what two other columns do to it, too; rows without a value yet are left out
  taosanode train ridge --data machine.csv --target temperature --value load,fan --out heat.json
      learn how one column follows from others
"""

# kind -> the module of appliance.files.train that learns it
KINDS = {
    "iforest": "forest",
    "arima": "forecaster",
    "theta": "forecaster",
    "prophet": "forecaster",
    **dict.fromkeys(("linear_regression", "ridge", "lasso", "elasticnet", "polynomial_regression"), "regression"),
    **dict.fromkeys(("logistic_regression", "decision_tree", "decision_tree_regression"), "regression"),
}
OK, FAILED, USAGE = 0, 1, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=f"what to train: {', '.join(KINDS)}")
    parser.add_argument("--data", required=True, metavar="FILE", help="CSV with a header line, Parquet, JSON or Excel")
    parser.add_argument(
        "--value",
        metavar="COLUMN[,COLUMN]",
        help="the columns to learn from, also patterns such as 'HU*', or '/regular/' (all of numbers); or the one",
    )
    parser.add_argument("--time", metavar="COLUMN", help="the times; not needed where only one column can be meant")
    parser.add_argument("--target", metavar="COLUMN", help="what is to be predicted, where a kind predicts a column")
    parser.add_argument(
        "--covariate",
        metavar="COLUMN[,COLUMN]",
        help="what will be known of the rows to forecast, for arima and prophet: forecasts need it too, in this order",
    )
    parser.add_argument("--drop-nulls", action="store_true", help="leave rows with an empty cell out")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the kind, as in SQL"
    )
    parser.add_argument(
        "--hold-out",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="share of the rows that the model is judged by, before it learns from all of them (%(default)s)",
    )
    parser.add_argument("--out", required=True, metavar="MODEL", help="the file to write")
    parser.add_argument("--force", action="store_true", help="replace that file")
    parser.add_argument("--deploy", metavar="URL", help="post the model to a node, such as http://127.0.0.1:6090")
    parser.add_argument("--name", help="what requests will call the model there (the file's name)")


def run(given: argparse.Namespace) -> int:
    """Train, store and deploy the model."""
    from appliance.host import compiling

    compiling.announce()
    from appliance.files.series import FileError, UsageError
    from appliance.files.train import command
    from kernels.contract import AlgorithmError

    try:
        told = command.run(given, KINDS[given.kind])
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    except (FileError, AlgorithmError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    sys.stderr.write("".join(f"{line}\n" for line in told))
    return OK
