"""How the times of a file are written: found from all its cells, so that a guess that may be wrong is refused instead.

Integers count from 1970 in a unit told by their size, but for those that spell a date: 2021, 202108, 20210806.
Those that may be dates in other ways, such as 210806 or 06082021, are refused.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from appliance.files.read import time_formats
from appliance.files.read.columns import NUMBER, TIME, TIME_TYPES, Column, given_sql
from appliance.files.read.database import literal
from appliance.files.read.time_formats import ONE
from appliance.files.series import FileError, UsageError
from appliance.protocol.times import PER_SECOND

# integers since 1970 up to these are seconds, milliseconds, microseconds: the years 1970 to 5138
MAGNITUDES = ((100_000_000_000, "s"), (100_000_000_000_000, "ms"), (100_000_000_000_000_000, "us"))
EXCEL, EXCEL_DAYS, EXCEL_EPOCH = "excel", (20_000, 80_000), 25_569  # the years 1954 to 2119; 1970-01-01
NO_TIME = -(2**63)  # of a row without one


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a date.

    called : in a sentence. cells : pattern of a cell. read, write : SQL from text to a time stamp, and back.
    low, high : the integers that may be such dates.
    """

    called: str
    cells: str
    read: str
    write: str
    low: int = 0
    high: int = -1


def _form(called: str, cells: str, format_: str, low: int = 0, high: int = -1) -> Form:
    return Form(called, cells, f"try_strptime({{0}}, '{format_}')", f"strftime({{0}}, '{format_}')", low, high)


def _weeks(cells: str, format_: str) -> Form:
    read = f"try_strptime({{0}} || '-1', '{format_}-%u')"
    return Form("weeks", cells, read, f"strftime({{0}}, '{format_}')")


def _quarters(between: str) -> Form:
    month = "(3 * CAST(right({0}, 1) AS INTEGER) - 2)"
    return Form(
        "quarters",
        f"[0-9]{{4}}{between}[1-4]",
        f"make_timestamp(CAST(left({{0}}, 4) AS BIGINT), {month}, 1, 0, 0, 0)",
        f"strftime({{0}}, '%Y{between}') || quarter({{0}})",
    )


DAYS = _form("days", "[0-9]{4}-[0-9]{2}-[0-9]{2}", "%Y-%m-%d")
TEXTS = (
    DAYS,
    _form("days", "[0-9]{4}/[0-9]{2}/[0-9]{2}", "%Y/%m/%d"),
    _form("months", "[0-9]{4}-[0-9]{2}", "%Y-%m"),
    _weeks("[0-9]{4}-W[0-9]{2}", "%G-W%V"),
    _weeks("[0-9]{4}W[0-9]{2}", "%GW%V"),
    _form("days of weeks", "[0-9]{4}-W[0-9]{2}-[1-7]", "%G-W%V-%u"),
    _form("seconds", "[0-9]{8}T[0-9]{6}", "%Y%m%dT%H%M%S"),
    *(_quarters(between) for between in ("-Q", "Q", " Q", "-q", "q", " q")),
)
DIGITS = (
    _form("years", "[0-9]{4}", "%Y", 1500, 2500),
    _form("months", "[0-9]{6}", "%Y%m", 100_001, 999_912),
    _form("days", "[0-9]{8}", "%Y%m%d", 10_000_101, 99_991_231),
    _form("dates with hours", "[0-9]{10}", "%Y%m%d%H", 1_900_010_100, 2_100_123_123),
    _form("dates with minutes", "[0-9]{12}", "%Y%m%d%H%M", 100_001_010_000, 999_912_312_359),
    _form("dates with seconds", "[0-9]{14}", "%Y%m%d%H%M%S", 10_000_101_000_000, 99_991_231_235_959),
)
# digits that may be dates, but may as well be counted: format -> what they are called, pattern
OPEN = {
    "%Y": ("years", "[0-9]{4}"),
    "%y%m%d": ("days", "[0-9]{6}"),
    "%d%m%Y": ("days", "[0-9]{4}(19|20)[0-9]{2}"),
    "%m%d%Y": ("days", "[0-9]{4}(19|20)[0-9]{2}"),
}
COUNTED = 100_000_000  # seconds since 1970 below this are more likely counted from elsewhere: they end in 1973
# a time of the day, and after it an offset or the name of a zone
_ZONED = "([0-9]:[0-9]|[0-9]{8}T[0-9]{4}).*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?|[A-Za-z]{3,}[^0-9:]*)$"


