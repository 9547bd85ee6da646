"""Many series in one file: seconds and memory of `taosanode detect` and `taosanode forecast`, beside a plain script.

Each figure is a program of its own, from start to finished file, so reading, loading and writing count. The peer is
what one would write by hand with the same reader: duckdb into numpy, and for each series quartiles by numpy. Both write
the same columns, and what is in them is compared; they run in turn, and medians are told. The load is what the machine
had to do besides. Run: ``make bench-files`` or ``python -m benchmarks.bench_files``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import Process
from pathlib import Path

PROGRAM = [sys.executable, "-m", "appliance"]
TURNS = 5  # of a program and its peer, one after the other; medians are told

PEER = """
import sys, duckdb, numpy as np
source, target = sys.argv[1:]
rows = duckdb.sql(f"SELECT host, epoch_us(ts) AS t, value FROM '{source}' ORDER BY host, ts").fetchnumpy()
host, t, value = (rows[name] for name in ("host", "t", "value"))
ends = np.append(np.flatnonzero(host[1:] != host[:-1]) + 1, len(host))
found, begin = [], 0
for end in ends:
    x = value[begin:end]
    q1, q3 = np.percentile(x, [25, 75])
    bad = (x < q1 - 1.5 * (q3 - q1)) | (x > q3 + 1.5 * (q3 - q1))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bad, [0]))))
    for a, b in zip(edges[::2], edges[1::2]):
        score = np.maximum(q1 - x[a:b], x[a:b] - q3) / (q3 - q1)
        peak = int(score.argmax())
        times = (int(t[begin + row]) for row in (a, b - 1, a + peak))
        found.append((host[begin], *times, int(b - a), float(score[peak]), float(x[a + peak])))
    begin = end
with duckdb.connect() as db:
    db.execute("CREATE TABLE f (host VARCHAR, s BIGINT, e BIGINT, p BIGINT, n BIGINT, score DOUBLE, value DOUBLE)")
    columns = [list(column) for column in zip(*found)]
    db.execute(f"INSERT INTO f SELECT {', '.join(['unnest(?)'] * 7)}", columns)
    stamps = (f'make_timestamp({cell}) AS "{name}"' for cell, name in (("s", "start"), ("e", "end"), ("p", "peak")))
    select = f"SELECT host, {', '.join(stamps)}, n AS rows, score, value FROM f"
    db.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=10_000, help="series for the detector, 500 rows each")
    parser.add_argument("--arima", type=int, default=200, help="series for automatic ARIMA, 240 rows each")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="taosanode-bench-") as folder:
        run(Path(folder), given.series, given.arima)


def run(folder: Path, many: int, few: int) -> None:
    hosts, mixed, pumps = (folder / f"{name}.parquet" for name in ("hosts", "mixed", "pumps"))
    alone(make, folder, many, few)
    warm = [*PROGRAM, "detect", str(pumps), "--by", "host", "--out", str(folder / "warm.csv")]
    subprocess.run(warm, capture_output=True, check=False)  # kernels compiled, libraries in memory

    print(f"{os.cpu_count()} cores, of which {free_cores():.1f} are free; load {os.getloadavg()[0]:.1f}\n")
    timed("loading all algorithms: taosanode list", [*PROGRAM, "list", "--json"])
    print(f"\niqr on {many} series of 500 rows, from Parquet to Parquet")
    detect = [*PROGRAM, "detect", "--algo", "iqr,wncheck=0", "--by", "host", "--out", str(folder / "out.parquet")]
    by_hand = [sys.executable, "-c", PEER, str(hosts), str(folder / "peer.parquet")]
    own = [[*detect, str(hosts), "--threads", str(threads)] for threads in (1, 2)]
    in_turn = list(zip(*([run_once(command) for command in (by_hand, *own)] for _ in range(TURNS)), strict=True))
    peer, *ours = ([statistics.median(column) for column in zip(*runs, strict=True)] for runs in in_turn)
    show("duckdb and numpy by hand", *peer)
    for threads, each in enumerate(ours, start=1):
        show(f"taosanode detect, {threads} threads", *each)
        print(f"{'':40}{peer[0] / each[0]:.2f} x as fast as by hand, {peer[1] / each[1]:.2f} x in processor time")
    alone(compare, folder / "peer.parquet", folder / "out.parquet")
    timed("the same, rows of all series mixed", [*detect, str(mixed)])
    timed("the same, a line for each row", [*detect, str(hosts), "--flags"])

    print(f"\nautomatic ARIMA on {few} series of 240 rows, period 24")
    forecast = [*PROGRAM, "forecast", "--algo", "arima,period=24", "--by", "host", "--out", str(folder / "ahead.csv")]
    single, _ = timed("one thread", [*forecast, str(pumps), "--threads", "1"])
    both, _ = timed("two threads", [*forecast, str(pumps), "--threads", "2"])
    halves = [[*forecast[:-1], str(folder / f"{half}.csv"), str(folder / f"pumps{half}.parquet")] for half in (0, 1)]
    begin = time.perf_counter()
    processes = [subprocess.Popen([*half, "--threads", "1"], stderr=subprocess.DEVNULL) for half in halves]
    for process in processes:
        process.wait()
    apart = time.perf_counter() - begin
    print(f"{'two processes, half of the series each':40}{apart:6.1f} s")
    print(f"threads {single / both:.2f} x, processes {single / apart:.2f} x; {free_cores():.1f} cores were free")


