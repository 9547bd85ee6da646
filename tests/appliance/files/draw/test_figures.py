from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from appliance.files.draw import figures

ROOT = Path(__file__).parents[4]
# Draws, and reports every file opened for writing, every folder made and every program started on the way.
WATCHED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import kernels._jit  # has a folder of its own for what it compiles
done = []
def watch(event, args):
    if event == "open" and isinstance(args[0], str) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        done.append(("open", args[0]))
    if event in ("os.mkdir", "subprocess.Popen", "os.posix_spawn", "os.rename"):
        done.append((event, str(args[0])))
sys.addaudithook(watch)
from pathlib import Path
import numpy as np
from tests.appliance.files.results import detection
from appliance.files.draw.image import draw
for name in sys.argv[2:]:
    draw([detection(5000, [70, 71], "meter")], Path(name))
from matplotlib import font_manager
print(done, len(font_manager.fontManager.ttflist))
"""


def test_nothing_is_written_but_the_drawing(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("figure.facecolor: red\n")
    kept = ("HOME", "MPLCONFIGDIR", "MATPLOTLIBRC", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    bare = {name: value for name, value in os.environ.items() if name not in kept}
    bare |= {"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, str(ROOT), "a.png", "a.svg"],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        check=True,
    )
    done, fonts = ran.stdout.rsplit(" ", 1)
    each = ["os.mkdir", "open", "os.rename"]  # written in a folder of its own, and put in its place as a whole
    assert [event for event, _ in ast.literal_eval(done)] == 2 * each
    assert all(Path(name).is_relative_to(tmp_path) for _, name in ast.literal_eval(done))
    assert fonts == "1\n"
    assert ran.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg", "matplotlibrc"]
    import matplotlib.image

    assert matplotlib.image.imread(tmp_path / "a.png")[0, 0].tolist() == [
        1,
        1,
        1,
        1,
    ]  # white, whatever matplotlibrc says


def test_the_list_of_fonts_is_for_this_version_of_the_library() -> None:
    from matplotlib.font_manager import FontManager

    assert (Path(figures.__file__).parent / f"fontlist-v{FontManager.__version__}.json").exists()


def test_settings_hold_while_drawing_only() -> None:
    with figures.drawing(["plain"]):
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert matplotlib.rcParams["axes.spines.top"] is True


def test_a_font_is_found_for_what_the_own_one_cannot_spell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    (tmp_path / "broken-regular.ttf").write_bytes(b"no font")
    (tmp_path / "cmsy10.ttf").symlink_to(shipped / "cmsy10.ttf")
    (tmp_path / "STIXGeneral.ttf").symlink_to(shipped / "STIXGeneral.ttf")
    monkeypatch.setattr(figures, "FONT_FOLDERS", (tmp_path, tmp_path / "missing"))
    figures._load()
    figures._fonts_for.cache_clear()
    assert figures._fonts_for(frozenset("plain\n")) == ()
    assert figures._fonts_for(frozenset("plain \u1d81")) == ("STIXGeneral",)
    with figures.drawing(["\u1d81"]):
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans", "STIXGeneral"]
    assert figures._fonts_for(frozenset("\U0010fffd\u4e2d")) == ()
    figures._fonts_for.cache_clear()
