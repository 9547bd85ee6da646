"""Writes docs/python-reference.md: what `import taosanode` offers, from signatures and docstrings.

packaging/python_docs.py     writes the file of this tree; tests/test_docs.py tells when it is out of date
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import taosanode

PAGE = Path(__file__).parent.parent / "docs" / "python-reference.md"
INTRODUCTION = """# Python: the reference

All that [`import taosanode`](python.md) offers for data frames and arrays, as `help(taosanode.detect)` tells it. The
examples are run by the tests. What an algorithm of your own imports is in
[adding an algorithm](adding-an-algorithm.md).

This page is written by `python packaging/python_docs.py`: change the docstrings, not this file.
"""


def page() -> str:
    """Return the text of the page."""
    names = [name for name in (*taosanode.CALLS, *taosanode.ESTIMATORS) if name != "SeriesWarning"]
    return "\n".join([INTRODUCTION, *(_section(name, getattr(taosanode, name)) for name in names)])


def _section(name: str, offered: Callable[..., Any]) -> str:
    summary, _, rest = (inspect.getdoc(offered) or "").partition("\n\n")
    text = f"## {name}\n\n{' '.join(summary.split())}\n\n```py\n{_signature(name, offered)}\n```\n"
    return text + (f"\n```text\n{rest}\n```\n" if rest else "")


def _signature(name: str, offered: Callable[..., Any]) -> str:
    told = inspect.signature(offered)
    lines, named = [], False
    for parameter in told.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not named:
            lines.append("*")
        named = named or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        plain = str(parameter.replace(annotation=parameter.empty, default=parameter.empty))
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        lines.append(f"{plain}: {parameter.annotation}{default}")
    inside = "".join(f"    {line},\n" for line in lines)
    returns = "" if isinstance(offered, type) else f" -> {told.return_annotation}"
    return f"{name}(\n{inside}){returns}" if lines else f"{name}(){returns}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
