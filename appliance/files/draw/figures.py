"""The drawing library, made to read no settings of the user and to write nothing at all.

Left alone it makes a folder for its settings and one for its list of fonts, in a home that a service account has not,
and opens every font of the system to write that list. Here it gets a list that names one font that it comes with; only
what that family cannot spell, such as Chinese names of series, sends it to look for another font.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY = "DejaVu Sans"
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT_SUFFIXES = (".ttf", ".otf", ".ttc")
MAX_FONTS = 300  # looked into for a missing character
DPI = 120
SETTINGS: dict[Any, Any] = {
    "font.family": [FAMILY],
    "font.size": 9.0,
    "font.enable_last_resort": False,  # its file is not shipped
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#808080",
    "axes.labelcolor": "#333333",
    "xtick.color": "#808080",
    "ytick.color": "#808080",
    "xtick.labelcolor": "#333333",
    "ytick.labelcolor": "#333333",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "path.simplify": True,
    "svg.hashsalt": "taosanode",  # the same drawing, the same file
}


@contextmanager
def drawing(texts: Iterable[str]) -> Iterator[type[Figure]]:
    """Give the class of figures; within, settings and fonts are ours.

    texts : what will be written, so that a font is found for it.
    """
    _load()
    import matplotlib

    family = [FAMILY, *_fonts_for(frozenset("".join(texts)))]
    with matplotlib.rc_context(), warnings.catch_warnings():
        dict.update(matplotlib.rcParams, matplotlib.rcParamsDefault)  # whatever a matplotlibrc says
        matplotlib.rcParams.update(SETTINGS | {"font.family": family})
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # no font of this system can spell it
        from matplotlib.figure import Figure

        yield Figure


@functools.cache
def _load() -> None:
    """Import the library; it looks its folders up, and makes them, while it and its parts are imported."""
    before = os.environ.get("MATPLOTLIBRC")
    os.environ["MATPLOTLIBRC"] = str(_data() / "matplotlibrc")
    try:
        import matplotlib
    finally:
        if before is None:
            del os.environ["MATPLOTLIBRC"]
        else:
            os.environ["MATPLOTLIBRC"] = before
    folder = str(Path(__file__).parent)
    matplotlib.get_cachedir = matplotlib.get_configdir = lambda: folder
    import matplotlib.font_manager  # noqa: F401 - reads the list of fonts


def _data() -> Path:
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ImportError("matplotlib is not installed")
    return Path(found.origin).parent / "mpl-data"


@functools.cache
def _fonts_for(characters: frozenset[str]) -> tuple[str, ...]:
    """Return the families of the system, at most two, that spell what the own one cannot."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    own = FT2Font(font_manager.findfont(FAMILY)).get_charmap()
    missing = {ord(c) for c in characters if c.isprintable()} - set(own)
    families: list[str] = []
    for path in _font_files() if missing else ():
        try:
            font = FT2Font(path)
            spelt = missing & set(font.get_charmap())
            if spelt:
                font_manager.fontManager.addfont(path)
        except (OSError, RuntimeError, ValueError):
            continue  # not a font after all
        if spelt:
            families.append(font.family_name)
            missing -= spelt
        if not missing or len(families) == 2:
            break
    return tuple(families)


def _font_files() -> list[str]:
    found = (path for folder in FONT_FOLDERS for path in sorted(folder.rglob("*")))
    fonts = [str(path) for path in found if path.suffix.lower() in FONT_SUFFIXES]
    # a regular face before a bold or slanted one
    return sorted(fonts, key=lambda path: "regular" not in path.lower())[:MAX_FONTS]
