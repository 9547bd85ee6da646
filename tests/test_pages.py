"""What the pages show is what their commands print, from the data that come with them; and what they name exists."""

from __future__ import annotations

import doctest
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import page_blocks
import pages_not_run
import pytest
import run_pages
import sample_data
from page_blocks import COMMANDS, OTHERS, PAGES, PYTHON, ROOT, blocks, text
from same_output import same, wrapped

from appliance import cli

BLOCK = """$ taosanode detect a.csv \\
  --by pump
3 of 3 series done

$ curl -d '{
  "a": 1}' 127.0.0.1
$ true
"""
COMPARISON = """rank  algorithm   mase  seconds  failed
   1  auto       0.629   {}       0
   2  naive      0.992                 0"""


OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")  # may go on in the next line
OURS = re.compile(r"(?:taosanode )?([a-z][\w-]*)(?= |$)")

# options of podman and of compose
FOREIGN = {
    "--format",
    "--build-arg",
    "--read-only",
    "--network",
    "--cgroups",
    "--no-healthcheck",
    "--ulimit",
    "--profile",
}

TO_BE_MADE = re.compile(r"/(test_)?(cusum|drift|foo|nlinear|ping)\.py$")  # by who follows an example
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
ROOMS = "appliance|benchmarks|deb|docs|kernels|models|packaging|rpm|taosanode|tests"

each = pytest.mark.parametrize("page", PAGES)


def command(words: str) -> str:
    """Return the name of cli.parser of a command line of ours; empty for others, and for an option alone."""
    found = OURS.match(words)
    if not found:
        return ""
    if found[1] == "taosanode":
        return found[1]
    if words.startswith("taosanode ") or found[1] in cli.COMMANDS:
        return f"taosanode {found[1]}"
    return found[1] if found[1] in cli.LINKS else ""


@functools.cache
def options(name: str) -> set[str]:
    return {each for action in cli.parser(name)._actions for each in action.option_strings}


def lines(page: str) -> Iterator[str]:
    """Yield the command lines of a page: those that are typed, and code within the text."""
    for block in blocks(text(page)):
        if block.language in COMMANDS:
            prompt = "$ " if block.language == "console" else ""
            joined = block.text.replace("\\\n", " ").splitlines()
            yield from (line.removeprefix(prompt) for line in joined if line.startswith(prompt))
    without = "".join(text(page).split("```")[::2])
    yield from (found.replace("\\|", "|").replace("\n", " ") for found in INLINE.findall(without))


def test_sample_data_are_up_to_date() -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in sample_data.FOLDER.glob("*.csv")}
    fresh = {each.__name__: sample_data.text(each) for each in sample_data.TABLES}
    assert written == fresh, "python packaging/sample_data.py writes them anew"


def test_commands_print_what_the_pages_show() -> None:
    command = [sys.executable, run_pages.__file__, "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"python packaging/run_pages.py writes them anew\n{done.stdout}{done.stderr}"


@each
def test_a_block_is_run_or_there_is_a_reason(page: str) -> None:
    found = list(blocks(text(page)))
    assert [block for block in found if block.language not in (*COMMANDS, *PYTHON, *OTHERS)] == []
    assert [block for block in found if block.language == "sh" and not pages_not_run.reason(page, block)] == []
    hidden = [
        block for block in found if block.language in OTHERS and re.search("^([$] |taosanode )", block.text, re.M)
    ]
    assert hidden == [], "commands are console, or sh where they cannot be run"
    assert pages_not_run.unused(page, [block for block in found if block.language not in OTHERS]) == []


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.language in PYTHON for b in blocks(text(page)))])
def test_python_on_the_pages_runs(page: str) -> None:
    failed, _ = doctest.testfile(str(ROOT / page), module_relative=False)
    assert failed == 0
    for block in blocks(text(page)):
        if block.language == "python" and not pages_not_run.reason(page, block):
            exec(compile(block.text, page, "exec", dont_inherit=True), {"__name__": "__page__"})


