from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import manual_pages
import pytest

from appliance import cli
from appliance.analysis import reference
from appliance.analysis.kinds import KINDS

NAMES = ["taosanode", *(f"taosanode {command}" for command in cli.COMMANDS), *cli.LINKS]
PAGES = [*NAMES, manual_pages.ALGORITHMS]
TEXT = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "MANWIDTH": "120", "MAN_KEEP_FORMATTING": ""}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    written = manual_pages.write(tmp_path_factory.mktemp("man"), "2026-11-24")
    return dict(zip(PAGES, written, strict=True))


def output(*command: str | Path) -> str:
    """Return what a program writes, warnings included; the overstriking of bold text is taken out."""
    done = subprocess.run(
        command, env=TEXT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    return re.sub(".\b", "", done.stdout)


@pytest.mark.parametrize("name", PAGES)
def test_no_reader_of_the_manual_warns_of_anything(name: str, pages: dict[str, Path]) -> None:
    assert output("mandoc", "-T", "lint", "-W", "warning", pages[name]) == ""
    assert output("groff", "-ww", "-z", "-man", pages[name]) == ""
    assert "warning" not in output("man", "--warnings=w", "--local-file", pages[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_all_that_help_says(name: str, pages: dict[str, Path]) -> None:
    shown = output("man", "--local-file", pages[name])
    told = " ".join(shown.split())
    for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"):
        assert f"\n{heading}\n" in shown
    parser = cli.parser(name)
    formatter = parser.formatter_class(name)
    for action in parser._actions:
        for option in action.option_strings:
            assert re.search(rf"\n +(--?\w[^\n]*, )?{option}\b", shown), option
        assert " ".join(formatter._expand_help(action).split()) in told
    for text in (parser.description, parser.epilog):
        assert text is not None
        for line in text.splitlines():
            for part in filter(None, line.strip().removesuffix(":").split("  ")):
                said = " ".join(part.replace("`", "").split())
                assert said in told or said.upper() in told, said


def test_the_page_of_algorithms_tells_every_option_of_every_one(pages: dict[str, Path]) -> None:
    shown = output("man", "--local-file", pages[manual_pages.ALGORITHMS])
    told = " ".join(shown.split())
    shipped = reference.shipped()
    for kind in KINDS:
        assert f"\n{kind.title.upper()}\n" in shown
        for algorithm in shipped.of_kind(kind.wire_type).values():
            assert f"\n   {algorithm.name}\n" in shown
            assert algorithm.desc in told
            for option in (*reference.own(algorithm), *kind.options):
                name, default, values, meaning = reference.cells(option)
                assert f"{name} [{default}], {values} {meaning}" in told


@pytest.mark.parametrize("name", ["taosanode", "taosanode list", "taosanode detect", "taosanode forecast"])
def test_who_takes_an_algorithm_refers_to_their_page(name: str, pages: dict[str, Path]) -> None:
    assert "taosanode-algorithms(7)" in output("man", "--local-file", pages[name])


def test_every_page_that_is_referred_to_is_there(pages: dict[str, Path]) -> None:
    there = {path.name for path in pages.values()}
    for path in pages.values():
        referred = re.findall(r"^\.BR (\S+) \((\d)\)", path.read_text(), re.MULTILINE)
        assert referred
        assert {f"{name}.{section}".replace("\\-", "-") for name, section in referred} <= there


def test_text_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert manual_pages._line(".run is a folder, 'x' too: \\d `a-b`") == (
        r"\&.run is a folder, \(aqx\(aq too: \ed \fBa\-b\fR"
    )
