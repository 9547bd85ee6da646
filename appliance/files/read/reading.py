"""From a file to its series, a bounded number of rows at a time: no Python object per row, one query per batch.

The rows of a series stay in the order of the file, so that times which go back can be seen and refused.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import orjson

from appliance.files.calendar import buckets
from appliance.files.calendar.frequency import Frequency
from appliance.files.calendar.zones import Clock, Zone
from appliance.files.read import columns as roles
from appliance.files.read import future, moments, time_formats
from appliance.files.read.columns import Chosen, Column
from appliance.files.read.database import literal, reason
from appliance.files.read.moments import NO_TIME, Moments
from appliance.files.read.rows import Rows, apart
from appliance.files.read.several import AHEAD, Files
from appliance.files.series import FileError, FileSeries, UsageError
from appliance.protocol.documents import MAX_ROWS, MIN_ROWS
from kernels.contract import Series, Times

BATCH_ROWS = 2_000_000  # held in memory at once


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of the file: names of columns, None for those to be found; what may be mended.

    labels : the column that says which rows are anomalies, None for none.
    zone : of times without one; where days and months begin. time_format : of strptime, or ``excel``.
    duplicates : what becomes of rows of one time: mean, sum, min, max, first or last; None refuses them.
    every, agg : the rows of each such step become one: mean, sum, min, max, first or last of them; None for neither.
    last : how many rows at the end of each series are kept, None for all.
    decimal : what stands before the decimals of numbers in text, see `columns.number_sql`.
    every_value : without `values`, all columns of numbers are meant.
    covariates : columns that are known of the rows to forecast too, "" for none; learning : those rows are left out.
    most : rows that a series may have.
    """

    time: str | None = None
    values: str | None = None
    by: str | None = None
    precision: str | None = None
    sort: bool = False
    drop_nulls: bool = False
    labels: str | None = None
    zone: Zone | None = None
    time_format: str | None = None
    duplicates: str | None = None
    every: Frequency | None = None
    agg: str | None = None
    last: int | None = None
    decimal: str | None = None
    every_value: bool = False
    covariates: str = ""
    learning: bool = False
    most: int = MAX_ROWS


