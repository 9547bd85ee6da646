"""Makes the pages of the manual from the parsers, so that they say what --help says, and one of all algorithms.

packaging/manual_pages.py FOLDER DATE     writes man1/NAME.1 and man8/NAME.8, one for each command and each link, and
                                          man7/taosanode-algorithms.7
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from appliance import cli
from appliance.analysis import reference
from appliance.analysis.kinds import KINDS
from kernels.options import Declared

# Of the administrator, in section 8; all others are in section 1.
ADMINISTRATION = {"serve", "check", "start-model", "stop-model", "selftest", "warm", "remove", *cli.VERBS}
ADMINISTRATION |= {"start", "stop", "status"}
MANUALS = {1: "User Commands", 7: "Miscellanea", 8: "System Administration"}
ALGORITHMS = "taosanode algorithms"
# What troff would print as something else; the hyphen must stay one that can be copied into a shell.
ESCAPES = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


def write(folder: Path, date: str) -> list[Path]:
    """Write all pages below `folder`; return their paths.

    date : of the release, such as 2026-11-24.
    """
    written = []
    for name in ("taosanode", *(f"taosanode {command}" for command in cli.COMMANDS), *cli.LINKS):
        path = folder / f"man{_section(name)}" / f"{_title(name)}.{_section(name)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(name, date), encoding="ascii")
        written.append(path)
    path = folder / "man7" / f"{_title(ALGORITHMS)}.7"
    path.parent.mkdir(exist_ok=True)
    path.write_text(algorithms(date), encoding="ascii")
    return [*written, path]


def page(name: str, date: str) -> str:
    """Return the page of a name that `cli.parser` knows."""
    parser, section = cli.parser(name), _section(name)
    summary = cli.COMMANDS.get(_command(name), "analysis node for TDengine")
    lines = [
        *_head(name, section, date, summary),
        ".SH SYNOPSIS",
        *_synopsis(parser),
        ".SH DESCRIPTION",
        *_paragraphs(parser.description or ""),
        ".SH OPTIONS",
        *_options(parser),
        *_sections(parser.epilog or ""),
        *_see_also(_related(name)),
    ]
    return "\n".join(lines) + "\n"


def algorithms(date: str) -> str:
    """Return the page of the algorithms that come with the node, each with its options."""
    shipped = reference.shipped()
    lines = [
        *_head(ALGORITHMS, 7, date, "algorithms of the analysis node and their options"),
        ".SH DESCRIPTION",
        "Options are given in SQL, as in",
        r".RB \(aq algo=ksigma,k=2 \(aq ,",
        "and to the commands that analyse files, as in",
        r".BR \-\-option\~k=2 .",
        r"What is told of an option: its default in brackets, the values it takes, and what it means.",
        r".B taosanode list",
        "shows the algorithms of a configured node, those of your own included.",
    ]
    for kind in KINDS:
        lines.append(f".SH {_escaped(kind.title).upper()}")
        for algorithm in shipped.of_kind(kind.wire_type).values():
            own = reference.own(algorithm)
            lines += [f".SS {_escaped(algorithm.name)}", _line(algorithm.desc), *_terms(own)]
        lines += [f".SS Taken by every {_escaped(kind.wire_type)} algorithm", *_terms(kind.options)]
    lines += _see_also(["taosanode", *users_of_algorithms()])
    return "\n".join(lines) + "\n"


def users_of_algorithms() -> list[str]:
    """Return the commands that take the name of an algorithm."""
    return [
        f"taosanode {command}" for command in ("list", *(c for c in cli.COMMANDS if hasattr(cli.module(c), "KIND")))
    ]


def _terms(options: Iterable[Declared]) -> Iterator[str]:
    for option in options:
        name, default, values, meaning = reference.cells(option)
        yield f".TP\n\\fB{_escaped(name)}\\fR [{_escaped(default)}], {_escaped(values)}\n{_line(meaning)}"


def _head(name: str, section: int, date: str, summary: str) -> Iterator[str]:
    source = f"taosanode {version('taosanode')}"
    yield f'.TH {_escaped(_title(name).upper())} {section} {date} "{source}" "{MANUALS[section]}"'
    yield ".nh\n.ad l"  # paths and options stay as they are typed
    yield f".SH NAME\n{_escaped(_title(name))} \\- {_escaped(summary)}"


def _see_also(names: Iterable[str]) -> Iterator[str]:
    yield ".SH SEE ALSO"
    yield " ,\n".join(f".BR {_escaped(_title(name))} ({_section(name)})" for name in names)


def _command(name: str) -> str:
    return cli.LINKS[name][0] if name in cli.LINKS else name.partition(" ")[2]


def _section(name: str) -> int:
    if name == ALGORITHMS:
        return 7
    return 8 if _command(name) in ADMINISTRATION else 1


def _title(name: str) -> str:
    return name.replace(" ", "-")


def _related(name: str) -> list[str]:
    if name == "taosanode":
        return [*(f"taosanode {command}" for command in cli.COMMANDS), ALGORITHMS]
    others = [f"taosanode {_command(name)}", *(link for link in cli.LINKS if _command(link) == _command(name))]
    further = [ALGORITHMS] if name in users_of_algorithms() else []
    return ["taosanode", *(other for other in others if other != name), *further]


def _escaped(text: str) -> str:
    return "".join(ESCAPES.get(character, character) for character in text)


def _line(text: str) -> str:
    """Return a line of running text: nothing at its beginning is a request, what is in backquotes is bold."""
    shown = re.sub(r"\\\(ga(.+?)\\\(ga", r"\\fB\1\\fR", _escaped(text))
    return rf"\&{shown}" if shown.startswith((".", "\\(aq")) else shown


def _paragraphs(text: str) -> list[str]:
    return [".PP" if not line else _line(line) for line in text.strip().splitlines()]


def _synopsis(parser: argparse.ArgumentParser) -> Iterator[str]:
    parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=10_000)
    usage = _escaped(parser.format_usage().removeprefix(f"usage: {parser.prog}").strip())
    usage = re.sub(r"\[[^][|]*\]", lambda optional: optional[0].replace(" ", r"\ "), usage)  # stays on one line
    usage = re.sub(r"(?<![\w}-])((?:\\-)+[\w]+(?:\\-\w+)*)", r"\\fB\1\\fR", usage)
    yield f".B {_escaped(parser.prog)}"
    yield re.sub(r"\b[A-Z]{2,}(?::[A-Z]+|\.[a-z]+)*\b", r"\\fI\g<0>\\fR", usage)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    formatter = parser.formatter_class(parser.prog)
    for group in parser._action_groups:
        if group._group_actions and group.title not in ("positional arguments", "options"):
            yield f".SS {_escaped(str(group.title)).capitalize()}"
        for action in group._group_actions:
            yield ".TP"
            yield ", ".join(_invocations(action))
            yield _line(formatter._expand_help(action))


def _invocations(action: argparse.Action) -> Iterator[str]:
    value = "|".join(map(str, action.choices)) if action.choices and not action.metavar else action.metavar
    shown = rf"\fI{_escaped(str(value or action.dest.upper()))}\fR"
    for option in action.option_strings:
        yield rf"\fB{_escaped(option)}\fR" + (f" {shown}" if action.nargs != 0 else "")
    if not action.option_strings:
        yield shown


def _sections(epilog: str) -> Iterator[str]:
    """Turn the sections of an epilog, see `appliance.cli`, into those of a page."""
    for line in filter(None, epilog.splitlines()):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            yield f".SH {_escaped(text.removesuffix(':')).upper()}"
        elif indent == 2:
            term, _, meaning = (part.strip() for part in text.partition("  "))
            yield f".TP\n\\fB{_escaped(term)}\\fR"
            if meaning:
                yield _line(meaning)
        else:
            yield _line(text)


if __name__ == "__main__":
    for made in write(Path(sys.argv[1]), sys.argv[2]):
        sys.stdout.write(f"{made}\n")
