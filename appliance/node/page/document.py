"""One HTML document out of the parts in this folder, and what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
STYLE = ("uplot/uPlot.min.css", "style/page.css")
SCRIPT = (
    "uplot/uPlot.iife.min.js",
    "script/words.js",
    "script/words_zh.js",
    "script/help_zh.js",
    "script/tables.js",
    "script/samples.js",
    "script/asking.js",
    "script/copying.js",
    "script/drawing.js",
    "script/forms.js",
    "script/results.js",
    "script/comparing.js",
    "script/node.js",
    "script/page.js",
)
STYLE_MARK, SCRIPT_MARK = "/* style */", "/* script */"


@dataclass(frozen=True, slots=True)
class Document:
    """The page as it is sent.

    policy : its Content-Security-Policy. Style and script are those of the document itself, known by their hashes;
        only this node may be asked, and no other page may show this one in a frame.
    tag : changes whenever the document does, for browsers that have it already.
    """

    html: bytes
    policy: str
    tag: str


@cache
def document() -> Document:
    """Put the page together, the first time that it is called."""
    style, script = _joined(STYLE), f'"use strict";(() => {{\n{_joined(SCRIPT)}}})();\n'
    html = (FOLDER / "index.html").read_text(encoding="utf-8")
    whole = html.replace(STYLE_MARK, style).replace(SCRIPT_MARK, script).encode()
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Document(whole, policy, hashlib.sha256(whole).hexdigest()[:32])


def _joined(names: tuple[str, ...]) -> str:
    return "".join(f"{(FOLDER / name).read_text(encoding='utf-8').strip()}\n" for name in names)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
