"""Draws series with what was found out about them into an image: PNG or SVG by the file's suffix."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.analysis.picture import Line, Picture
from appliance.files.calendar.zones import Clock
from appliance.files.draw import figures
from appliance.files.draw.parts import Part, parts_of
from appliance.files.draw.thinning import Rows, gaps, since, visible
from appliance.files.series import FileError, FileResult
from appliance.files.write import writing
from appliance.protocol.times import PER_SECOND
from kernels.contract import Series, Times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")  # PDF would add 3 MB to the package
MAX_PANELS = 30
GRIDS = ((6, 1), (16, 2), (MAX_PANELS, 3))  # up to so many panels: columns of the grid
WIDTH_IN, FIRST_IN, PANEL_IN = 12.0, 2.8, 1.9  # inches: the figure, what a lone panel has more, each panel
MAX_WITH_PARTS, PART_SHARE = 6, 0.55  # panels drawn with their parts; height of a part, of a panel's
FLATTEST = 1e-6  # of the range of a series: a part that is smaller is rounding, and not drawn larger
LONGEST_NAME = 60
MARKED_ROWS = 80  # a line of up to so many rows shows each of them
THINNEST = 0.003  # of the width: a shorter window is drawn as wide as this
WIDENED = 0.15  # of the width: what widening may shade of rows that are not anomalous
# told apart by people with any colour vision: M. Okabe and K. Ito, "Color Universal Design" (2008)
BLUE, VERMILLION, BLACK = "#0072B2", "#D55E00", "#333333"
SECONDS_A_DAY = 86_400.0
LAST_DAY = 2_932_896  # 9999-12-31, days since 1970
FIRST_DAY = -719_162  # 0001-01-01


@dataclass(frozen=True, slots=True)
class Panel:
    """One column of one series, and what is shown of it."""

    result: FileResult
    column: str
    picture: Picture

    @property
    def name(self) -> str:
        """The series, and the column where there are several."""
        several = len(self.result.series.columns) > 1
        parts = [self.result.series.name, self.column if several else ""]
        return ": ".join(cut(part) for part in parts if part)

    @property
    def past(self) -> tuple[Times, Series]:
        """The rows of the series that are shown: times and values."""
        task = self.result.task
        rows = slice(len(task.times) - self.picture.shown, None)
        return task.times[rows], task.columns[self.column][rows]


def draw(results: Sequence[FileResult], path: Path, left_out: int = 0, parts: Mapping[str, str] | None = None) -> None:
    """Draw results into a file.

    Parameters
    ----------
    results : at least one. More than MAX_PANELS panels, with parts MAX_WITH_PARTS, are not drawn, which the drawing
        says.
    left_out : series that the caller has and does not hand over, counted in that remark.
    parts : options of the algorithm, to draw the parts of each series below it; None to draw none.

    Raises
    ------
    FileError : nothing to draw, unknown suffix, too few rows for parts, the file cannot be written.
    """
    check(path)
    if not results:
        raise FileError(f"--plot {path}: there is nothing to draw")
    everything = panels(results)
    shown_panels = everything[: MAX_PANELS if parts is None else MAX_WITH_PARTS]
    below = [[] if parts is None else parts_of(panel.result, panel.column, parts) for panel in shown_panels]
    texts = [title(results), *(text for panel in shown_panels for text in (panel.name, cut(panel.column)))]
    with figures.drawing(texts) as figure_class:
        figure = _figure(figure_class, shown_panels, below, remark(len(shown_panels), len(everything) + left_out))
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the suffix names, the same bytes each time; raises FileError."""
    suffix = path.suffix.lower()
    drawn = io.BytesIO()
    undated = {"Date": None} if suffix == ".svg" else None
    figure.savefig(drawn, format=suffix[1:], dpi=figures.DPI, metadata=undated)
    writing.put(path, drawn.getvalue())


def check(path: Path) -> None:
    """Refuse a name that tells no format; raises FileError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"--plot {path}: a plot is a file that ends in {', '.join(SUFFIXES)}, got {suffix!r}")


def panels(results: Sequence[FileResult]) -> list[Panel]:
    """Return what is drawn of each: every column, but only the one that is analysed."""
    return [
        Panel(result, column, result.kind.picture(result.task, result.answer, column))
        for result in results
        for column in list(result.series.columns)[: 1 if result.kind.one_column else None]
    ]


def title(results: Sequence[FileResult]) -> str:
    """Return the headline."""
    return results[0].kind.headline.format(", ".join(dict.fromkeys(result.algorithm for result in results)))


def remark(drawn: int, all_of_them: int) -> str:
    """Return what is said of panels that are left out, "" for none."""
    return f"the first {drawn} of {all_of_them:,} are shown" if drawn < all_of_them else ""


def cut(text: str, longest: int = LONGEST_NAME) -> str:
    """Return text from a file fit for one line."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def limits(line: Line | None, past: Series) -> tuple[float, float, bool]:
    """Return the lowest and highest value shown, and whether a band goes beyond: it may not flatten the rest."""
    if line is None or not len(line.value):
        return float(past.min()), float(past.max()), False
    near = np.concatenate((past, line.value))
    low, high = float(near.min()), float(near.max())
    room = 3.0 * (high - low)
    bottom, top = float(line.low.min()), float(line.high.max())
    if room == 0.0 or (bottom >= low - room and top <= high + room):
        return min(low, bottom), max(high, top), False
    return max(bottom, low - room), min(top, high + room), True


