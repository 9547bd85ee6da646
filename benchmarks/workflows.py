"""From a file to a file of forecasts, as a user would write it with this project and with others.

Each tool gets the same CSV (``unique_id, ds, y``) and writes its forecasts; what it takes is a program of its own, so
loading counts. Lines are those of the program. Seconds are of processor time, as the machine may have more to do.
Forecasts are joined to the truth by series and date: a wrong date is a missing row, and counts as an error of 200 %.
Run: ``make bench-files``.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

OURS = "taosanode forecast {source} --by unique_id --rows {h} --out {target}"
STATSFORECAST = """\
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
from utilsforecast.preprocessing import fill_gaps
df = fill_gaps(pd.read_csv("{source}", parse_dates=["ds"]), freq="{freq}", end="per_serie")
df["y"] = df.groupby("unique_id")["y"].transform(lambda y: y.interpolate())
found = StatsForecast([AutoETS(season_length={m})], freq="{freq}").forecast(df=df, h={h}, level=[95])
found.to_csv("{target}", index=False, date_format="%Y-%m-%dT%H:%M:%S")
"""
DARTS = """\
import pandas as pd
from darts import TimeSeries
from darts.models import ExponentialSmoothing
from darts.utils.missing_values import fill_missing_values
df = pd.read_csv("{source}", parse_dates=["ds"])
parts = []
for name, own in df.groupby("unique_id"):
    series = fill_missing_values(TimeSeries.from_dataframe(own, "ds", "y", fill_missing_dates=True, freq="{freq}"))
    model = ExponentialSmoothing(seasonal_periods={m})
    model.fit(series)
    found = model.predict({h}, num_samples=500)
    bounds = [found.quantile(q).values().ravel() for q in (0.5, 0.025, 0.975)]
    parts.append(pd.DataFrame(dict(zip(("id", "ds", "y", "low", "high"), (name, found.time_index, *bounds)))))
pd.concat(parts).to_csv("{target}", index=False, date_format="%Y-%m-%dT%H:%M:%S")
"""
PROPHET = """\
import pandas as pd
from prophet import Prophet
df = pd.read_csv("{source}", parse_dates=["ds"])
parts = []
for name, own in df.groupby("unique_id"):
    model = Prophet(interval_width=0.95).fit(own)
    found = model.predict(model.make_future_dataframe({h}, freq="{freq}", include_history=False))
    parts.append(found[["ds", "yhat", "yhat_lower", "yhat_upper"]].assign(id=name).set_index("id"))
