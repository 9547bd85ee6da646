"""What the commands that analyse files have in common on the command line. Imports nothing slow."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

ALL = "all"
TERMINAL = "term"  # instead of a file to draw into
DUPLICATES = ("mean", "sum", "min", "max", "first", "last")
FILLS = ("kalman", "linear", "previous", "zero", "none")
EXIT_STATUS = {0: "every series was analysed", 1: "a series failed, or everything did"}


class AsOption(argparse.Action):
    """An argument that says the same as the option of its name, as in SQL; of several the last counts."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        """Keep the value, and write the option."""
        setattr(namespace, self.dest, values)
        namespace.option = [*namespace.option, f"{self.dest}={values}"]


def add(
    parser: argparse.ArgumentParser, default: str, plotted: str, *, compared: bool = True, parts: bool = False
) -> None:
    """Declare the arguments that these commands take.

    compared : whether algorithms can be compared. parts : whether plots can show the parts of the series.
    """
    parser.add_argument(
        "file",
        nargs="+",
        metavar="FILE",
        help="Parquet, CSV, JSON, SQLite, DuckDB, Excel; - for standard input. Several, or a pattern: a series each",
    )
    what = parser.add_argument_group("what to do")
    what.add_argument(
        "--algo", metavar="NAME", help=f"algorithm, also as NAME,k=2, or a trained model, also as a file ({default})"
    )
    if compared:
        what.add_argument(
            "--compare",
            nargs="?",
            const=ALL,
            metavar="NAME,NAME",
            help="compare these algorithms, or all: which is best here? Also settings, as ets:model=AAN",
        )
    parser.set_defaults(compare=None, auto=False)
    what.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option, as in SQL")
    what.add_argument(
        "--timeout",
        type=_seconds,
        action=AsOption,
        metavar="SECONDS",
        help="longest time for one series, 1 to 1200 (60)",
    )
    data = parser.add_argument_group("columns and rows")
    data.add_argument(
        "--time",
        metavar="COLUMN[,COLUMN]",
        help="the times, or dates and times of the day; not needed where only one column can be meant",
    )
    data.add_argument(
        "--value", metavar="COLUMN[,COLUMN]", help="the values; likewise. Also patterns such as 'HU*', or '/regular/'"
    )
    data.add_argument("--by", metavar="COLUMN[,COLUMN]", help="one series for each value of these columns")
    part = data.add_mutually_exclusive_group()
    part.add_argument("--table", metavar="NAME", help="of a file of SQLite or DuckDB, or a sheet of Excel; if several")
    part.add_argument(
        "--query", metavar="SQL", type=_query, help="rows of an SQLite or DuckDB file, as SELECT ts, v FROM t"
    )
    data.add_argument("--delimiter", metavar="CHARACTER", type=_character, help="between cells of CSV; else found")
    data.add_argument(
        "--decimal", choices=(".", ","), help="before decimals of numbers in text; the other one may group thousands"
    )
    data.add_argument(
        "--encoding", metavar="NAME", type=_encoding, help="of text, as windows-1252 (UTF-8; UTF-16 with its mark)"
    )
    data.add_argument("--precision", choices=("s", "ms", "us", "ns"), help="unit of integers; else told by their size")
    data.add_argument(
        "--time-format", metavar="FORMAT", help="of the times, as %%d.%%m.%%Y %%H:%%M; excel for days of Excel"
    )
    data.add_argument("--tz", metavar="ZONE", help="where days begin, and of times without a zone: Europe/Berlin (UTC)")
    data.add_argument("--sort", action="store_true", help="sort rows by time instead of refusing what is out of order")
    data.add_argument(
        "--duplicates", choices=DUPLICATES, help="make one row of those of one time, instead of refusing them"
    )
    data.add_argument("--agg", choices=DUPLICATES, help="make one row of those of each step of --every (--freq)")
    data.add_argument("--last", type=positive, metavar="N", help="only the last N rows of each series")
    data.add_argument("--drop-nulls", action="store_true", help="leave rows without time, value or series out")
    where = parser.add_argument_group("where to compute")
    place = where.add_mutually_exclusive_group()
    place.add_argument(
        "--url", metavar="URL", help="ask a node, such as http://127.0.0.1:6090, instead of computing here"
    )
    place.add_argument("-c", "--config", type=Path, metavar="FILE", help="the node's configuration, for its algorithms")
    where.add_argument("--threads", type=positive, metavar="N", help="series at once (one for each core, at least 2)")
    out = parser.add_argument_group("results")
    out.add_argument("--out", type=Path, metavar="FILE", help="write to a file instead of standard output")
    out.add_argument(
        "--format", choices=("table", "csv", "json", "parquet", "xlsx"), help="else by the file's suffix, or table"
    )
    out.add_argument("--plot", metavar="FILE.png|term", help=plotted)
    if parts:
        out.add_argument(
            "--plot-parts", action="store_true", help="draw trend, seasons and remainder below each series too"
        )
    out.add_argument("--progress", action="store_true", help="show the progress even if standard error is no terminal")


def run(given: argparse.Namespace, kind: str, default: str, table: str) -> int:
    """Analyse a file; return the exit code.

    kind : the name of its file. default : the algorithm if none is named. table : which of the kind's tables to write.
    """
    from appliance.host import compiling

    gc.disable()  # what is loaded stays: looking for garbage among it takes a tenth of the start
    compiling.announce()
    from appliance.analysis.kinds import BY_NAME
    from appliance.files.run import command, question
    from appliance.files.run.placing import Wishes

    gc.enable()
    wished = {name: getattr(given, name) for name in ("fill", "non_negative", "whole") if hasattr(given, name)}
    algorithm = default if given.algo is None else given.algo
    try:
        asked = question.Question(*question.read(algorithm, given.option), Wishes(**wished))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return command.USAGE
    return command.run(given, BY_NAME[kind], asked, table)


def conflict(given: argparse.Namespace) -> str | None:
    """Return what is wrong with a combination of arguments, None if nothing is."""
    if given.agg is not None and steps(given) is None:
        return f"--agg {given.agg} needs --{'freq' if hasattr(given, 'freq') else 'every'}"
    if given.agg is None and getattr(given, "every", None) and f"every={given.every}" not in given.option:
        return f"--every {given.every} needs --agg: one row is made of those of each step"
    if given.auto and given.compare is None:
        given.compare = ALL
    if getattr(given, "plot_parts", False) and given.plot in (None, TERMINAL):
        shortcoming = " needs" if given.plot is None else ": a terminal has no room for them, use"
        return f"--plot-parts{shortcoming} --plot FILE.png or FILE.svg"
    if getattr(given, "covariate", None) and (given.agg or given.duplicates):
        return f"--covariate and --{'agg' if given.agg else 'duplicates'} exclude each other"
    if getattr(given, "future", None) is not None and not given.covariate:
        return f"--future {given.future} needs --covariate: the columns that are known there"
    alone = ("--algo", "--flags", "--start", "--covariate", *(() if given.auto else ("--plot",)))
    together = ("--folds", "--season", "--labels", "--backtest-out")
    named = [name for name in (*alone, *together) if getattr(given, _dest(name), None) not in (None, False)]
    for name in named:
        if given.compare is not None and name in alone:
            return f"{name} and --compare exclude each other"
        if given.compare is None and name in together:
            return f"{name} needs --compare"
    return None


def _dest(option: str) -> str:
    return option[2:].replace("-", "_")


def add_every(parser: argparse.ArgumentParser) -> None:
    """Declare the step of the rows, for commands whose algorithms take none."""
    parser.add_argument("--every", metavar="STEP", help="with --agg: distance of rows, such as 15m, 1h, 1d or 1mo")


def add_fill(parser: argparse._ActionsContainer, what: str) -> None:
    """Declare what becomes of gaps."""
    parser.add_argument("--fill", choices=FILLS, help=f"{what} (kalman, up to 30 %% of the rows)")


def steps(given: argparse.Namespace) -> str | None:
    """Return the distance of rows that is asked for."""
    found: str | None = getattr(given, "every", None) or getattr(given, "freq", None)
    return found


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"at least 1, got {text}")
    return number


def _character(text: str) -> str:
    text = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(text) != 1 or text in '"\r\n':
        raise argparse.ArgumentTypeError(f"one character, got {text!r}")
    return text


def _query(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty, SELECT ... is expected")
    return text


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"no encoding has the name {name!r}") from None
    return name


def _seconds(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1200:
        raise argparse.ArgumentTypeError(f"1 to 1200 seconds, got {text}")
    return number
