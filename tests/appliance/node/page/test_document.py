"""The page is one document that needs nothing else, and says so to the browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from appliance.analysis import reference
from appliance.host.settings import Settings
from appliance.node.page.description import description
from appliance.node.page.document import FOLDER, SCRIPT, STYLE, document

LARGEST = 300_000  # bytes


def test_the_policy_names_what_is_in_the_document() -> None:
    page = document()
    for element, kind in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(rf"<{element}>(.*?)</{element}>", page.html.decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}';" in page.policy
    assert "unsafe" not in page.policy


def test_nothing_comes_from_elsewhere() -> None:
    text = document().html.decode()
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", text)
    assert not re.search(r"""@import|url\(|\son\w+=["']|\sstyle=["']""", text)
    assert len(document().html) < LARGEST


def test_every_part_is_in_it() -> None:
    parts = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.*") if path.suffix in (".js", ".css")}
    assert parts == {*STYLE, *SCRIPT}


def test_what_algorithms_say_of_themselves_is_there_in_chinese() -> None:
    told = description(reference.shipped(), Settings())["kinds"]
    parts = [
        part
        for kind in told
        for part in [
            *kind["common"],
            *kind["algorithms"],
            *(each for one in kind["algorithms"] for each in one["options"]),
        ]
    ]
    said = {re.sub(r" \(also .*\)$", "", part["about"]) for part in parts}
    table = (FOLDER / "script" / "help_zh.js").read_text().removeprefix("const HELP = ").removesuffix(";\n")
    chinese: dict[str, str] = json.loads(table, object_pairs_hook=_once)
    assert {"missing": said - {*chinese}, "not used": {*chinese} - said} == {"missing": set(), "not used": set()}
    assert all(re.search("[\u4e00-\u9fff]", each) for each in chinese.values())


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_both_languages_say_the_same() -> None:
    english, chinese = (
        set(re.findall(r"(?:^|[{,])\s*\"?([\w-]+)\"?: [\"']", (FOLDER / "script" / name).read_text(), re.MULTILINE))
        for name in ("words.js", "words_zh.js")
    )
    assert chinese <= english
    text = document().html.decode()
    used = {*re.findall(r'data-t(?:-label)?="([\w-]+)"', text), *re.findall(r"\bt\(\"([\w-]+)\"", text)}
    assert used <= english
    assert {*re.findall(r'data-t(?:-label)?="([\w-]+)"', text)} <= chinese
