"""The numbers of one column of a file, without times: what a model is trained on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from appliance.files.read import database, formats
from appliance.files.read.columns import OTHER, TIME, Column, listed, number_sql
from appliance.files.series import FileError
from kernels.contract import Series


def read(name: str, column: str | None) -> Series:
    """Return the numbers in the order of the rows.

    Parameters
    ----------
    name : of a file in one of the formats, or ``-``.
    column : None for the only one.

    Raises
    ------
    FileError : no such file or column, or a row without a finite number.
    """
    with tempfile.TemporaryDirectory(prefix="taosanode-") as folder:
        scratch = Path(folder).resolve()
        file = formats.open_file(name, scratch)
        with database.connect(scratch, [file.path]) as connection:
            try:
                chosen = _chosen(file.shown, formats.columns(connection, file), column)
                table = formats.table(connection, file, [chosen])
                number = f"COALESCE({number_sql(chosen)}, 'nan'::DOUBLE)"
                values: Series = connection.execute(f"SELECT {number} AS value FROM {table}").fetchnumpy()["value"]
            except duckdb.Error as error:
                raise FileError(f"{file.shown} cannot be read: {database.reason(error)}") from error
    bad = ~np.isfinite(values)
    if bad.any():
        raise FileError(f"{file.shown}: column {chosen.name}, row {np.argmax(bad) + 1} holds no finite number")
    return np.ascontiguousarray(values)


def _chosen(shown: str, columns: Sequence[Column], name: str | None) -> Column:
    found = [column for column in columns if name in (column.name, None)]
    if not found:
        raise FileError(f"{shown} has no column {name}: {listed(columns)}")
    if len(found) > 1:
        raise FileError(f"{shown} has several columns, --column must name one: {listed(columns)}")
    if found[0].kind in (OTHER, TIME) and not found[0].text:
        raise FileError(f"{shown}: column {found[0].name} is {found[0].type}, numbers are needed")
    return found[0]
