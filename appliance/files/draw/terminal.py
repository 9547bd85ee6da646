"""Draws series with what was found out about them as text for a terminal.

Made here, on numpy: of the two libraries for it, plotext 6 ships a compiled program of its own, draws into one figure
for the whole process and had another interface a version ago; plotille takes a second for 40 000 rows. Neither shades a
window.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.picture import Line, Picture
from appliance.files.calendar.zones import Clock
from appliance.files.draw.image import Panel, cut, limits, panels, remark, title, zone_name
from appliance.files.draw.thinning import gaps, since, visible
from appliance.files.series import FileResult
from appliance.host.terminal import columns_of
from appliance.protocol.times import PER_SECOND
from kernels.contract import Series, Times

MAX_PANELS = 12
NARROWEST, LOWEST, HIGHEST = 30, 4, 20  # columns of the text; lines of a panel's canvas
LABEL = 10  # columns of a number beside the canvas
AROUND = 4  # lines of a panel besides its canvas: headline, axis, times, an empty one
ANOMALY, WINDOW, BAND = "●", "▲", "░"
BLUE, VERMILLION, PLAIN = "\x1b[34m", "\x1b[91m", "\x1b[0m"
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a braille character, by row and column
BRAILLE = 0x2800

Cells = NDArray[np.str_]


def draw(
    results: Sequence[FileResult],
    width: int,
    height: int,
    left_out: int = 0,
    colour: bool = False,
) -> str:
    """Return a drawing in lines of at most `width` columns, each ended by a newline; "" of nothing.

    Parameters
    ----------
    width, height : of the terminal. One panel fits into it; several get a share each, but at least LOWEST lines.
    left_out : series that the caller has and does not hand over.
    colour : whether colours are wanted, see `colours`.
    """
    if not results:
        return ""
    width = max(width, NARROWEST)
    everything = panels(results)
    drawn = everything[:MAX_PANELS]
    canvas = min(max((height - 3) // len(drawn) - AROUND, LOWEST), HIGHEST)
    lines = [fit(title(results), width)]
    for panel in drawn:
        lines += _panel(panel, width, canvas, colour)
    lines.append(fit(_legend(drawn[0].picture), width))
    more = remark(len(drawn), len(everything) + left_out)
    return "\n".join([*lines, *([fit(more, width)] if more else [])]) + "\n"


def colours(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that may get colours; see https://no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def fit(text: str, width: int) -> str:
    """Return text cut to a number of columns; characters of East Asian scripts take two."""
    used = 0
    for at, character in enumerate(text):
        used += columns_of(character)
        if used > width:
            return text[:at]
    return text


def _legend(picture: Picture) -> str:
    line, points = picture.line, picture.points
    parts = []
    if line is not None:
        named = f"values, then after │ the {line.name}" if picture.border else line.name
        parts.append(named + (f"; {BAND} {line.band}" if line.band else ""))
    parts += [f"{ANOMALY} {points.name}"] if points is not None else []
    parts += [f"{WINDOW} {picture.window}"] if picture.window else []
    return "   ".join(parts)


def _panel(panel: Panel, width: int, height: int, colour: bool) -> list[str]:
    result = panel.result
    wide = width - LABEL - 2
    cells = np.full((height, wide), " ", dtype="<U1")
    paint = np.full((height, wide), "", dtype="<U5")
    picture = panel.picture
    marks, times, low, high = _drawn(picture, *panel.past, cells, paint)
    said = picture.briefly or picture.said
    name = panel.name or cut(panel.column)
    headline = fit(name, max(width - len(said) - 2, 0))
    gap = max(width - columns_of(headline) - len(said), 1)
    axis = np.where(marks, WINDOW, "─")
    lines = [fit(headline + " " * gap + said, width)]
    middle = height // 2
    below = middle / (height - 1)
    beside = {0: high, middle: high * (1.0 - below) + low * below, height - 1: low}
    for row in range(height):
        value = beside.get(row)
        label = "" if value is None else f"{value:.4g}"
        lines.append(f"{label:>{LABEL}} ┤" + _painted(cells[row], paint[row], colour))
    lines.append(" " * LABEL + " └" + _painted(axis, np.where(marks, VERMILLION, ""), colour))
    lines.append(" " * (LABEL + 2) + _moments(times, result.series.precision, wide, result.series.clock))
    return [line.rstrip() for line in lines]


def _painted(cells: Cells, paint: Cells, colour: bool) -> str:
    if not colour or not (paint != "").any():
        return "".join(cells)
    begins = np.flatnonzero(np.append(True, paint[1:] != paint[:-1]))
    runs = zip(begins, np.append(begins[1:], len(cells)), strict=True)
    return "".join(
        f"{paint[begin]}{text}{PLAIN}" if paint[begin] else text
        for begin, end in runs
        for text in ["".join(cells[begin:end])]
    )


def _drawn(
    picture: Picture, past: Times, values: Series, cells: Cells, paint: Cells
) -> tuple[NDArray[np.bool_], Times, float, float]:
    """Draw into cells; return which columns a window covers, first and last time, lowest and highest value."""
    height, wide = cells.shape
    line = picture.line if picture.line is not None and len(picture.line.times) else None
    low, high, _ = limits(line, values)
    everything = past if line is None else np.concatenate((past, line.times))
    times = np.array([everything.min(), everything.max()])
    start, span = int(times[0]), _span(times)
    x = since(past, start) / span
    if line is not None:
        ahead = since(line.times, start) / span
        if line.band:
            _band(ahead, line, low, high, cells, paint)
        if picture.border:
            border = int(_cell(x[-1:], wide)[0])
            cells[:, border], paint[:, border] = "│", ""
    _line(x, past, values, low, high, cells, paint)
    if line is not None:
        _line(ahead, line.times, line.value, low, high, cells, paint, VERMILLION)
    if picture.points is not None:
        across = _cell(since(picture.points.times, start) / span, wide)
        down = height - 1 - _cell(_share(picture.points.values, low, high), height)
        cells[down, across], paint[down, across] = ANOMALY, VERMILLION
    edges = [_cell(since(picture.windows[:, side], start) / span, wide) for side in (0, 1)]
    steps = np.zeros(wide + 1, np.int64)  # +1 where a window begins, -1 after its end
    np.add.at(steps, edges[0], 1)
    np.add.at(steps, edges[1] + 1, -1)
    return np.cumsum(steps)[:wide] > 0, times, low, high


def _band(ahead: Series, line: Line, low: float, high: float, cells: Cells, paint: Cells) -> None:
    """Shade the band of a line, also between its rows: at each column of cells."""
    height, wide = cells.shape
    at = (np.arange(wide) + 0.5) / wide
    inside = (at >= ahead[0] - 0.5 / wide) & (at <= ahead[-1] + 0.5 / wide)
    bounds = [np.interp(at, ahead, np.clip(bound, low, high)) for bound in (line.low, line.high)]
    floor, ceiling = (_cell(_share(bound, low, high), height) for bound in bounds)
    level = height - 1 - np.arange(height)[:, np.newaxis]  # (height, 1)
    band = inside & (level >= floor) & (level <= ceiling)
    cells[band], paint[band] = BAND, VERMILLION


def _line(
    x: Series,
    times: Times,
    values: Series,
    low: float,
    high: float,
    cells: Cells,
    paint: Cells,
    colour: str = BLUE,
) -> None:
    """Draw a line in braille dots, two across and four down in each cell; none where rows are missing."""
    height, wide = cells.shape
    rows = visible(times, values, 2 * wide)
    dots = np.zeros((4 * height, 2 * wide), bool)
    across = np.minimum(x[rows] * (2 * wide), 2 * wide - 1)
    down = (1.0 - _share(values[rows], low, high)) * (4 * height - 1)
    # as many dots on the way from row to row as the longer side of the way has
    ways = np.maximum(np.abs(np.diff(across)), np.abs(np.diff(down)))
    ways[gaps(times, rows, 2 * wide) - 1] = 1.0
    number = np.append(np.maximum(np.ceil(ways), 1.0), 1.0)
    begins = np.cumsum(number) - number
    dot = np.arange(number.sum())
    y, x = (np.interp(dot, begins, line) for line in (down, across))
    dots[np.rint(y).astype(np.int64), x.astype(np.int64)] = True
    codes = np.einsum("hywx,yx->hw", dots.reshape(height, 4, wide, 2), DOTS)
    some = codes > 0
    cells[some], paint[some] = (BRAILLE + codes[some]).astype(np.uint32).view("<U1"), colour


def _share(values: Series, low: float, high: float) -> Series:
    """Return where values are between two bounds, 0 to 1; in the middle if there is no room between them."""
    with np.errstate(over="ignore", invalid="ignore"):
        share = values / 2 - low / 2, high / 2 - low / 2  # halves: no difference overflows
        return np.clip(share[0] / share[1], 0.0, 1.0) if share[1] > 0 else np.full(len(values), 0.5)


def _cell(share: Series, cells: int) -> NDArray[np.int64]:
    return np.minimum((share * cells).astype(np.int64), cells - 1)


def _span(times: Times) -> float:
    return float(since(times[-1:], int(times[0]))[0]) or 1.0


def _moments(times: Times, precision: str, width: int, clock: Clock) -> str:
    """Return first and last time by the clocks of the series, as exact as is needed to tell the columns apart."""
    seconds = _span(times) / PER_SECOND[precision]
    unit = next((unit for unit, least in (("D", 30 * 86_400), ("m", 600), ("s", 30)) if seconds >= least), precision)
    walls = clock.wall(times, precision).view(f"datetime64[{precision}]").astype(f"datetime64[{unit}]")
    utc = not clock.naive and clock.zone is None
    first, last = (f"{wall}" + ("Z" if utc and "T" in f"{wall}" else "") for wall in walls)
    room = width - len(first) - len(last)
    named = f" {zone_name(clock)} "
    zone = named if room >= len(named) + 2 and not (utc and "T" in first) else ""
    return fit(first + zone.center(max(room, 1)) + last, width)
