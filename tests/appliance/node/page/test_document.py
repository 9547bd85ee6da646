"""The page is one document that needs nothing else, and says so to the browser."""

from __future__ import annotations

import base64
import hashlib
import re

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
