"""Train an anomaly detection model on your own normal data, for `algo=sample_ad_model,model=NAME`.

The data is a CSV file with a header line, its rows evenly spaced in time and free of anomalies: what the model has
seen is what it will call normal. The model is put where the node looks for it; no restart is needed.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.commands.start_model import read_settings
from appliance.host import settings
from appliance.model_servers import torch_runtime

if TYPE_CHECKING:
    from kernels.contract import Series
    from models.anomaly import _autoencoder

EPILOG = """
examples:
  taosanode train-ad --data normal.csv --column pressure --name pumps -c /etc/taos/taosanode.ini
      train on one column; afterwards, in SQL:
      ANOMALY_WINDOW(pressure, 'algo=sample_ad_model,model=pumps')
  taosanode train-ad --data normal.csv --name pumps --tolerance 0.01 --force
      train anew, more sensitive
"""

BAR_WIDTH = 40


class Refused(Exception):
    """The model cannot be trained or stored as asked; the message says why."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FILE.csv", help="training data, with a header line"
    )
    parser.add_argument("--column", metavar="NAME", help="the column to learn from; not needed if there is only one")
    parser.add_argument("--name", required=True, help="what requests will call the model, as in model=NAME")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=0.001,
        metavar="SHARE",
        help="share of the training rows that the model may flag, 0 to 0.1; more makes it more sensitive (%(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing model of this name")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("-c", "--config", type=Path, metavar="FILE", help="the node's configuration, for its model-dir")
    place.add_argument("--model-dir", type=Path, metavar="DIR", help="the node's model folder")


def run(given: argparse.Namespace) -> int:
    """Train and store the model."""
    from kernels.contract import AlgorithmError

    try:
        folder = _model_dir(given) / _checked(given.name)
        _may_write(folder, given.force)
        values = read_column(given.data, given.column)
        _store(_train(values, given.tolerance), folder)
    except (Refused, AlgorithmError, settings.SettingsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"{folder} is ready; try: ANOMALY_WINDOW(col, 'algo=sample_ad_model,model={given.name}')\n")
    return 0


def _model_dir(given: argparse.Namespace) -> Path:
    if given.model_dir:
        return Path(given.model_dir)
    return read_settings(given.config).model_dir


def _checked(name: str) -> str:
    from models.anomaly.sample_ad_model import NAME, SHIPPED_NAMES

    if not NAME.fullmatch(name):
        raise Refused(f"--name {name!r}: letters, digits, '_', '.' and '-', beginning with a letter or digit")
    if name in SHIPPED_NAMES:
        raise Refused(f"--name {name}: this is the name of the model that comes with the node")
    return name


def _may_write(folder: Path, force: bool) -> None:
    from models.anomaly import _autoencoder

    if not folder.exists():
        return
    if not _autoencoder.looks_like_one(folder):
        raise Refused(f"{folder} exists already and holds something else than an anomaly detection model")
    if not force:
        raise Refused(f"{folder} exists already; --force replaces it")


def read_column(path: Path, column: str | None) -> Series:
    """Return the numbers of one column of a CSV file with a header line.

    Raises
    ------
    Refused : no such column, or a row without a number in it; names the line.
    OSError : the file cannot be read.
    """
    import numpy as np

    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        try:
            header = [name.strip() for name in next(rows, [])]
            place = _place(path, header, column)
            values = [_number(path, rows.line_num, row, place) for row in rows if row]
        except (csv.Error, UnicodeDecodeError) as error:
            raise Refused(f"{path}:{rows.line_num}: {error}") from error
    return np.array(values, dtype=np.float64)


def _place(path: Path, header: list[str], column: str | None) -> int:
    if not header:
        raise Refused(f"{path} is empty")
    if column is None and len(header) == 1:
        return 0
    if column not in header:
        asked = f"has no column {column}" if column else "has several columns, --column must name one"
        raise Refused(f"{path} {asked}: {', '.join(header)[:500]}")
    return header.index(column)


def _number(path: Path, line: int, row: list[str], place: int) -> float:
    try:
        number = float(row[place])
    except (IndexError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise Refused(f"{path}:{line}: column {place + 1} holds no finite number")
    return number


def _train(values: Series, tolerance: float) -> _autoencoder.Autoencoder:
    try:
        torch_runtime.find()
    except torch_runtime.TorchMissing as error:
        raise Refused(str(error)) from error
    from models import _autoencoder_training as training

    return training.train_own(values, tolerance, _bar(sys.stderr.isatty(), sys.stderr.write))


def _bar(terminal: bool, write: Callable[[str], object]) -> Callable[[int, int], None]:
    """Return what draws the progress: a bar on a terminal, a line for every tenth elsewhere."""

    def draw(done: int, steps: int) -> None:
        percent, before = 100 * done // steps, 100 * (done - 1) // steps
        if terminal and percent > before:
            filled = BAR_WIDTH * done // steps
            write(f"\rtraining [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {percent:3d} %{chr(10) * (done == steps)}")
        elif not terminal and percent // 10 > before // 10:
            write(f"training {percent // 10 * 10} %\n")

    return draw


def _store(model: _autoencoder.Autoencoder, folder: Path) -> None:
    """Put the model into its folder in one step, so that the node never sees half of it."""
    from models.anomaly import _autoencoder

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".train-ad-", dir=folder.parent) as work:
        new, old = Path(work) / "new", Path(work) / "old"
        new.mkdir()
        _autoencoder.write(model, new)
        if folder.exists():
            os.rename(folder, old)
        os.rename(new, folder)
