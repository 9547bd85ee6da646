"""Train an anomaly detection model on your own normal data, for `algo=sample_ad_model,model=NAME`.

The data is a file that `taosanode detect` reads, its rows evenly spaced in time and free of anomalies: what the model
has seen is what it will call normal. The model is put where the node looks for it; no restart is needed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.commands.start_model import read_settings
from appliance.files.run.progress import Progress, show
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


class Refused(Exception):
    """The model cannot be trained or stored as asked; the message says why."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--data", required=True, metavar="FILE", help="training data: CSV with a header line, Parquet or JSON"
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
    from appliance.files.read import one_column
    from appliance.files.series import FileError
    from kernels.contract import AlgorithmError

    try:
        folder = _model_dir(given) / _checked(given.name)
        _may_write(folder, given.force)
        values = one_column.read(given.data, given.column)
        _store(_train(values, given.tolerance), folder)
    except (Refused, FileError, AlgorithmError, settings.SettingsError, OSError) as error:
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


def _train(values: Series, tolerance: float) -> _autoencoder.Autoencoder:
    try:
        torch_runtime.find()
    except torch_runtime.TorchMissing as error:
        raise Refused(str(error)) from error
    from models import _autoencoder_training as training

    return training.train_own(values, tolerance, _told(sys.stderr.isatty(), show))


def _told(terminal: bool, write: Callable[[str], object]) -> Callable[[int, int], None]:
    """Return what tells how far the training is: a bar on a terminal, a line for every tenth elsewhere."""
    bar: Progress | None = None

    def tell(done: int, steps: int) -> None:
        nonlocal bar
        if terminal:
            bar = bar or Progress(steps, write)
            bar.step()
            if done == steps:
                bar.hide()
        elif 10 * done // steps > 10 * (done - 1) // steps:
            write(f"training {10 * done // steps}0 %\n")

    return tell


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