def _figure(figure_class: type[Figure], drawn: list[Panel], below: list[list[Part]], left_out: str) -> Figure:
    """Draw panels; below : the parts under each, which all have a column of the figure for themselves."""
    columns = 1 if any(below) else next(columns for most, columns in GRIDS if len(drawn) <= most)
    shares = [share for parts in below for share in (1.0, *(PART_SHARE for _ in parts))]
    lines = -(-len(shares) // columns)
    height = PANEL_IN * (sum(shares) if any(below) else lines) + (FIRST_IN if len(drawn) == 1 else 1.0)
    figure = figure_class(figsize=(WIDTH_IN, height), layout="constrained")
    pixels = int(WIDTH_IN * figures.DPI / columns)
    grid = figure.subplots(lines, columns, squeeze=False, height_ratios=shares if any(below) else None).ravel()
    free = iter(grid)
    legend: dict[str, Any] = {}
    for panel, parts in zip(drawn, below, strict=True):
        axes = next(free)
        axes.set_title(panel.name, loc="left", fontsize=9, parse_math=False)
        axes.set_ylabel(cut(panel.column, 30), parse_math=False)
        axes.margins(x=0.01, y=0.08)
        axes.grid(axis="x", visible=False)
        legend |= _panel(axes, panel, pixels)
        _parts(axes, [next(free) for _ in parts], panel, parts, pixels)
    for axes in free:
        axes.set_visible(False)
    headline = title([panel.result for panel in drawn]) + (f"  ({left_out})" if left_out else "")
    figure.suptitle(headline, x=0.01, ha="left", fontsize=13, parse_math=False)
    figure.legend(legend.values(), legend.keys(), loc="outside upper right", ncols=len(legend), frameon=False)
    return figure


def _parts(above: Axes, below: Sequence[Axes], panel: Panel, parts: Sequence[Part], pixels: int) -> None:
    """Draw the parts of a series below its panel, on the same axis of times, which only the lowest one labels."""
    times, values = panel.past
    series = panel.result.series
    least = FLATTEST * np.ptp(values)
    for axes, part in zip(below, parts, strict=True):
        ahead = times[:0] if panel.picture.line is None else panel.picture.line.times
        place = _time_axis(axes, times, ahead, series.precision, series.clock)
        axes.set_title(part.name, loc="left", fontsize=8, parse_math=False)
        axes.margins(y=0.08)
        axes.grid(axis="x", visible=False)
        _line(axes, place, times, part.values[len(part.values) - len(times) :], pixels)
        if len(panel.picture.windows):
            _windows(axes, place, times, panel.picture.windows)
        axes.set_xlim(above.get_xlim())
        bottom, top = axes.get_ylim()
        if top - bottom < least:
            axes.set_ylim((bottom + top - least) / 2, (bottom + top + least) / 2)
    for axes in (above, *below)[: len(below)]:
        axes.set_xlabel("")
        axes.tick_params(axis="x", labelbottom=False)
        axes.xaxis.get_offset_text().set_visible(False)


def _panel(axes: Axes, panel: Panel, pixels: int) -> dict[str, Any]:
    """Draw one panel; return the marks for the legend by their names."""
    picture, (times, values) = panel.picture, panel.past
    axes.set_title(picture.said, loc="right", fontsize=8, color=BLACK)
    line = picture.line
    series = panel.result.series
    place = _time_axis(axes, times, times[:0] if line is None else line.times, series.precision, series.clock)
    legend: dict[str, Any] = {"value": _line(axes, place, times, values, pixels)}
    if len(picture.windows):
        legend[picture.window] = _windows(axes, place, times, picture.windows)
    if line is not None and len(line.times):
        legend |= _second_line(axes, place, line, values, pixels)
        if picture.border:
            axes.axvline(float(place(times[-1:])[0]), color=BLACK, linewidth=0.8, linestyle=":")
    points = picture.points
    if points is not None and len(points.times):
        rows = visible(points.times, points.values, pixels)
        (legend[points.name],) = axes.plot(
            place(points.times[rows]), points.values[rows], "o", color=VERMILLION, markersize=3.5, zorder=3
        )
    return legend


def _windows(axes: Axes, place: Any, times: Times, windows: Times) -> Any:
    """Shade windows, around each row as much as belongs to it.

    What is too thin to be seen is widened, but not where windows are so many that they would cover what is usual.
    """
    half = float(np.median(np.diff(place(times)))) / 2 if len(times) > 1 else 0.5
    begin, end = place(windows[:, 0]) - half, place(windows[:, 1]) + half
    all_of_it = float(np.ptp(place(times)) or 1.0)
    wide_begin, wide_end = _joined(begin, end, THINNEST * all_of_it)
    if float((wide_end - wide_begin).sum() - (end - begin).sum()) <= WIDENED * all_of_it:
        begin, end = wide_begin, wide_end
    return axes.broken_barh(
        np.column_stack((begin, end - begin)).tolist(),
        (0.0, 1.0),
        transform=axes.get_xaxis_transform(),
        color=VERMILLION,
        alpha=0.22,
        linewidth=0,
        zorder=1,
        snap=False,  # a pixel is shaded by how much of it is covered
    )


def _second_line(axes: Axes, place: Any, line: Line, values: Series, pixels: int) -> dict[str, Any]:
    legend: dict[str, Any] = {}
    low, high, beyond = limits(line, values)
    if line.band:
        every = np.arange(len(line.times))
        x, bottom, top = _apart(place, line.times, every, pixels, (line.low, line.high))
        legend[line.band + (" (cut off where it is wider)" if beyond else "")] = axes.fill_between(
            x, np.maximum(bottom, low), np.minimum(top, high), color=VERMILLION, alpha=0.22, lw=0
        )
    x, value = _apart(place, line.times, visible(line.times, line.value, pixels), pixels, (line.value,))
    style = "o-" if len(line.times) <= MARKED_ROWS else "-"
    (legend[line.name],) = axes.plot(x, value, style, color=VERMILLION, linewidth=1.4, markersize=3, zorder=3)
    return legend


def _apart(place: Any, times: Times, rows: Rows, pixels: int, columns: Sequence[Series]) -> list[Series]:
    """Return places and values of some rows, with nan where rows are missing between them."""
    missing = gaps(times, rows, pixels)
    return [np.insert(part, missing, np.nan) for part in (place(times[rows]), *(column[rows] for column in columns))]


def _line(axes: Axes, place: Any, times: Times, values: Series, pixels: int) -> Any:
    rows = visible(times, values, pixels)
    style = "o-" if len(times) <= MARKED_ROWS else "-"
    apart = gaps(times, rows, pixels)
    x, y = _apart(place, times, rows, pixels, (values,))
    (line,) = axes.plot(x, y, style, color=BLUE, linewidth=0.9, markersize=2.5, zorder=2)
    alone = np.intersect1d(apart, np.append(apart, len(rows)) - 1)  # between two gaps: no line shows it
    axes.plot(place(times[rows[alone]]), values[rows[alone]], ".", color=BLUE, markersize=2.5, zorder=2)
    return line


def _joined(begin: Series, end: Series, thinnest: float) -> tuple[Series, Series]:
    """Widen windows that could not be seen, and join those that overlap then."""
    lacking = np.maximum(thinnest - (end - begin), 0.0) / 2
    begin, end = begin - lacking, end + lacking
    apart = np.append(True, begin[1:] > np.maximum.accumulate(end)[:-1])
    first = np.flatnonzero(apart)
    return begin[first], np.maximum.reduceat(end, first)


def zone_name(clock: Clock) -> str:
    """Return by which clocks times are told, "" where the file does not say."""
    return clock.zone.name if clock.zone else "" if clock.naive else "UTC"


def _time_axis(axes: Axes, past: Times, ahead: Times, precision: str, clock: Clock) -> Any:
    """Prepare the axis, and return what turns times into places on it; days and months begin by the clocks.

    Dates as the library counts them tell microseconds apart at best, and end in the year 9999; what they cannot show
    is told as the time since the first row.
    """
    times = np.concatenate((past, ahead))
    start, per_second = int(times.min()), PER_SECOND[precision]
    seconds = float(since(times, start).max()) / per_second
    day = start / per_second / SECONDS_A_DAY
    if seconds >= 1.0 and day > FIRST_DAY and day + seconds / SECONDS_A_DAY < LAST_DAY:
        dates: Any = importlib.import_module("matplotlib.dates")  # has no types
        named = zone_name(clock)
        locator = dates.AutoDateLocator(tz=named or "UTC", minticks=4, maxticks=9)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=named or "UTC"))
        axes.set_xlabel(f"time ({named})" if named else "time")
        return lambda these: day + since(these, start) / (per_second * SECONDS_A_DAY)
    exponent = -9 if seconds < 1e-6 else -6 if seconds < 1e-3 else -3 if seconds < 1.0 else 0
    unit, scale = {-9: "ns", -6: "us", -3: "ms", 0: "s"}[exponent], per_second * 10.0**exponent
    axes.set_xlabel(f"{unit} since {clock.shown(start, precision)}")
    return lambda these: since(these, start) / scale
