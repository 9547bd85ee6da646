from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.files.draw.heat_map import draw
from appliance.files.series import FileError
from kernels.contract import COEFFICIENT, DISTANCE
from tests.appliance.files.draw.test_image import pixels, text_of

MATRIX = np.array([[1.0, -1.0], [-1.0, 1.0]])


def test_names_and_values_are_written(tmp_path: Path) -> None:
    draw(
        ["load $x_1$", "wind"],
        MATRIX * [[1, 0.25], [0.25, 1]],
        COEFFICIENT,
        "Correlation by pearsonr",
        tmp_path / "a.svg",
    )
    text = text_of(tmp_path / "a.svg")
    assert all(piece in text for piece in ("load $x_1$", "wind", "-0.25", "Correlation by pearsonr"))


def test_opposite_coefficients_have_opposite_colours(tmp_path: Path) -> None:
    draw(["a", "b"], MATRIX, COEFFICIENT, "", tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    red, blue = image[..., 0] - image[..., 2] > 60, image[..., 2] - image[..., 0] > 60
    assert red.sum() > 1000
    assert blue.sum() > 1000


@pytest.mark.parametrize("matrix", [np.full((2, 2), np.nan), np.zeros((2, 2)), np.array([[0.0, 1.7e308], [1.0, 0.0]])])
def test_any_matrix_can_be_drawn(tmp_path: Path, matrix: np.ndarray) -> None:
    draw(["a", "b"], matrix, DISTANCE, "x", tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_names_of_very_many_columns_are_left_out(tmp_path: Path) -> None:
    draw([f"column {i}" for i in range(61)], np.eye(61), COEFFICIENT, "x", tmp_path / "a.svg")
    assert "column 3" not in text_of(tmp_path / "a.svg")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be written: No such file or directory"):
        draw(["a", "b"], MATRIX, COEFFICIENT, "x", tmp_path / "none" / "a.png")
    with pytest.raises(FileError, match=r"a plot is a file that ends in \.png, \.svg"):
        draw(["a", "b"], MATRIX, COEFFICIENT, "x", tmp_path / "a.gif")
