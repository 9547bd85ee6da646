"""A picture that was drawn: its path, and in a notebook the picture itself.

Source: IPython, "Rich display", the methods `_repr_png_` and `_repr_svg_`.
"""

from __future__ import annotations

from pathlib import PosixPath


class Picture(PosixPath):
    """The path of a picture; a notebook whose cell ends with it shows the picture."""

    def _repr_png_(self) -> bytes | None:
        return self.read_bytes() if self.suffix == ".png" else None

    def _repr_svg_(self) -> str | None:
        return self.read_text(encoding="utf-8") if self.suffix == ".svg" else None
