"""A tour of the node on real series: starts one on a free port, asks it everything it can do, draws, stops.

Run: ``make demo``. Plots go to .demo/.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.node import Node

DATA = Path(__file__).parent / "data"
SERVERS = {"ec2_cpu_24ae8d": "CPU of a server (%)", "rds_cpu_cc0c53": "CPU of a database server (%)"}
OPTIONS = {"shesd": "period=288", "arima": "period=12", "holtwinters": "period=12,trend=auto,seasonal=auto"}
HELD_OUT = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(".demo"), help="folder for the plots")
    out: Path = parser.parse_args().out
    out.mkdir(exist_ok=True)
    with Node() as node:
        host, port = node.address
        print(f"a node answers at http://{host}:{port}")
        forecasters, detectors = (
            [entry["name"] for entry in detail["algo"]] for detail in get(node, "/list")["details"][:2]
        )
        for name, title in SERVERS.items():
            detect(node, name, title, detectors, out)
        forecast(node, forecasters, out)
    print(f"\nplots: {', '.join(str(path) for path in sorted(out.glob('*.png')))}")


def read(name: str) -> dict[str, np.ndarray]:
    with (DATA / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}


def get(node: Node, path: str) -> Any:
    client = http.client.HTTPConnection(*node.address, timeout=30)
    client.request("GET", path)
    return json.loads(client.getresponse().read())


def post(node: Node, path: str, times: np.ndarray, values: np.ndarray, algo: str, **more: Any) -> tuple[Any, float]:
    """Ask as taosd does; return the answer and the milliseconds it took."""
    request = {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [times.astype(int).tolist(), values.tolist()],
        "algo": algo,
        "option": ",".join(filter(None, [f"algo={algo}", OPTIONS.get(algo)])),
        "prec": "ms",
        "wncheck": 0,
        **more,
    }
    client = http.client.HTTPConnection(*node.address, timeout=90)
    begun = time.perf_counter()
    client.request("POST", path, json.dumps(request), {"Content-Type": "application/json"})
    answer = json.loads(client.getresponse().read())
    return answer, (time.perf_counter() - begun) * 1e3


def when(ms: float, form: str = "%Y-%m-%d %H:%M") -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime(form)


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags, [0]))))
    return list(zip(edges[::2], edges[1::2] - 1, strict=True))


def detect(node: Node, name: str, title: str, detectors: list[str], out: Path) -> None:
    series = read(name)
    labelled = runs(series["label"])
    print(f"\n{title}: {len(series['value'])} rows, {len(labelled)} labelled anomalies")
    print(f"  {'algorithm':<18} {'windows':>7} {'rows':>6} {'labelled found':>14} {'ms':>8}  longest window")
    figure, axes = plt.subplots(len(detectors), 1, figsize=(11, 1.9 * len(detectors)), sharex=True, squeeze=False)
    dates = [datetime.fromtimestamp(ms / 1000, UTC) for ms in series["ts_ms"]]
    for axis, algo in zip(axes[:, 0], detectors, strict=True):
        answer, ms = post(node, "/anomaly-detect", series["ts_ms"], series["value"], algo)
        axis.plot(dates, series["value"], color="#4477aa", linewidth=0.7)
        axis.set_ylabel(algo)
        for first, last in labelled:
            axis.axvspan(dates[first], dates[last], color="#ddaa33", alpha=0.25)
        if answer["rows"] < 0:
            print(f"  {algo:<18} {answer['msg']}")
            continue
        spans = np.array(answer["res"], dtype=float).reshape(-1, 2)
        inside = [(series["ts_ms"] >= first) & (series["ts_ms"] <= last) for first, last in spans]
        flagged = np.any(inside, axis=0) if inside else np.zeros(len(dates), bool)
        axis.plot(np.array(dates)[flagged], series["value"][flagged], ".", color="#bb5566", markersize=4)
        found = sum(bool(flagged[first : last + 1].any()) for first, last in labelled)
        longest = max(spans, key=lambda span: span[1] - span[0]) if len(spans) else None
        where = f"{when(longest[0])} .. {when(longest[1])}" if longest is not None else "-"
        print(f"  {algo:<18} {answer['rows']:>7} {flagged.sum():>6} {found:>9} of {len(labelled)} {ms:>8.1f}  {where}")
    axes[0, 0].set_title(f"{title}: flagged rows red, labelled windows yellow")
    save(figure, out / f"{name}.png")


def forecast(node: Node, forecasters: list[str], out: Path) -> None:
    series = read("air_passengers")
    times, values = series["ts_ms"], series["value"]
    known, asked = slice(0, -HELD_OUT), slice(-HELD_OUT, None)
    step = int(np.mean(np.diff(times)))
    more = {
        "forecast_rows": HELD_OUT,
        "start": int(times[asked][0]),
        "every": step,
        "conf": 0.95,
        "return_conf": 1,
    }
    print(f"\nAirline passengers (thousands a month): {len(values) - HELD_OUT} rows known, {HELD_OUT} held out")
    drawn = []
    for algo in forecasters:
        answer, ms = post(node, "/forecast", times[known], values[known], algo, **more)
        if answer["rows"] < 0:
            print(f"\n  {algo}: {answer['msg']}")
            continue
        _, value, low, high = np.array(answer["res"])
        truth = values[asked]
        error = np.mean(np.abs(value - truth) / truth) * 100
        held = int(np.sum((low <= truth) & (truth <= high)))
        model = answer.get("model_info", "")
        print(f"\n  {algo} {model}: {ms:.1f} ms, mean error {error:.1f} %, {held} of {HELD_OUT} inside the interval")
        print(f"  {'month':<8} {'forecast':>9} {'low':>8} {'high':>8} {'came':>6}")
        for row in zip(times[asked], value, low, high, truth, strict=True):
            print(f"  {when(row[0], '%Y-%m'):<8} {row[1]:>9.1f} {row[2]:>8.1f} {row[3]:>8.1f} {row[4]:>6.0f}")
        drawn.append((algo, value, low, high))
    if not drawn:
        return
    figure, axes = plt.subplots(len(drawn), 1, figsize=(9, 3 * len(drawn)), sharex=True, squeeze=False)
    dates = np.array([datetime.fromtimestamp(ms / 1000, UTC) for ms in times])
    for axis, (algo, value, low, high) in zip(axes[:, 0], drawn, strict=True):
        axis.plot(dates[-72:], values[-72:], color="#4477aa", label="what came")
        axis.plot(dates[asked], value, color="#bb5566", label=f"{algo}, forecast")
        axis.fill_between(dates[asked], low, high, color="#bb5566", alpha=0.2, label="95 % interval")
        axis.legend(loc="upper left")
        axis.set_ylabel("thousands")
    axes[0, 0].set_title("Airline passengers: the last twelve months, forecast from those before")
    save(figure, out / "air_passengers.png")


def save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
