"""Runs docs/tour.ipynb and stores what its cells show.

packaging/run_notebook.py            writes the notebook anew where a cell shows something else
packaging/run_notebook.py --check    only says so, and ends with 1; tests/test_notebook.py asks

Cells are run in order in one namespace, which is all that a kernel of Jupyter does for cells of plain Python; so no
test needs one. A notebook is JSON, see "The Jupyter Notebook format" 4.5.
"""

from __future__ import annotations

import argparse
import ast
import base64
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from matplotlib import image
from page_blocks import DOCS
from same_output import same

NOTEBOOK = DOCS / "tour.ipynb"
MAX_DIFFERENCE = 0.01  # of colours from 0 to 1, in the mean over a picture

Output = dict[str, Any]


def main() -> int:
    """Run the notebook."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    changed = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DOCS / "data", Path(folder) / "data")
        os.chdir(folder)
        names: dict[str, Any] = {}
        for number, cell in enumerate((each for each in notebook["cells"] if each["cell_type"] == "code"), 1):
            outputs = shown("".join(cell["source"]), names, number)
            if not alike(cell["outputs"], outputs):
                changed.append(number)
                cell |= {"outputs": outputs, "execution_count": number}
                sys.stdout.write(f"cell {number} shows\n{outputs[0]['data']['text/plain'] if outputs else 'nothing'}\n")
    if changed and not given.check:
        NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(bool(changed) and given.check)


def shown(source: str, names: dict[str, Any], number: int) -> list[Output]:
    """Run a cell and return what it shows: the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, f"cell {number}", "exec"), names)
        value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names) if last else None
    assert not printed.getvalue(), "cells of this notebook show values, they print nothing"
    if value is None:
        return []
    data = {"text/plain": repr(value)}
    for form, method in (("text/html", "_repr_html_"), ("image/png", "_repr_png_")):
        rich = getattr(value, method, lambda: None)()
        if rich is not None:
            data[form] = base64.b64encode(rich).decode() if isinstance(rich, bytes) else rich
    return [{"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": data}]


def alike(stored: list[Output], fresh: list[Output]) -> bool:
    """Tell whether a cell shows what is stored: the same text, and the same picture to the eye."""
    if len(stored) != len(fresh):
        return False
    for one, other in zip((each["data"] for each in stored), (each["data"] for each in fresh), strict=True):
        if one.keys() != other.keys() or not same(one["text/plain"], other["text/plain"]):
            return False
        if "image/png" in one:
            a, b = (image.imread(io.BytesIO(base64.b64decode(each["image/png"]))) for each in (one, other))
            if a.shape != b.shape or abs(a - b).mean() > MAX_DIFFERENCE:
                return False
    return True


if __name__ == "__main__":
    sys.exit(main())