# ISO 8601 without signs between, and the same with them
_BASIC, _PARTS = (
    "[0-9]{8}T[0-9]{6}([.,][0-9]+)?([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)?",
    r"^(....)(..)(..)T(..)(..)(..)(.*)$",
)
_SHORT_YEAR = "^[0-9]{1,3}([-/][0-9]{1,2}){2}($|[ T])"  # which would be one of the first century
_EXTENDED = r"\1-\2-\3T\4:\5:\6\7"


@dataclass(frozen=True, slots=True)
class Moments:
    """How the times of a file are read, and written again.

    sql : int64 in `unit`, NULL for what is no time. wanted : what a cell should be.
    naive : they come without a zone. typed : the file itself calls them instants.
    form : how they are written, None for ISO 8601. note : what the user should know, or "".
    """

    sql: str
    unit: str
    naive: bool
    typed: bool = False
    form: Form | None = None
    note: str = ""
    wanted: str = "a time: ISO 8601, or an integer since 1970"


def find(one: ONE, table: str, column: Column, precision: str | None, format_: str | None) -> Moments:
    """Return how a column of times is to be read.

    Parameters
    ----------
    one : returns the first row of a query. table : what stands after FROM.
    precision : unit of integers since 1970, s, ms, us or ns. format_ : as of strptime, or EXCEL.

    Raises
    ------
    FileError : what the cells hold can be meant in several ways, or is not what was said.
    """
    if format_ and precision:
        raise UsageError("--time-format and --precision exclude each other")
    if format_:
        return _formatted(one, table, column, format_)
    if column.text and column.kind not in (NUMBER, TIME):  # neither all numbers nor all times: what the first cell is
        name = column.sql
        (first,) = one(f"SELECT first({name}) FILTER (WHERE {given_sql(column)}) FROM {table}")
        looks = NUMBER if re.fullmatch(r"\s*[+-]?\d+\s*", first or "") else TIME
        column = dataclasses.replace(column, kind=looks)
    if column.kind == NUMBER:
        return _numbers(one, table, column, precision)
    if precision:
        raise UsageError(f"--precision is for times that are integers, column {column.name} holds {column.kind}")
    return _texts(one, table, column) if column.text else _typed(one, table, column)


def text_sql(name: str) -> str:
    """Return the SQL for microseconds of text in any of the known ways but digits; NULL for anything else."""
    forms = ", ".join(
        f"CASE WHEN regexp_full_match({name}, '{form.cells}') THEN epoch_us({form.read.format(name)}) END"
        for form in TEXTS[1:]
    )
    return f"COALESCE(epoch_us({_instant(name, 'TIMESTAMPTZ')}), {forms})"


def _instant(name: str, type_: str) -> str:
    """Return the SQL for text in ISO 8601, with signs between the parts of date and time or without, as a type."""
    extended = f"regexp_replace({name}, '{_PARTS}', '{_EXTENDED}')"
    basic = f"CASE WHEN regexp_full_match({name}, '{_BASIC}') THEN TRY_CAST({extended} AS {type_}) END"
    return f"COALESCE(TRY_CAST({name} AS {type_}), {basic})"


def _typed(one: ONE, table: str, column: Column) -> Moments:
    unit, function = TIME_TYPES[column.type]
    sql, unit = _coarse(one, table, f"{function}({column.sql})", unit)
    instants = "TIME ZONE" in column.type or "TZ" in column.type
    return Moments(sql, unit, not instants, instants, DAYS if column.type == "DATE" else None)


