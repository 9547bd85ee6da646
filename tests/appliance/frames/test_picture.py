from __future__ import annotations

from pathlib import Path

from appliance.frames.picture import Picture


def test_a_picture_is_its_path_and_shows_itself_in_the_form_that_it_has(tmp_path: Path) -> None:
    png, svg = Picture(tmp_path / "a.png"), Picture(tmp_path / "a.svg")
    png.write_bytes(b"\x89PNG")
    svg.write_text("<svg/>")
    assert png == tmp_path / "a.png"
    assert (png._repr_png_(), png._repr_svg_()) == (b"\x89PNG", None)
    assert (svg._repr_png_(), svg._repr_svg_()) == (None, "<svg/>")
