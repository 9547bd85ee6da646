"""The notebook shows what its cells show when they are run, plots included."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys

import numpy as np
from matplotlib import image
from page_blocks import ROOT
from run_notebook import NOTEBOOK, alike, shown


def picture(level: float) -> str:
    file = io.BytesIO()
    image.imsave(file, np.full((4, 4), level), vmin=0, vmax=1, cmap="gray", format="png")
    return base64.b64encode(file.getvalue()).decode()


def test_cells_show_what_is_stored() -> None:
    command = [sys.executable, ROOT / "packaging" / "run_notebook.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"python packaging/run_notebook.py writes it anew\n{done.stdout}{done.stderr}"


def test_the_notebook_is_small_and_has_plots() -> None:
    assert NOTEBOOK.stat().st_size < 300_000
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert sum("image/png" in output["data"] for cell in cells for output in cell.get("outputs", [])) >= 2


def test_a_cell_shows_its_last_expression_only() -> None:
    names: dict[str, object] = {}
    assert shown("x = 1", names, 1) == []
    assert shown("y = 2\nx + y", names, 2)[0]["data"] == {"text/plain": "3"}


def test_pictures_are_compared_as_an_eye_does() -> None:
    def output(level: float) -> list[dict[str, object]]:
        return [{"data": {"text/plain": "Picture('a.png')", "image/png": picture(level)}}]

    assert alike(output(0.5), output(0.505))
    assert not alike(output(0.5), output(0.6))
    assert not alike(output(0.5), [])