class Source:
    """A file that is open for reading.

    by : the columns that name the series. keys : for each series its value in each of them, as text.
    time : name of the column of times. values : names of the columns of values.
    precision : unit of the times. count : number of rows.
    moments : how the times are written. clock : how they are meant. shown : what the user called the file.
    labels : name of the column that says which rows are anomalies, the last one of each series; None if none was named.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, files: Files, asked: Asked) -> None:
        self._connection, self._asked, self.shown, self._named = connection, asked, files.shown, files.column
        self.keys: list[tuple[str, ...]] = []
        self._beside = 0  # how many of the last values are covariates
        self._ahead = files.ahead.shown if files.ahead else ""
        try:
            table = files.columns(connection)
            if not files.any_row(connection):
                raise FileError(f"{self.shown} has no rows")
            chosen = self._choose(table)
            self._clock = roles.clock(table, chosen)
            own = len(chosen.values) - self._beside
            self._chosen = files.going_on(connection, chosen, own)
            self._table = files.table(connection, self._wanted(), self._chosen.values[:own])
            (self.count,) = self._one(f"SELECT count(*) FROM {self._table}")
            self.moments = self._times()
            self._refuse_text()
            self._name_series()
        except duckdb.Error as error:
            raise FileError(f"{self.shown} cannot be read: {reason(error)}") from error
        self.by, self.time = self._chosen.by, self._chosen.time.name
        names = [column.name for column in self._chosen.values]
        self.labels = names.pop() if asked.labels else None
        self.values, self.covariates = (
            tuple(names[: len(names) - self._beside]),
            tuple(names[len(names) - self._beside :]),
        )
        self._split: tuple[str, ...] = ()
        self.precision = self.moments.unit
        self.clock = Clock(asked.zone, self.moments.naive)

    def __len__(self) -> int:
        return len(self.keys)

    def name(self, number: int) -> str:
        """Return the name of a series."""
        return ", ".join(self.keys[number])

    def split(self) -> None:
        """Make a series of each column of values; what tells them apart is called ``column``."""
        self._split = self.values
        self.by = (*self.by, Column("column", "VARCHAR", roles.TEXT))
        self.keys = [(*key, name) for key in self.keys for name in self.values]
        self.values = self.values[:1]

    def batches(self) -> Iterator[list[Rows]]:
        """Yield the series in the order of their names, some at a time; raises FileError."""
        begin = 0
        while begin < len(self._sizes):
            end, rows = begin, 0
            while end < len(self._sizes) and (end == begin or rows + self._sizes[end] <= BATCH_ROWS):
                rows += self._sizes[end]
                end += 1
            try:
                batch = self._batch(begin, end)
                yield [one for rows in batch for one in self._each(rows)] if self._split else batch
            except duckdb.Error as error:
                raise FileError(f"{self.shown} cannot be read: {reason(error)}") from error
            begin = end

    def series(self, rows: Rows) -> FileSeries:
        """Check and mend one series.

        Raises
        ------
        FileError : times missing, twice or not in order, values missing, fewer or more rows than can be analysed.
        """
        if rows.sound and not self._changes and MIN_ROWS <= rows.count <= self._asked.most:
            return FileSeries(rows.name, rows.times, self.precision, rows.columns, self.clock)
        return self._mended(rows)

    def _mended(self, rows: Rows) -> FileSeries:
        """Return a series that is not as it should be, or is to become another one; raises FileError."""
        if rows.count > self._asked.most and not len(rows.times):
            raise FileError(self._too_long(rows.count))
        rows, later = self._parted(rows)
        times, columns = rows.times, dict(rows.columns)
        keep = np.isfinite(np.column_stack(list(columns.values()))).all(axis=1) & (times != NO_TIME)
        if not keep.all():
            if not self._asked.drop_nulls:
                raise FileError(self._missing(rows))
            times, columns = times[keep], {name: column[keep] for name, column in columns.items()}
        if self._asked.zone and self.clock.naive and len(times):
            times = self._asked.zone.instants(times, self.precision)
        steps = np.diff(times)
        if self._asked.sort and (steps < 0).any():
            order = np.argsort(times, kind="stable")
            times, columns = times[order], {name: column[order] for name, column in columns.items()}
            steps = np.diff(times)
        if len(times) and not (steps < 0).any():
            times, columns = self._fewer(times, columns)
            steps = np.diff(times)
        if self._asked.last:
            begin = max(len(times) - self._asked.last, 0)
            times, columns = times[begin:], {name: column[begin:] for name, column in columns.items()}
            steps = steps[begin:]
        if (steps <= 0).any():
            raise FileError(self._disorder(times, int(np.argmax(steps <= 0)) + 1))
        if not MIN_ROWS <= len(times) <= self._asked.most:
            raise FileError(self._bounds(len(times)) if len(times) < MIN_ROWS else self._too_long(len(times)))
        series = FileSeries(rows.name, times, self.precision, columns, self.clock)
        zone = self._asked.zone if self.clock.naive else None
        return future.continued(series, later, zone, self.covariates) if later else series

    def _parted(self, rows: Rows) -> tuple[Rows, Rows | None]:
        """Return the rows up to the last value, and those to forecast, None without covariates; raises FileError."""
        if not self._beside:
            return rows, None
        return future.part(rows, self.covariates, self._asked.sort, self._shown, self._ahead, self._asked.learning)

    def _fewer(self, times: Times, columns: dict[str, Series]) -> tuple[Times, dict[str, Series]]:
        """Make one row of those of one time, and then of those of one step, where that is asked for."""
        if self._asked.duplicates:
            times, columns = buckets.reduced(times, columns, self._asked.duplicates)
        if self._asked.every and self._asked.agg:
            begins = buckets.starts(times, self.precision, self.clock, self._asked.every)
            times, columns = buckets.reduced(begins, columns, self._asked.agg)
        return times, columns

    # --- looking at the file ----------------------------------------------------------------------------------------

    @property
    def _shortens(self) -> bool:
        """Whether a series may become shorter than it is in the file."""
        asked = self._asked
        return bool(asked.drop_nulls or asked.last or asked.duplicates or asked.agg or self._beside)

    @functools.cached_property
    def _changes(self) -> bool:
        """Whether a sound series may become another than it is in the file."""
        asked = self._asked
        return bool((asked.zone and self.clock.naive) or asked.last or (asked.every and asked.agg) or self._beside)

    def _choose(self, table: list[Column]) -> Chosen:
        try:
            if self._asked.covariates:
                return self._beside_values(table)
            if self._asked.labels is None:
                asked = self._asked
                return self._by_file(roles.choose(table, asked.time, asked.values, asked.by, asked.every_value))
            label = roles.label(table, self._asked.labels)
            rest = [column for column in table if column != label]
            chosen = roles.choose(rest, self._asked.time, self._asked.values, self._asked.by)
            return self._by_file(Chosen(chosen.time, (*chosen.values, label), chosen.by))
        except FileError as error:
            raise type(error)(f"{self.shown}: {error}") from None

    def _beside_values(self, table: list[Column]) -> Chosen:
        """Return the chosen columns with the covariates after the one of values."""
        asked = self._asked
        beside = roles.covariates(table, asked.covariates)
        chosen = roles.choose([each for each in table if each not in beside], asked.time, asked.values, asked.by)
        if len(chosen.values) > 1:
            raise UsageError(f"--covariate goes with one column of values, got {roles.listed(chosen.values)}")
        self._beside = len(beside)
        return self._by_file(Chosen(chosen.time, (*chosen.values, *beside), chosen.by))

    def _by_file(self, chosen: Chosen) -> Chosen:
        """Return the same with a series for each file."""
        if self._named is None:
            return chosen
        if self._named in (chosen.time, *chosen.values, *chosen.by):
            raise UsageError(f"a column cannot be called {self._named.name} where several files are read")
        return Chosen(chosen.time, chosen.values, (self._named, *chosen.by))

    def _wanted(self) -> list[Column]:
        times = self._chosen.time.parts or (self._chosen.time,)
        return list(dict.fromkeys((*times, *self._chosen.values, *self._chosen.by)))

    def _one(self, sql: str) -> tuple[Any, ...]:
        rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()  # the next query needs this one done
        return rows[0]

    def _times(self) -> Moments:
        """Find how the times are written."""
        asked = self._asked
        try:
            return moments.find(self._one, self._table, self._chosen.time, asked.precision, asked.time_format)
        except FileError as error:
            raise type(error)(f"{self.shown}: {error}") from None

    def _refuse_text(self) -> None:
        """Refuse cells that hold something else than what their column is for."""
        time, values = self._chosen.time, self._chosen.values
        checks = [(time, self.moments.sql, self.moments.wanted)] if time.text or time.kind == roles.NUMBER else []
        checks += [(column, self._number(column), "a number") for column in values if column.text]
        for column, read, wanted in checks:
            given = roles.given_sql(column) if column.text else f"{column.sql} IS NOT NULL"
            bad = f"{given} AND ({read}) IS NULL"
            if not self._one(f"SELECT count(*) FROM {self._table} WHERE {bad}")[0]:
                continue
            file = self._named.sql if self._named else literal(self.shown)
            if self._ahead:
                file = f"CASE WHEN {AHEAD} THEN {literal(self._ahead)} ELSE {file} END"
            over = "PARTITION BY file ORDER BY place" if self._named or self._ahead else ""
            cells = f"{file} AS file, {column.sql} AS cell, {bad} AS bad"
            places = f"SELECT row_number() OVER () AS place, {cells} FROM {self._table}"  # partitions keep no order
            rows = f"SELECT row_number() OVER ({over}) AS row, file, cell, bad FROM ({places})"
            file, row, cell = self._one(f"SELECT file, row, cell FROM ({rows}) WHERE bad ORDER BY file, row LIMIT 1")
            if column in values:
                hint = roles.decimal_hint(str(cell).strip(), self._asked.decimal)
            else:
                hint = time_formats.hint(self._one, self._table, column)
            raise FileError(f"{file}: column {column.name}, row {row}: {str(cell)[:80]!r} is not {wanted}{hint}")

    def _name_series(self) -> None:
        by = self._chosen.by
        self.keys = [()]
        self._sizes: list[int] = [self.count]
        if not by:
            return
        name = roles.name_sql(by)
        nameless = self._one(f"SELECT count(*) FROM {self._table} WHERE ({name}) IS NULL")[0]
        if nameless and not self._asked.drop_nulls:
            raise FileError(
                f"{self.shown}: {nameless} of {self.count} rows have no {roles.listed(by)}, so they belong to no "
                "series; --drop-nulls leaves them out"
            )
        order = ", ".join(
            f"TRY_CAST(any_value({c.sql}) AS DOUBLE), any_value({c.sql})" if c.text
            else f"any_value({c.sql})" for c in by
        )  # fmt: skip
        self._connection.execute(
            f"CREATE TEMP TABLE names AS SELECT {name} AS name, count(*) AS rows FROM {self._table} "
            f"WHERE ({name}) IS NOT NULL GROUP BY ALL ORDER BY {order}"
        )
        self._connection.execute("CREATE TYPE series AS ENUM (SELECT name FROM names)")
        found = self._connection.execute("SELECT name, rows FROM names").fetchall()
        self.keys = [tuple(orjson.loads(text)) if len(by) > 1 else (text,) for text, _ in found]
        self._sizes = [rows for _, rows in found]
        if not found:
            raise FileError(f"{self.shown} has no rows with {roles.listed(by)}")

    # --- reading ----------------------------------------------------------------------------------------------------

    def _batch(self, begin: int, end: int) -> list[Rows]:
        values, by = self._chosen.values, self._chosen.by
        if end - begin == 1 and self._sizes[begin] > self._asked.most and not self._shortens:
            nothing = np.empty(0)
            return [Rows(begin, self._name(begin), self._sizes[begin], nothing.astype(np.int64), {"": nothing})]
        read = [f"COALESCE({self._number(column)}, 'nan'::DOUBLE) AS v{i}" for i, column in enumerate(values)]
        read.append(f"COALESCE({self.moments.sql}, {NO_TIME}) AS t")
        read += [f"{AHEAD} AS ahead"] if self._ahead else []
        where: list[str] = []
        bounds: list[str] = []
        if by:
            code = f"enum_code(CAST({roles.name_sql(by)} AS series))::INTEGER"
            read.append(f"{code} AS number")
            where.append(f"({roles.name_sql(by)}) IS NOT NULL")
        if end - begin < len(self._sizes):
            others = True
            if len(by) == 1 and by[0].text:  # much of a sorted file is passed over
                where.append(f"{by[0].sql} BETWEEN ? AND ?")
                every = [name for name, *_ in self.keys[:: max(len(self._split), 1)]]
                bounds = [min(every[begin:end]), max(every[begin:end])]
                others = sum(bounds[0] <= name <= bounds[1] for name in every) > end - begin
            if others:
                where.append(f"{code} BETWEEN {begin} AND {end - 1}")
        sql = f"SELECT {', '.join(read)} FROM {self._table} WHERE {' AND '.join(where) or 'true'}"
        cells = self._connection.execute(sql, bounds).fetchnumpy()
        columns = {column.name: cells[f"v{i}"] for i, column in enumerate(values)}
        names = list(map(self._name, range(begin, end)))
        return apart(cells.get("number"), begin, names, cells["t"], columns, cells.get("ahead"))

    def _number(self, column: Column) -> str:
        return roles.number_sql(column, self._asked.decimal)

    def _name(self, number: int) -> str:
        return "" if self._split else self.name(number)

    def _each(self, rows: Rows) -> list[Rows]:
        """Return the columns of rows, each as a series of its own."""
        numbers = range(rows.number * len(self._split), (rows.number + 1) * len(self._split))
        return [
            dataclasses.replace(
                rows, number=number, name=self.name(number), columns={name: rows.columns.get(name, np.empty(0))}
            )
            for number, name in zip(numbers, self._split, strict=True)
        ]

    # --- what is wrong with a series --------------------------------------------------------------------------------

    def _missing(self, rows: Rows) -> str:
        lacking = {self._chosen.time.name: rows.times == NO_TIME}
        lacking |= {name: ~np.isfinite(column) for name, column in rows.columns.items()}
        name, bad = max(lacking.items(), key=lambda item: int(item[1].sum()))
        first = int(np.argmax(bad))
        time = "" if rows.times[first] == NO_TIME else f" ({self._shown(rows.times[first])})"
        what = "times are missing" if name == self._chosen.time.name else "values are missing or not finite"
        return (
            f"column {name}: {int(bad.sum())} of {rows.count} {what}, the first at row {first + 1}{time}; "
            "--drop-nulls leaves such rows out"
        )

    def _disorder(self, times: Times, row: int) -> str:
        this, before = (self._shown(times[at]) for at in (row, row - 1))
        if this == before:
            same = f"column {self._chosen.time.name}: row {row + 1} has the time of the row before, {this}"
            together = f"; --time {self._chosen.time.name},{self._clock} reads both as one" if self._clock else ""
            return f"{same}{together}; --duplicates mean makes one row of them{self._hint()}"
        back = f"column {self._chosen.time.name}: row {row + 1} goes back from {before} to {this}"
        return f"{back}; --sort sorts{self._hint()}"

    def _too_long(self, rows: int) -> str:
        return f"{self._bounds(rows)}; --last N takes the last ones{self._hint()}"

    def _shown(self, time: np.int64) -> str:
        return self.clock.shown(int(time), self.precision)

    def _hint(self) -> str:
        return "" if self._chosen.by else "; --by COLUMN takes several series apart"

    def _bounds(self, rows: int) -> str:
        return f"number of rows should between {MIN_ROWS} and {self._asked.most}, actual {rows} rows"
