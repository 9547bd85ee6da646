"""What the pages show is what their commands print, from the data that come with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import run_pages
import sample_data

ROOT = Path(__file__).parent.parent
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


def test_sample_data_are_up_to_date() -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in sample_data.FOLDER.glob("*.csv")}
    fresh = {each.__name__: sample_data.text(each) for each in sample_data.TABLES}
    assert written == fresh, "python packaging/sample_data.py writes them anew"


def test_commands_print_what_the_pages_show() -> None:
    command = [sys.executable, run_pages.__file__, "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"python packaging/run_pages.py writes them anew\n{done.stdout}{done.stderr}"


def test_a_block_is_commands_and_what_they_print() -> None:
    first, second, third = run_pages.commands(BLOCK)
    assert first.typed == "taosanode detect a.csv \\\n  --by pump"
    assert first.shown == "3 of 3 series done"
    assert second.typed == "curl -d '{\n  \"a\": 1}' 127.0.0.1"
    assert second.shown == third.shown == ""
    assert run_pages.written([first, second, third]) == BLOCK


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        ("a  1.23456", "a   1.23457"),
        ("ready, process 12, output /a/b.out", "ready, process 7, output /c.out"),
        ("Query OK, 1 row(s) in set (0.005947s)", "Query OK, 1 row(s) in set (0.1s)"),
        (COMPARISON.format("0.0415"), COMPARISON.format("  1.5")),
    ],
)
def test_what_is_never_the_same_twice_is_not_compared(shown: str, seen: str) -> None:
    assert run_pages.same(shown, seen)


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        ("a  1.23456", "a  1.23556"),
        ("a  1", "a  1\nb  2"),
        ("a  1", "a"),
        ("2026-01-05T04:00", "2026-01-05T05:00"),
        (COMPARISON.format("0.0415"), COMPARISON.format("0.0415").replace("0.992", "0.993")),
    ],
)
def test_all_else_is(shown: str, seen: str) -> None:
    assert not run_pages.same(shown, seen)