def _texts(one: ONE, table: str, column: Column) -> Moments:
    name = f"trim({column.sql})"
    (first,) = one(f"SELECT first({name}) FROM {table} WHERE {given_sql(column)}")
    forms = [form for form in TEXTS if re.fullmatch(form.cells, first or "")]
    matching = [f", count(*) FILTER (WHERE regexp_full_match({name}, '{form.cells}'))" for form in forms]
    given, zoned, fine, short, *found = one(
        f"SELECT count(*), count(*) FILTER (WHERE regexp_matches({name}, '{_ZONED}')), "
        f"count(*) FILTER (WHERE regexp_matches({name}, '[.,][0-9]{{7}}')), "
        f"count(*) FILTER (WHERE regexp_matches({name}, '{_SHORT_YEAR}')){''.join(matching)} FROM {table} "
        f"WHERE {given_sql(column)}"
    )
    for form, count in zip(forms, found, strict=True):
        if count == given:
            return Moments(f"epoch_us({form.read.format(name)}) // 1000", "ms", True, form=form)
    if short:
        shown = (
            f"column {column.name} holds {short} of {given} times whose year has less than four digits, such as {first}"
        )
        raise FileError(f"{shown}{time_formats.hint(one, table, column)}")
    if 0 < zoned < given:
        raise FileError(f"column {column.name}: {zoned} of {given} times have an offset from UTC, the others have none")
    if zoned:
        _refuse_abbreviation(column, first)
    # with the zone: a cast to a type without one would drop an offset such as +02:00
    if fine:
        sql, unit = _coarse(one, table, f"epoch_ns({_instant(name, 'TIMESTAMPTZ_NS')})", "ns")
    else:
        sql, unit = _coarse(one, table, text_sql(name), "us")
    return Moments(sql, unit, not zoned, typed=bool(zoned))


def _refuse_abbreviation(column: Column, cell: str) -> None:
    """Refuse a time with the abbreviation of a zone, which is that of several: CST is one of America and of China."""
    found = re.search("[0-9] *([A-Za-z]{3,5})$", cell)
    if found and found[1].upper() not in ("UTC", "GMT"):
        raise FileError(
            f"column {column.name} holds times such as {cell}, and {found[1]} may be several zones: an offset such as "
            f"+01:00 tells which, or --tz with a --time-format that ends in {found[1]}"
        )


def _numbers(one: ONE, table: str, column: Column, precision: str | None) -> Moments:
    name = column.sql
    whole, number = f"TRY_CAST({name} AS BIGINT)", f"TRY_CAST({name} AS DOUBLE)"
    number = f"CASE WHEN isfinite({number}) THEN {number} END"
    if column.text:  # a cast would round decimals
        whole = f"CASE WHEN regexp_full_match(trim({name}), '[+-]?[0-9]+') THEN {whole} END"
    elif not column.integer:
        whole = f"CASE WHEN {number} = floor({number}) THEN {whole} END"
    counts = f"count({number}), count({whole}), min({number}), max({number})"
    given, integers, low, high = one(f"SELECT {counts} FROM {table}")
    largest = max(abs(low or 0), abs(high or 0))
    unit = precision or next((unit for bound, unit in MAGNITUDES if largest < bound), "ns")
    if precision is None and given:
        if EXCEL_DAYS[0] <= low and high <= EXCEL_DAYS[1]:
            raise FileError(
                f"column {column.name} holds numbers from {low:g} to {high:g}: --time-format excel reads them as days "
                "of Excel, --precision s as seconds since 1970"
            )
        form = next((form for form in DIGITS if form.low <= low and high <= form.high), None)
        found = _spelled(one, table, column, form) if form and integers == given else None
        if found:
            return found
        if integers == given:
            _refuse_open(one, table, column)
    if integers < given and unit == "s":
        exact = f"TRY_CAST({name} AS DECIMAL(30, 9))" if column.text else number
        digits, unit = (9, "ns") if column.text and largest < 9e9 else (6, "us")
        sql, unit = _coarse(one, table, f"CAST(round({exact} * 1e{digits}::DECIMAL(18, 0)) AS BIGINT)", unit)
        return Moments(sql, unit, False)
    note = ""
    if precision is None and largest < COUNTED:
        note = f"column {column.name} is read as seconds since 1970; --precision ms|us|ns says it otherwise"
    return Moments(f"{whole} * 1000" if unit == "s" else whole, "ms" if unit == "s" else unit, False, note=note)


