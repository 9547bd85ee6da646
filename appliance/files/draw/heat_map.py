"""Draws a matrix of correlations as a heat map: PNG or SVG by the file's suffix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from appliance.files.draw import figures
from appliance.files.draw.image import check, cut, save
from kernels.contract import COEFFICIENT

NAMED = 60  # columns up to which each is named
WRITTEN = 15  # up to which the values are written as well
CELL_IN, LEAST_IN, MOST_IN = 0.45, 4.0, 14.0  # inches
LONGEST_NAME = 30
DIVERGING, RISING = "RdBu_r", "viridis"


def draw(
    names: Sequence[str],
    values: np.ndarray[Any, np.dtype[np.float64]],
    measure: str,
    title: str,
    path: Path,
) -> None:
    """Draw a matrix into a file.

    Parameters
    ----------
    names : of rows and columns, (k,).
    values : float64 (k, k), nan where there is none. measure : what they are; coefficients have colours from -1 to 1.

    Raises
    ------
    FileError : unknown suffix, the file cannot be written.
    """
    check(path)
    labels = [cut(name, LONGEST_NAME) for name in names]
    side = float(np.clip(CELL_IN * len(names) + 2.0, LEAST_IN, MOST_IN))
    with figures.drawing([title, measure, *labels]) as figure_class:
        figure = figure_class(figsize=(side + 1.0, side), layout="constrained")
        axes = figure.subplots()
        bounds = {"vmin": -1.0, "vmax": 1.0, "cmap": DIVERGING} if measure == COEFFICIENT else {"cmap": RISING}
        # clipped: limits near the largest float would overflow inside the library
        image = axes.imshow(np.ma.masked_invalid(np.clip(values, -1e300, 1e300)), interpolation="nearest", **bounds)
        figure.colorbar(image, ax=axes, shrink=0.8, label=measure.replace("_", " "))
        axes.grid(visible=False)
        if len(names) <= NAMED:
            axes.set_xticks(range(len(names)), labels, rotation=90, parse_math=False)
            axes.set_yticks(range(len(names)), labels, parse_math=False)
        if len(names) <= WRITTEN:
            _write(axes, values, image)
        axes.set_title(title, loc="left", fontsize=12, parse_math=False)
        save(figure, path)


def _write(axes: Any, values: np.ndarray[Any, np.dtype[np.float64]], image: Any) -> None:
    """Write each value into its cell, in what can be read on its colour."""
    for row, column in np.argwhere(np.isfinite(values)).tolist():
        value = values[row, column]
        dark = sum(image.cmap(image.norm(value))[:3]) < 1.5
        axes.text(column, row, f"{value:.2g}", ha="center", va="center", fontsize=7, color="white" if dark else "black")
