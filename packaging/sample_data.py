"""Writes docs/data: the series that the pages analyse, simulated with seeds, so that nobody's rights are on them.

packaging/sample_data.py     writes the files of this tree; tests/test_pages.py tells when they are out of date
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent.parent / "docs" / "data"
HOURS = 14 * 24
Rows = Iterable[tuple[object, ...]]


def pumps() -> Rows:
    """Yield three pumps, an hour a row: a daily season; pump-2 loses pressure for three hours, pump-3 has a spike."""
    rng = np.random.default_rng(32)
    season = np.sin(2 * np.pi * np.arange(HOURS) / 24)
    pressure = {f"pump-{i}": 55 + 5 * i + (4 + i) * season + rng.normal(0, 0.5, HOURS) for i in (1, 2, 3)}
    pressure["pump-2"][100:103] -= 13
    pressure["pump-3"][200] += 15
    times = hours("2026-01-01", HOURS)
    yield "pump", "ts", "pressure"
    yield from ((name, time, f"{x[i]:.2f}") for i, time in enumerate(times) for name, x in pressure.items())


def labelled() -> Rows:
    """Yield those rows again, with what was wrong as `fault`."""
    faults = {("pump-2", time) for time in hours("2026-01-05 04:00", 3)} | {("pump-3", "2026-01-09 08:00:00")}
    header, *rows = pumps()
    yield *header, "fault"
    yield from ((*row, int(row[:2] in faults)) for row in rows)


def normal() -> Rows:
    """Yield a pump while nothing is wrong with it: the more pressure, the less flow."""
    rng = np.random.default_rng(9)
    pressure = 60 + rng.normal(0, 2, 400)
    flow = 45 - 0.5 * pressure + rng.normal(0, 0.3, 400)
    yield "ts", "pressure", "flow"
    yield from zip(hours("2026-01-01", 400), (f"{x:.2f}" for x in pressure), (f"{x:.2f}" for x in flow), strict=True)


def gappy() -> Rows:
    """Yield a daily season without the twelve hours after noon of the tenth day, and a spike three days later."""
    rng = np.random.default_rng(2)
    value = 50 + 5 * np.sin(2 * np.pi * np.arange(HOURS) / 24) + rng.normal(0, 0.5, HOURS)
    value[300] += 5
    yield "ts", "value"
    yield from ((time, f"{value[i]:.3f}") for i, time in enumerate(hours("2026-01-01", HOURS)) if not 228 <= i < 240)


def meter() -> Rows:
    """Yield a meter read every hour, with two rows missing."""
    rng = np.random.default_rng(3)
    value = 12 + 4 * np.sin(2 * np.pi * np.arange(7 * 24) / 24) + rng.normal(0, 0.2, 7 * 24)
    yield "ts", "value"
    yield from ((time, f"{value[i]:.3f}") for i, time in enumerate(hours("2026-01-01", 7 * 24)) if i not in (50, 51))


def minutes() -> Rows:
    """Yield ten minutes a row, eight days, with a daily season."""
    rng = np.random.default_rng(4)
    day = np.arange(8 * 144)
    value = 50 + 5 * np.sin(2 * np.pi * day / 144) + rng.normal(0, 1, len(day))
    times = np.datetime64("2026-01-01") + 10 * day.astype("m8[m]")
    yield "ts", "value"
    yield from zip(times.astype(str), (f"{x:.2f}" for x in value), strict=True)


def machine() -> Rows:
    """Yield a machine by minutes: load heats it after some rows, heat turns the fan; humidity is by itself."""
    rng = np.random.default_rng(5)
    load = 50 + 15 * np.cumsum(rng.normal(0, 0.2, 500))
    load += 10 * np.sin(2 * np.pi * np.arange(500) / 60)
    temperature = np.full(500, 40.0)
    for i in range(6, 500):
        temperature[i] = 0.8 * temperature[i - 1] + 0.2 * (20 + 0.5 * load[i - 6]) + rng.normal(0, 0.5)
    fan = 20 * temperature + rng.normal(0, 60, 500)
    humidity = 45 + rng.normal(0, 3, 500)
    times = np.datetime64("2026-03-01T00:00") + np.arange(500).astype("m8[m]")
    yield "ts", "load", "temperature", "fan", "humidity"
    for cells in zip(times.astype(str), load, temperature, fan, humidity, strict=True):
        yield cells[0], *(f"{x:.2f}" for x in cells[1:])


def sales() -> Rows:
    """Yield what was sold in a month, four years."""
    rng = np.random.default_rng(6)
    sold = 50 + 10 * np.sin(2 * np.pi * np.arange(48) / 12) + rng.normal(0, 3, 48)
    yield "month", "sold"
    yield from zip(months("2018-01", 48), (f"{x:.2f}" for x in sold), strict=True)


def shops() -> Rows:
    """Yield three shops, a month a row: a season that comes, one that grows, none."""
    rng = np.random.default_rng(7)
    month = np.arange(96)
    season = np.sin(2 * np.pi * month / 12)
    sold = {
        "north": 100 + 18 * season + rng.normal(0, 4, 96),
        "south": 120 + month + (6 + 0.3 * month) * season + rng.normal(0, 4, 96),
        "west": 100 + np.cumsum(rng.normal(0, 3, 96)),
    }
    yield "shop", "month", "sold"
    for name, x in sold.items():
        yield from ((name, time, f"{x[i]:.2f}") for i, time in enumerate(months("2018-01", 96)))


def sold() -> Rows:
    """Yield what was sold in a day, by price and holiday; of the last week only these are known."""
    rng = np.random.default_rng(8)
    price = 10 + rng.normal(0, 1, 127)
    holiday = (np.arange(127) % 30 == 0).astype(int)
    value = 200 - 8 * price + 25 * holiday + rng.normal(0, 3, 127)
    yield "day", "sold", "price", "holiday"
    for i, day in enumerate(np.datetime64("2026-01-01") + np.arange(127)):
        yield day, f"{value[i]:.2f}" if i < 120 else "", f"{price[i]:.2f}", holiday[i]


def hours(start: str, rows: int) -> list[str]:
    """Return the times of rows that are an hour apart, as a database writes them."""
    times = np.datetime64(start, "s") + np.arange(rows).astype("m8[h]")
    return [str(time).replace("T", " ") for time in times]


def months(start: str, rows: int) -> list[str]:
    """Return the months that begin with one."""
    return [str(month) for month in np.datetime64(start) + np.arange(rows)]


TABLES: tuple[Callable[[], Rows], ...] = (gappy, labelled, machine, meter, minutes, normal, pumps, sales, shops, sold)


def text(table: Callable[[], Rows]) -> str:
    """Return one file: comma-separated, with a line of names."""
    return "".join(f"{','.join(map(str, row))}\n" for row in table())


if __name__ == "__main__":
    for each in TABLES:
        (FOLDER / f"{each.__name__}.csv").write_text(text(each), encoding="utf-8")