def _spelled(one: ONE, table: str, column: Column, form: Form) -> Moments | None:
    """Return how integers are read that spell dates; None if most of them cannot be meant so."""
    text = _digits(column)
    read = f"CASE WHEN regexp_full_match({text}, '{form.cells}') THEN {form.read.format(text)} END"
    given, valid = one(f"SELECT count({text}), count({read}) FROM {table}")
    if valid == given:
        note = f"column {column.name} is read as {form.called}; --precision s would read it as seconds since 1970"
        return Moments(f"epoch_us({read}) // 1000", "ms", True, form=form, note=note)
    _refuse_open(one, table, column)
    if 2 * valid < given:
        return None
    (first,) = one(f"SELECT first({text}) FILTER (WHERE {text} IS NOT NULL AND {read} IS NULL) FROM {table}")
    raise FileError(
        f"column {column.name} holds {form.called}, but for {given - valid} of {given} cells such as {first}; "
        "--precision s reads integers as seconds since 1970"
    )


def _refuse_open(one: ONE, table: str, column: Column) -> None:
    """Refuse integers that spell dates in a way that others may be meant by too."""
    for format_, (called, cells) in OPEN.items():
        text, begin = _digits(column), 6
        if format_.endswith("%Y") and format_ != "%Y":  # the first digit may be lost; a counter begins as it does
            text, begin = f"lpad({text}, 8, '0')", 4
        spelled = f"regexp_full_match({text}, '{cells}') AND try_strptime({text}, '{format_}') IS NOT NULL"
        counts = f"count({text}), count(*) FILTER (WHERE {spelled}), count(DISTINCT left({text}, {begin}))"
        given, valid, beginnings = one(f"SELECT {counts} FROM {table}")
        if valid == given and beginnings > 1:
            (first,) = one(f"SELECT first({text}) FILTER (WHERE {text} IS NOT NULL) FROM {table}")
            raise FileError(
                f"column {column.name} holds integers such as {first}: --time-format {format_} reads them as {called}, "
                f"--precision s as seconds since 1970"
            )


def _digits(column: Column) -> str:
    """Return the SQL for integers as text."""
    if column.text or column.integer:
        return f"trim(CAST({column.sql} AS VARCHAR))"
    return f"CAST(CAST({column.sql} AS BIGINT) AS VARCHAR)"


def _formatted(one: ONE, table: str, column: Column, format_: str) -> Moments:
    if column.kind == TIME and not column.text:
        raise UsageError(f"--time-format is for text and numbers, column {column.name} is {column.type}")
    if format_.lower() == EXCEL:
        days = f"TRY_CAST({column.sql} AS DOUBLE)"
        sql = f"CAST(round(({days} - {EXCEL_EPOCH}) * 86400000) AS BIGINT)"
        return Moments(sql, "ms", True, wanted="a number of days, as Excel counts them")
    text = f"trim(CAST({column.sql} AS VARCHAR))"
    if "%" not in format_:
        raise UsageError(f"--time-format {format_}: a format such as %d.%m.%Y is expected, or {EXCEL}")
    sql, unit = _coarse(one, table, f"epoch_us(try_strptime({text}, {literal(format_)}))", "us")
    constant = literal(format_).replace("{", "{{").replace("}", "}}")
    form = Form("times", "", f"try_strptime({{0}}, {constant})", f"strftime({{0}}, {constant})")
    zoned = bool(re.search("%[zZ]", format_))
    wanted = f"a time of the format {format_}"
    return Moments(sql, unit, not zoned, zoned, None if zoned else form, wanted=wanted)


def _coarse(one: ONE, table: str, sql: str, finest: str) -> tuple[str, str]:
    """Return how times are read in the coarsest unit that loses nothing, and that unit."""
    for unit in ("ms", "us"):
        divisor = PER_SECOND[finest] // PER_SECOND[unit]
        if divisor > 1 and one(f"SELECT COALESCE(bool_and({sql} % {divisor} = 0), true) FROM {table}")[0]:
            return f"{sql} // {divisor}", unit
    return sql, finest
