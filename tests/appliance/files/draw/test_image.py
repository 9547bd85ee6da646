from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from appliance.files.calendar import zones
from appliance.files.calendar.zones import Clock
from appliance.files.draw import image
from appliance.files.draw.image import draw
from appliance.files.series import FileError, FileResult, FileSeries
from tests.appliance.files.results import BEGIN, detected, detection, forecast, with_columns

SHADE = tuple(round(255 * (1 - 0.22) + 0.22 * part) for part in (0xD5, 0x5E, 0x00))  # vermillion over white
BLUE = (0x00, 0x72, 0xB2)
VERMILLION = (0xD5, 0x5E, 0x00)


def pixels(path: Path) -> np.ndarray:
    """Return int (lines, columns, 3) of a PNG, read by the imaging library rather than the one that drew it."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def share_of(image: np.ndarray, colour: tuple[int, ...], rows: slice = slice(None)) -> np.ndarray:
    """Return for each column of pixels how many are of a colour."""
    return (np.abs(image[rows] - np.array(colour)) <= 4).all(axis=2).sum(axis=0)


def text_of(path: Path) -> str:
    """Return what an SVG says; its glyphs are outlines, each text stands before them as a comment."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", path.read_text()))


def test_the_window_is_shaded_where_it_is(tmp_path: Path) -> None:
    draw([detection(1000, list(range(300, 400)))], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    canvas = slice(image.shape[0] // 10, None)  # below headline and legend
    line = np.flatnonzero(share_of(image, BLUE, canvas))
    begin, end = line.min(), line.max()
    shaded = (np.flatnonzero(share_of(image, SHADE, canvas) > 50) - begin) / (end - begin)
    assert shaded.min() == pytest.approx(0.3, abs=0.005)
    assert shaded.max() == pytest.approx(0.4, abs=0.005)
    assert len(shaded) > 100


def test_a_window_of_one_row_among_40000_can_be_seen(tmp_path: Path) -> None:
    draw([detection(40_000, [20_000])], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    canvas = slice(image.shape[0] // 10, None)
    assert (share_of(image, SHADE, canvas) > 20).sum() >= 2
    assert share_of(image, VERMILLION, canvas).sum() > 10  # the row itself


def test_nothing_is_shaded_without_anomalies(tmp_path: Path) -> None:
    draw([detection(1000, [])], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    assert share_of(image, SHADE).sum() == 0
    assert share_of(image, BLUE).sum() > 1000


def test_the_interval_follows_the_series(tmp_path: Path) -> None:
    draw([forecast(40_000, 48)], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    canvas = slice(image.shape[0] // 10, None)
    line, band = (np.flatnonzero(share_of(image, colour, canvas) > 0) for colour in (BLUE, SHADE))
    assert line.max() <= band.min() + 10
    assert (band.max() - band.min()) / (band.max() - line.min()) == pytest.approx(48 / (48 + 192), abs=0.02)


def test_it_says_what_it_shows(tmp_path: Path) -> None:
    draw([detection(5000, [7, 8, 100], "meter $7"), detection(5000, [], "north")], tmp_path / "a.svg")
    said = text_of(tmp_path / "a.svg")
    for text in (
        "Anomalies found by ksigma",
        "meter $7",
        "2 windows, 3 of 5,000 rows",
        "north",
        "no anomalies",
        "temperature",
        "time (UTC)",
        "anomalous window",
        "anomalous row",
    ):
        assert text in said


@pytest.mark.parametrize(
    ("conf", "half", "text"),
    [
        (0.95, 4.0, "95 % interval"),
        (1.0, 4.0, "100 % interval"),
        (0.8, 400.0, "80 % interval (cut off where it is wider)"),
        (0.999, 1e308, "99.9 % interval (cut off where it is wider)"),
    ],
)
def test_the_legend_names_the_interval(tmp_path: Path, conf: float, half: float, text: str) -> None:
    draw([forecast(500, 12, half=half, conf=conf)], tmp_path / "a.svg")
    said = text_of(tmp_path / "a.svg").splitlines()
    assert text in said
    assert "Forecast by holtwinters" in said
    assert "12 rows ahead, the last 72 of 500 rows before" in said


def test_a_forecast_without_interval_has_no_band(tmp_path: Path) -> None:
    draw([forecast(500, 12, half=0.0)], tmp_path / "a.svg")
    assert "interval" not in text_of(tmp_path / "a.svg")


def test_each_column_has_a_panel_but_a_forecast_has_one() -> None:
    two = detection(100, [4], "m", ("a", "b"))
    assert [panel.name for panel in image.panels([two])] == ["m: a", "m: b"]
    ahead = forecast(100, 5)
    wide = with_columns(ahead, {"load": ahead.series.columns["load"], "other": np.zeros(100)})
    assert [panel.column for panel in image.panels([wide])] == ["load"]


def test_more_series_than_fit_are_counted(tmp_path: Path) -> None:
    draw([detection(50, [4], f"m{i}") for i in range(33)], tmp_path / "a.svg", left_out=7)
    said = text_of(tmp_path / "a.svg")
    assert "Anomalies found by ksigma  (the first 30 of 40 are shown)" in said
    assert "m29" in said
    assert "m30" not in said


@pytest.mark.parametrize(
    ("step", "precision", "label"),
    [
        (1, "ns", "ns since 2026-01-01T00:00:00.000000000Z"),
        (1, "us", "us since 2026-01-01T00:00:00.000000Z"),
        (1, "ms", "ms since 2026-01-01T00:00:00.000Z"),
        (1000, "ms", "time (UTC)"),
        (10**13, "ms", "s since 2026-01-01T00:00:00.000Z"),  # beyond the year 9999
    ],
)
def test_times_are_told_apart_at_any_scale(tmp_path: Path, step: int, precision: str, label: str) -> None:
    times = BEGIN * {"ms": 1, "us": 10**3, "ns": 10**6}[precision] + step * np.arange(100)
    flags = np.ones(100, np.int8)
    flags[40:50] = -1
    series = FileSeries("", times, precision, {"v": np.arange(100) % 2.0})
    found = detected(series, "iqr", flags)
    draw([found], tmp_path / "a.svg")
    assert label in text_of(tmp_path / "a.svg")
    draw([found], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    canvas = slice(image.shape[0] // 10, None)
    line = np.flatnonzero(share_of(image, BLUE, canvas))
    shaded = (np.flatnonzero(share_of(image, SHADE, canvas) > 50) - line.min()) / (line.max() - line.min())
    assert shaded.min() == pytest.approx(39.5 / 99, abs=0.01)
    assert shaded.max() == pytest.approx(49.5 / 99, abs=0.01)


@pytest.mark.parametrize("values", [np.full(30, 7.0), np.linspace(-1e300, 1e300, 30), np.linspace(0, 1e-300, 30)])
def test_any_magnitude_is_drawn(tmp_path: Path, values: np.ndarray) -> None:
    draw([with_columns(detection(30, [3]), {"v": values})], tmp_path / "a.png")
    assert share_of(pixels(tmp_path / "a.png"), BLUE).sum() > 100


def test_the_same_results_make_the_same_file(tmp_path: Path) -> None:
    for suffix in ("png", "svg"):
        for name in ("a", "b"):
            draw([forecast(100, 5)], tmp_path / f"{name}.{suffix}")
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_history_is_a_share_of_the_forecast() -> None:
    several = [(40_000, 48, 24), (40_000, 10, 1440), (40_000, 1, 0), (20, 10, 24)]
    panels = image.panels([forecast(rows, ahead, period=period) for rows, ahead, period in several])
    assert [len(panel.past[0]) for panel in panels] == [192, 120, 40, 20]
    assert [len(panel.past[1]) for panel in panels] == [192, 120, 40, 20]


@pytest.mark.parametrize(
    ("results", "name", "message"),
    [
        ([], "a.png", "--plot {}: there is nothing to draw"),
        ([forecast(50, 3)], "a.gif", "--plot {}: a plot is a file that ends in .png, .svg, got '.gif'"),
        ([forecast(50, 3)], "missing/a.png", "{} cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path: Path, results: list[FileResult], name: str, message: str) -> None:
    with pytest.raises(FileError) as refused:
        draw(results, tmp_path / name)
    assert str(refused.value) == message.format(tmp_path / name)


def test_many_thin_windows_shade_no_more_than_there_is(tmp_path: Path) -> None:
    draw([detection(30_000, list(range(0, 30_000, 60)))], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    canvas = slice(image.shape[0] // 10, None)
    assert (share_of(image, SHADE, canvas) > 50).mean() < 0.02


@pytest.mark.parametrize(
    ("clock", "label"),
    [(Clock(naive=True), "time"), (Clock(), "time (UTC)"), (Clock(zones.zone("Asia/Tokyo")), "time (Asia/Tokyo)")],
)
def test_the_axis_names_the_clocks(tmp_path: Path, clock: Clock, label: str) -> None:
    made = detection(48, [3], step=3_600_000)
    series = dataclasses.replace(made.series, clock=clock)
    draw([dataclasses.replace(made, series=series)], tmp_path / "a.svg")
    assert label in text_of(tmp_path / "a.svg").splitlines()
