"""Which column holds the time, which the values and which names the series; and how SQL reads them."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from appliance.files.read.database import literal, quoted
from appliance.files.series import UsageError
from appliance.protocol.times import PER_SECOND

TIME_NAMES = ("ts", "time", "timestamp", "ds", "date", "datetime", "year", "_c0", "_wstart")
CLOCK_NAMES, CLOCK_TYPES = ("time", "hour", "clock", "uhrzeit", "heure"), ("TIME", "TIME_NS")  # of times of the day
MAX_LISTED = 500  # characters of a list of columns in a message

# type -> (unit, function that returns the time since 1970 in that unit); milliseconds are read as microseconds
TIME_TYPES = {
    "DATE": ("us", "epoch_us"),
    "TIMESTAMP": ("us", "epoch_us"),
    "TIMESTAMP_S": ("us", "epoch_us"),
    "TIMESTAMP_MS": ("us", "epoch_us"),
    "TIMESTAMP WITH TIME ZONE": ("us", "epoch_us"),
    "TIMESTAMP_NS": ("ns", "epoch_ns"),
    "TIMESTAMPTZ_NS": ("ns", "epoch_ns"),
    "TIMESTAMP_NS WITH TIME ZONE": ("ns", "epoch_ns"),
}
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
NUMBERS = (*INTEGERS, "UHUGEINT", "FLOAT", "DOUBLE")
SPACES = " \u00a0\u202f"  # around numbers and between their groups
NO_VALUE = ("", "na", "n/a", "nan", "null", "none")  # what text files write for a missing number

TIME, NUMBER, TEXT, OTHER = "a time", "a number", "text", "neither number, time nor text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    type : what the file says it is, VARCHAR for all that text files hold.
    kind : what it looks like: TIME, NUMBER, TEXT or OTHER.
    called : what the database calls it, "" for its name; names that differ only in case are one to it.
    parts : a column of dates and one of times of the day, of which it is put together; none for a column of the file.
    """

    name: str
    type: str
    kind: str
    called: str = ""
    parts: tuple[Column, ...] = ()

    @property
    def sql(self) -> str:
        """Its name in SQL, or what puts it together."""
        if self.parts:  # nothing where either is missing
            return "(" + " || ' ' || ".join(f"trim(CAST({part.sql} AS VARCHAR))" for part in self.parts) + ")"
        return quoted(self.called or self.name)

    @property
    def text(self) -> bool:
        """Whether its cells are text, to be read one by one."""
        return self.type == "VARCHAR"

    @property
    def integer(self) -> bool:
        """Whether its cells are integers, typed or in text that looks like numbers."""
        return self.type in INTEGERS or (self.text and self.kind == NUMBER)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns that are analysed."""

    time: Column
    values: tuple[Column, ...]
    by: tuple[Column, ...]


def kind(type_: str) -> str:
    """Return what a type is, without a look at the cells."""
    if type_.endswith("]"):  # a list
        return OTHER
    if type_ in TIME_TYPES:
        return TIME
    if type_ in NUMBERS or type_.startswith("DECIMAL"):
        return NUMBER
    return TEXT if type_ in ("VARCHAR", "BOOLEAN", "UUID") or type_.startswith("ENUM") else OTHER


def choose(
    columns: Sequence[Column], time: str | None, values: str | None, by: str | None, every_value: bool = False
) -> Chosen:
    """Find the columns that were named, and the only ones possible for those that were not; raises UsageError.

    values, by : one name, or several separated by commas; of values also a pattern such as ``HU*``, or ``/regular/``.
    every_value : without a name of values all columns of numbers are meant.
    """
    series = _named(columns, by, "--by")
    moment = _named(columns, time, "--time")
    if len(moment) > 2:
        raise UsageError(
            f"--time takes one column, or one of dates and one of times of the day, got {len(moment)}: {time}"
        )
    when = _together(moment) if len(moment) == 2 else moment[0] if moment else _time(columns, series)
    taken = (when, *when.parts, *series)
    free = [column for column in columns if column not in taken]
    measured = _named(columns, _matching(free, values), "--value") or _values(columns, taken, every_value)
    for column in measured:
        if column.kind == OTHER or (column.kind == TIME and not column.text):
            raise UsageError(f"column {column.name} cannot be a value: it is {_called(column)}, numbers are needed")
    if when.kind == OTHER or (when.kind == TEXT and not when.text):
        raise UsageError(
            f"column {when.name} cannot be the time: it is {_called(when)}; time stamps, numbers since 1970 or text "
            "are needed"
        )
    times = (when, *when.parts)
    twice = {column.name for column in measured if column in (*times, *series)} | {
        column.name for column in times if column in series
    }
    if twice or len(set(measured)) < len(measured) or len(set(series)) < len(series):
        raise UsageError("a column cannot be used twice: time, values and series need columns of their own")
    return Chosen(when, measured, series)


def label(columns: Sequence[Column], name: str) -> Column:
    """Return the column that says which rows are anomalies; raises UsageError."""
    found = _named(columns, name, "--labels")
    if len(found) != 1 or not (found[0].kind == NUMBER or found[0].type == "BOOLEAN" or found[0].text):
        raise UsageError(f"--labels {name}: one column of numbers or truth values is needed")
    return found[0]


def covariates(columns: Sequence[Column], names: str) -> tuple[Column, ...]:
    """Return the columns of covariates, separated by commas; raises UsageError."""
    found = _named(columns, names, "--covariate")
    for column in found:
        if column.kind not in (NUMBER, TEXT) or (column.kind == TEXT and not (column.text or column.type == "BOOLEAN")):
            raise UsageError(f"--covariate {column.name}: it is {_called(column)}, numbers are needed")
    if len(set(found)) < len(found) or not found:
        raise UsageError(f"--covariate {names}: different columns are needed")
    return found


def numbers(columns: Sequence[Column], names: str | None, without: Sequence[Column] = ()) -> tuple[Column, ...]:
    """Return the columns that were named, as in `choose`, or all of numbers that are none of times; raises UsageError.

    without : columns that are something else.
    """
    free = [column for column in columns if column not in without]
    found = _named(free, _matching(free, names), "--value")
    if names is None:
        found = tuple(one for one in free if one.kind == NUMBER and one.name.lower() not in TIME_NAMES)
    for column in found:
        if column.kind in (OTHER, TIME) and not column.text:
            raise UsageError(f"column {column.name} cannot be a value: it is {_called(column)}, numbers are needed")
    if not found or len(set(found)) < len(found):
        raise UsageError(f"--value: different columns of numbers are needed; there are: {listed(columns)}")
    return found


def one(columns: Sequence[Column], name: str, option: str) -> Column:
    """Return the column of that name; raises UsageError."""
    found = _named(columns, name, option)
    if len(found) != 1:
        raise UsageError(f"{option} takes one column, got {name}")
    return found[0]


def number_sql(column: Column, decimal: str | None = None) -> str:
    """Return the SQL for float64 values; NULL where none is given, or what is given is not a number.

    decimal : what stands before the decimals in text, a point or a comma; the other one may group thousands, as spaces
        and apostrophes may. None for a point, where nobody has said so: then a single comma may be either, and is none.
    """
    name = column.sql
    if not column.text:
        return f"CAST({name} AS DOUBLE)"
    if decimal == ",":
        bare = f"CASE WHEN NOT contains({name}, '.') THEN replace({name}, ',', '.') END"
        return f"COALESCE(TRY_CAST({bare} AS DOUBLE), {_grouped_sql(name, '.', ',')})"
    return f"COALESCE(TRY_CAST({name} AS DOUBLE), {_grouped_sql(name, ',', '.', certain=decimal is None)})"


def _grouped_sql(name: str, group: str, decimal: str, certain: bool = False) -> str:
    """Return the SQL for a number whose thousands are grouped, NULL for anything else.

    certain : a single group without decimals may be decimals itself, and is no number.
    """
    # no part stands twice in this, as `trim` would: what does is computed of every row, not only of those without
    start, end = f"[{SPACES}]*[+-]?[0-9]{{1,3}}", f"([{decimal}][0-9]*)?[{SPACES}]*"
    told = f"([{decimal}][0-9]*[{SPACES}]*|[{group}][0-9]{{3}}{end})" if certain else end
    groups = f"([{group}][0-9]{{3}})+{told}"
    forms = [groups, *(f"({one}[0-9]{{3}})+{end}" for one in (f"[{SPACES}]", "['\u2019]"))]
    whole = f"regexp_full_match({name}, {literal(start + '(' + '|'.join(forms) + ')')})"
    digits = f"regexp_replace({name}, {literal(f'[^-+0-9{decimal}]')}, '', 'g')"
    return f"CASE WHEN {whole} THEN TRY_CAST(replace({digits}, '{decimal}', '.') AS DOUBLE) END"


def decimal_hint(cell: str, decimal: str | None) -> str:
    """Return which --decimal would read a cell as a number, "" for none."""
    point = decimal != "." and re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?", cell)
    comma = decimal != "," and re.fullmatch(
        r"[+-]?([0-9]*|[0-9]{1,3}([. \u00a0\u202f][0-9]{3})+),[0-9]+|[+-]?[0-9.]*([.][0-9]{3}){2}", cell
    )
    if point and comma:
        return f"; --decimal . reads it as {cell.replace(',', '')}, --decimal , as {cell.replace(',', '.')}"
    return "; --decimal , reads it" if comma else "; --decimal . reads it" if point else ""


def given_sql(column: Column) -> str:
    """Return the SQL for whether a cell of text holds anything."""
    words = ", ".join(map(literal, NO_VALUE))
    name = column.sql
    return f"({name} IS NOT NULL AND lower(trim({name})) NOT IN ({words}))"


def name_sql(by: Sequence[Column]) -> str:
    """Return the SQL for the name of a row's series; NULL where a part of it is missing."""
    if len(by) == 1:
        return f"CAST({by[0].sql} AS VARCHAR)"
    parts = ", ".join(f"CAST({column.sql} AS VARCHAR)" for column in by)
    missing = " OR ".join(f"{column.sql} IS NULL" for column in by)
    return f"CASE WHEN NOT ({missing}) THEN CAST(to_json([{parts}]) AS VARCHAR) END"


