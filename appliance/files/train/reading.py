"""What is learned from: the rows of a file as a table, or as one series with times; and what is said of them."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from appliance.analysis.picture import counted
from appliance.files.read import database, numbers, several
from appliance.files.read.reading import Asked, Source
from appliance.files.series import FileSeries, UsageError
from appliance.files.train.learned import listed


def rows(given: argparse.Namespace) -> tuple[numbers.Table, str]:
    """Return the rows, without times; raises FileError."""
    table = numbers.read(given.data, numbers.Asked(given.value, given.target, given.time, given.drop_nulls))
    count, columns = table.values.shape
    left_out = f"; {counted(table.left_out, 'row')} with an empty cell left out" if table.left_out else ""
    return table, f"{counted(count, 'row')} of {counted(columns, 'column')}: {listed(table.names)}{left_out}"


def series(given: argparse.Namespace) -> tuple[FileSeries, str]:
    """Return the one series of a file; raises FileError."""
    beside = given.covariate or ""
    asked = Asked(
        time=given.time, values=given.value, drop_nulls=given.drop_nulls, covariates=beside, learning=bool(beside)
    )
    with tempfile.TemporaryDirectory(prefix="taosanode-") as folder:
        scratch = Path(folder).resolve()
        files = several.open_files([given.data], scratch)
        with database.connect(scratch, files.paths) as connection:
            source = Source(connection, files, asked)
            if len(source.values) > 1:
                raise UsageError(f"--value takes one column for a forecaster, got {listed(source.values)}")
            ((only,),) = source.batches()
            found = source.series(only)
    left_out = source.count - len(found.times)
    told = f" with {listed(source.covariates)}" if source.covariates else ""
    told += f"; {counted(left_out, 'row')} without time or value left out" if left_out else ""
    return found, f"{counted(len(found.times), 'row')} of {source.values[0]} by {source.time}{told}"