pd.concat(parts).to_csv("{target}", date_format="%Y-%m-%dT%H:%M:%S")
"""
TOOLS = {
    "taosanode": OURS,
    "statsforecast, AutoETS": STATSFORECAST,
    "darts, ExponentialSmoothing": DARTS,
    "Prophet": PROPHET,
}
Points = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Case:
    """Series to be forecast: rows of name, date and value, and what came after them."""

    name: str
    freq: str
    m: int
    h: int
    past: list[tuple[str, str, float]]
    truth: Points


def cases(data: Path, most: int) -> list[Case]:
    """Return monthly, hourly, wide and gappy data, at most so many series of each."""
    ett = wide("ETT, hourly", data / "ett" / "ETTh1.csv", 1000, 48)
    return [
        long("tourism, monthly", data / "forecast" / "tourism_monthly.csv", "MS", 12, months, most),
        long("M4, hourly", data / "forecast" / "m4_hourly.csv", "h", 24, hours, most),
        ett,
        gappy(ett),
    ]


def months(rows: int) -> list[str]:
    return [f"{1990 + row // 12}-{row % 12 + 1:02}-01T00:00:00" for row in range(rows)]


def hours(rows: int) -> list[str]:
    return [(dt.datetime(2024, 1, 1) + dt.timedelta(hours=row)).isoformat() for row in range(rows)]


def long(name: str, file: Path, freq: str, m: int, dates: Callable[[int], list[str]], most: int) -> Case:
    past: list[tuple[str, str, float]] = []
    truth: Points = {}
    h = 0
    with file.open() as lines:
        for _, one in zip(range(most), csv.DictReader(lines), strict=False):
            train, test = ([float(value) for value in one[part].split()] for part in ("train", "test"))
            h, when = len(test), dates(len(train) + len(test))
            past += zip([one["series_id"]] * len(train), when, train, strict=False)
            truth |= {(one["series_id"], date): v for date, v in zip(when[len(train) :], test, strict=True)}
    return Case(name, freq, m, h, past, truth)


def wide(name: str, file: Path, rows: int, h: int) -> Case:
    """Return each column as a series, from the middle of the file."""
    with file.open() as lines:
        table = list(csv.DictReader(lines))[5000 : 5000 + rows + h]
    cells = [
        [(column, one["date"].replace(" ", "T"), float(one[column])) for one in table]
        for column in table[0]
        if column != "date"
    ]
    truth = {(column, date): value for own in cells for column, date, value in own[rows:]}
    return Case(name, "h", 24, h, [cell for own in cells for cell in own[:rows]], truth)


def gappy(case: Case) -> Case:
    """Return a case without twelve rows in every hundred and fifty, the last ones as they are."""
    kept = [row for at, row in enumerate(case.past) if not 100 <= at % 150 < 112]
    return Case(f"{case.name}, with gaps", case.freq, case.m, case.h, kept, case.truth)


def write(case: Case, file: Path) -> None:
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([("unique_id", "ds", "y"), *case.past])


def read(file: Path) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return forecast, low and high by series and date; dates of several spellings are one."""
    with file.open() as text:
        return {
            (name, dt.datetime.fromisoformat(when).strftime("%Y-%m-%dT%H:%M:%S")): (float(v), float(low), float(high))
            for name, when, v, low, high in list(csv.reader(text))[1:]
        }


def score(case: Case, found: dict[tuple[str, str], tuple[float, float, float]]) -> tuple[float, float]:
    """Return sMAPE and coverage in per cent."""
    errors, covered = [], []
    for key, truth in case.truth.items():
        value, low, high = found.get(key, (np.nan, np.nan, np.nan))
        size = abs(truth) + abs(value)
        errors.append(200.0 if np.isnan(value) else 200.0 * abs(truth - value) / size if size else 0.0)
        covered.append(low <= truth <= high)
    return float(np.mean(errors)), 100.0 * float(np.mean(covered))


def timed(command: list[str], log: Path) -> float | None:
    """Run a program; return its seconds of processor time, None if it failed or took more than some minutes."""
    with log.open("w") as said:
        # bytecode is kept, as it is wherever a program runs for the second time
        quiet = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": ""}
        process = subprocess.Popen(["timeout", "400", *command], stdout=said, stderr=said, env=quiet)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return None if process.returncode else used.ru_utime + used.ru_stime


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--python", default=".venv-bench-files/bin/python", help="that has the peers")
    parser.add_argument("--series", type=int, default=12, help="of each file, at most")
    given = parser.parse_args(None if arguments is None else list(arguments))
    print("| data | tool | lines | seconds | sMAPE | coverage % |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="taosanode-bench-") as folder:
        for at, case in enumerate(cases(given.data, given.series)):
            source = Path(folder) / f"{at}.csv"
            write(case, source)
            for place, (tool, text) in enumerate(TOOLS.items()):
                target = Path(folder) / f"{at}-{place}.csv"
                script = text.format(source=source, target=target, freq=case.freq, m=case.m, h=case.h)
                own = [sys.executable, "-m", "appliance", *script.split()[1:]]
                seconds = timed(own if text is OURS else [given.python, "-c", script], Path(folder) / "log")
                if seconds is None:
                    print(f"| {case.name} | {tool} | failed: {(Path(folder) / 'log').read_text()[-200:]!r} |")
                    continue
                smape, coverage = score(case, read(target))
                lines = len(script.splitlines())
                print(f"| {case.name} | {tool} | {lines} | {seconds:.1f} | {smape:.2f} | {coverage:.0f} |", flush=True)


if __name__ == "__main__":
    main()