def listed(columns: Sequence[Column]) -> str:
    """Return the names of columns for a message."""
    text = ", ".join(column.name for column in columns)
    return text if len(text) <= MAX_LISTED else f"{text[:MAX_LISTED]}..."


def _named(columns: Sequence[Column], names: str | None, option: str) -> tuple[Column, ...]:
    if names is None:
        return ()
    known = {column.name: column for column in columns}
    if names in known:  # a name may hold a comma itself
        return (known[names],)
    found = []
    for name in _listed(names):
        same = [column for column in columns if column.name.lower() == name.lower()]
        column = known.get(name) or (same[0] if len(same) == 1 else None)
        if column is None:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]}?" if near else f"; there are: {listed(columns)}"
            raise UsageError(f"{option}: there is no column {name}{hint}")
        found.append(column)
    return tuple(found)


def _matching(free: Sequence[Column], names: str | None) -> str | None:
    """Return names of columns with each pattern replaced by the columns of numbers that it matches."""
    if names is None or any(column.name == names for column in free):
        return names
    if len(names) > 2 and names.startswith("/") and names.endswith("/"):
        try:
            wanted = re.compile(names[1:-1])
        except re.error as error:
            raise UsageError(f"--value {names}: no regular expression: {error}") from None
        found = [column.name for column in free if column.kind == NUMBER and wanted.search(column.name)]
        parts = [found or names]
    else:
        parts = [_glob(free, part) for part in _listed(names)]
    for part in parts:
        if isinstance(part, str) and set(part) & set("*?/") and not any(column.name == part for column in free):
            raise UsageError(f"--value: no column of numbers matches {part}; there are: {listed(free)}")
    return joined([name for part in parts for name in ([part] if isinstance(part, str) else part)])