@each
def test_every_command_and_option_on_a_page_exists(page: str) -> None:
    names = (*cli.LINKS, *(f"taosanode {command}" for command in cli.COMMANDS))
    known = FOREIGN.union(*map(options, names))
    unknown = []
    for line in lines(page):
        for part in re.split(r" [|;] | && ", line):
            name = command(part)
            if name.startswith("taosanode ") and name.split()[1] not in cli.COMMANDS:
                unknown.append(name)
            elif name or part.startswith("--"):
                taken = options(name) if name else known
                unknown += [f"{name} {option}" for option in OPTION.findall(part) if option not in taken]
    assert unknown == []


@each
def test_every_target_module_and_file_of_the_tree_on_a_page_exists(page: str) -> None:
    code = "\n".join(lines(page))
    assert set(re.findall(r"^ *make ([\w-]+)", code, re.MULTILINE)) <= TARGETS
    called = [(name.replace(".", "/"), given) for name, given in re.findall(r"python -m ([\w.]+)(.*)", code)]
    files = re.findall(rf"(?<![\w/.-])(?:{ROOMS})/[\w./-]*\w", code)
    for name, given in called:
        module = ROOT / f"{name}.py" if not (ROOT / name).is_dir() else ROOT / name / "__main__.py"
        assert set(OPTION.findall(given)) <= set(OPTION.findall(module.read_text()))
    assert [name for name in files if not (ROOT / name).exists() and not TO_BE_MADE.search(name)] == []


def test_a_block_is_commands_and_what_they_print() -> None:
    first, second, third = page_blocks.commands(BLOCK)
    assert first.typed == "taosanode detect a.csv \\\n  --by pump"
    assert first.shown == "3 of 3 series done"
    assert second.typed == "curl -d '{\n  \"a\": 1}' 127.0.0.1"
    assert second.shown == third.shown == ""
    assert page_blocks.written([first, second, third]) == BLOCK


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        ("a  1.23456", "a   1.23457"),
        ("ready, process 12, output /a/b.out", "ready, process 7, output /c.out"),
        ("Query OK, 1 row(s) in set (0.005947s)", "Query OK, 1 row(s) in set (0.1s)"),
        (COMPARISON.format("0.0415"), COMPARISON.format("  1.5")),
        ('{"a":[1,\n 0.123456]}', '{"a": [1, 0.123457]}'),
    ],
)
def test_what_is_never_the_same_twice_is_not_compared(shown: str, seen: str) -> None:
    assert same(shown, seen)


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        ("a  1.23456", "a  1.23556"),
        ("a  1", "a  1\nb  2"),
        ("a  1", "a"),
        ("2026-01-05T04:00", "2026-01-05T05:00"),
        (COMPARISON.format("0.0415"), COMPARISON.format("0.0415").replace("0.992", "0.993")),
        ('{"a":[1,0.5]}', '{"a":[1,0.6]}'),
        ('{"a":1,"b":2}', '{"b":2,"a":1}'),
        ('{"a":1}', '{"a":true}'),
    ],
)
def test_all_else_is(shown: str, seen: str) -> None:
    assert not same(shown, seen)


def test_an_answer_in_lines_is_the_same() -> None:
    answer = json.dumps({"a": list(range(100)), "b": "c, d"}, separators=(",", ":"))
    assert max(map(len, wrapped(answer).splitlines())) <= 120
    assert same(wrapped(answer), answer)
    assert wrapped("a, " * 100) == "a, " * 100


def test_lines_that_are_left_out_are_not_compared(tmp_path: Path) -> None:
    place = run_pages.Place(tmp_path, "127.0.0.1:1")
    shown = page_blocks.Command("seq 9", "1\n...\n8\n9")
    assert place.again(shown) == shown
    assert place.again(page_blocks.Command("seq 9", "1\n...\n9\n9")).shown == "1\n...\n8\n9"