def make(folder: Path, many: int, few: int) -> None:
    """Write the files: a season, noise and a few outliers."""
    import duckdb

    with duckdb.connect() as db:
        db.execute("SELECT setseed(0.5)")
        db.execute(
            "CREATE TABLE hosts AS SELECT 'host-' || i AS host, make_timestamp_ms(1700000000000 + j * 60000) AS ts, "
            "100 + 10 * sin(j / 20.0) + random() + CASE WHEN random() < 0.003 THEN 50 ELSE 0 END AS value "
            f"FROM range({many}) AS a(i), range(500) AS b(j)"
        )
        db.execute(f"COPY (FROM hosts ORDER BY host, ts) TO '{folder}/hosts.parquet'")
        db.execute(f"COPY (FROM hosts ORDER BY ts, hash(host)) TO '{folder}/mixed.parquet'")
        db.execute(
            "CREATE TABLE pumps AS SELECT i, 'pump-' || i AS host, make_timestamp_ms(1700000000000 + j * 3600000) "
            "AS ts, 100 + 10 * sin(j * pi() / 12) + 3 * random() + j * 0.05 AS value "
            f"FROM range({few}) AS a(i), range(240) AS b(j)"
        )
        for name, which in (("pumps", "true"), ("pumps0", "i % 2 = 0"), ("pumps1", "i % 2 = 1")):
            select = f"SELECT * EXCLUDE i FROM pumps WHERE {which} ORDER BY host, ts"
            db.execute(f"COPY ({select}) TO '{folder}/{name}.parquet'")


def compare(one: Path, other: Path) -> None:
    """Hold two files of windows against each other: the same ones, and scores that differ by rounding alone."""
    import duckdb

    window = 'host, start, "end", peak, rows'
    both = f"'{one}' AS a FULL JOIN '{other}' AS b USING ({window})"
    alike = "abs(a.score - b.score) <= 1e-9 * b.score AND a.value = b.value"
    (different,) = duckdb.sql(f"SELECT count(*) FROM {both} WHERE ({alike}) IS NOT TRUE").fetchall()[0]
    if different:
        raise SystemExit(f"{different} windows of {one} and {other} differ")


def alone(work: Callable[..., None], *given: object) -> None:
    """Do some work in a process of its own: memory of this one would count as that of those it starts."""
    worker = Process(target=work, args=given)
    worker.start()
    worker.join()
    if worker.exitcode:
        raise SystemExit(worker.exitcode)


def timed(name: str, command: list[str]) -> tuple[float, float]:
    """Print what a program took, and return its seconds and CPU seconds."""
    seconds, cpu, memory = run_once(command)
    show(name, seconds, cpu, memory)
    return seconds, cpu


def run_once(command: list[str]) -> tuple[float, float, float]:
    """Return the seconds a program took, its CPU seconds, and its largest memory in MiB."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    said = process.stderr.read().decode() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[-1]} failed: {said}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def show(name: str, seconds: float, cpu: float, memory: float) -> None:
    print(f"{name:40}{seconds:6.1f} s {cpu:6.1f} s CPU {memory:6.0f} MB")


def free_cores() -> float:
    """Return how much two busy processes get done together, in multiples of what one does alone."""
    alone, both = spin(1), spin(2)
    return 2 * alone / both


def spin(processes: int) -> float:
    busy = [Process(target=sum, args=(range(20_000_000),)) for _ in range(processes)]
    begin = time.perf_counter()
    for process in busy:
        process.start()
    for process in busy:
        process.join()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