def joined(names: Sequence[str]) -> str:
    """Return names as one text, separated by commas; one that holds a comma stands in quotes."""
    return ",".join('"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name for name in names)


def _listed(names: str) -> list[str]:
    """Return names that are separated by commas; one that holds a comma stands in quotes."""
    return [name.strip() for name in next(csv.reader([names], skipinitialspace=True), [])]


def _glob(free: Sequence[Column], part: str) -> str | list[str]:
    if any(column.name == part for column in free):
        return part
    return [column.name for column in free if column.kind == NUMBER and fnmatchcase(column.name, part)] or part


def _time(columns: Sequence[Column], taken: Sequence[Column]) -> Column:
    typed = [column for column in columns if column.kind == TIME and column not in taken]
    if len(typed) == 1:
        return typed[0]
    free = [(column.name.lower(), column) for column in typed or columns if column not in taken]
    for usual in ([one for name, one in free if name in TIME_NAMES], [one for name, one in free if _united(name)]):
        if len(usual) == 1:
            return usual[0]
    if typed:
        raise UsageError(f"several columns hold times, choose with --time: {listed(typed)}")
    raise UsageError(f"no column holds times, choose with --time; there are: {listed(columns)}")


def _united(name: str) -> bool:
    """Tell whether a name is one of a time with its unit, such as ``ts_ms``."""
    stem, _, unit = name.rpartition("_")
    return stem in TIME_NAMES and unit in PER_SECOND


def clock(columns: Sequence[Column], chosen: Chosen) -> str:
    """Return the name of a column that may hold the times of the day to the chosen one of dates, "" for none."""
    used = (*chosen.time.parts, chosen.time, *chosen.values, *chosen.by)
    free = [column for column in columns if column not in used]
    found = (one.name for one in free if one.type in CLOCK_TYPES or one.name.lower() in CLOCK_NAMES)
    return next(found, "")


def _together(parts: tuple[Column, ...]) -> Column:
    """Return a column of dates and one of times of the day as one of times."""
    return Column(parts[0].name, "VARCHAR", TIME, parts=parts)


def _values(columns: Sequence[Column], taken: Sequence[Column], every: bool) -> tuple[Column, ...]:
    numbers = tuple(column for column in columns if column not in taken and column.kind == NUMBER)
    return numbers if every and numbers else (_value(columns, taken),)


def _value(columns: Sequence[Column], taken: Sequence[Column]) -> Column:
    free = [column for column in columns if column not in taken]
    left = [column for column in free if column.kind == NUMBER]
    if len(left) == 1:
        return left[0]
    if not left and len(free) == 1 and free[0].text:
        return free[0]  # a cell that is no number will be named
    if left:
        raise UsageError(f"several columns hold numbers, choose with --value: {listed(left)}")
    raise UsageError(f"no column is left that holds numbers, choose with --value; there are: {listed(columns)}")


def _called(column: Column) -> str:
    return column.kind if column.text else column.type
