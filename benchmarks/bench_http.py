"""The node as its clients meet it: cost of a request beside the bare parse, requests a second, `/status` under load.

Starts a node of its own on a free loopback port and stops it. Figures are medians; CPU seconds are those of all the
node's processes together, from /proc. Run: ``make bench`` or ``python -m benchmarks.bench_http``.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import threading
import time
from collections.abc import Callable

import numpy as np
import orjson
import psutil
import simdjson

from benchmarks.node import Node, body

HEADERS = {"Content-Type": "application/json;charset=UTF-8"}
POLLED, POLLED_EVERY_S = ("/status", "/metrics", "/models", "/page/refused"), 2.0  # by the page's second tab: node.js


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300, help="requests per figure")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each load phase")
    given = parser.parse_args()

    large, small = body("iqr", 40_000), body("iqr", 1_000)
    print(f"body of 40 000 rows: {len(large) / 1e6:.2f} MB")
    parse_ms = cpu_ms(lambda: bare_parse(large), 200)
    print(f"bare parse to arrays, simdjson  {parse_ms:7.3f} ms CPU")
    print(f"bare parse to arrays, orjson    {cpu_ms(lambda: with_orjson(large), 50):7.3f} ms CPU")

    with Node() as node:
        for rows, raw in ((1_000, small), (40_000, large)):
            seconds, cpu = served(node, raw, given.requests)
            ratio = f"  {cpu / parse_ms:.2f} x the bare parse" if rows == 40_000 else ""
            print(f"iqr, {rows:>6} rows  {seconds * 1e3:7.3f} ms round trip  {cpu:7.3f} ms CPU{ratio}")
        for rows, raw in ((1_000, small), (40_000, large)):
            rate, waits, errors = under_load(node, raw, clients=8, seconds=given.seconds)
            report(f"iqr {rows} rows, 8 clients", rate, waits, errors)
        for pages in (0, 2, 2, 0):
            rate, waits, errors = under_load(node, small, clients=2, seconds=given.seconds, pages=pages)
            report(f"iqr 1000 rows, 2 clients, {pages} pages that show the node", rate, waits, errors)
        heavy = body("lof", 40_000, columns=8, options="algo=lof,neighbors=20,timeout=1000")
        rate, waits, errors = under_load(node, heavy, clients=8, seconds=max(given.seconds, 20.0))
        report("lof 40000 rows x 8 columns, 8 clients", rate, waits, errors)


def bare_parse(raw: bytes) -> list[np.ndarray]:
    columns = simdjson.Parser().parse(raw)["data"]
    return [
        np.frombuffer(columns[0].as_buffer(of_type="i"), np.int64),
        np.frombuffer(columns[1].as_buffer(of_type="d")),
    ]


def with_orjson(raw: bytes) -> list[np.ndarray]:
    return [np.array(column, dtype=np.float64) for column in orjson.loads(raw)["data"]]


def cpu_ms(work: Callable[[], object], times: int) -> float:
    """Median CPU milliseconds of one call."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return statistics.median(spent) * 1e3


def served(node: Node, raw: bytes, requests: int) -> tuple[float, float]:
    """Median seconds a round trip takes, and mean CPU milliseconds the node spends on it."""
    client = http.client.HTTPConnection(*node.address)
    spent = []
    before = node_cpu(node)
    for _ in range(requests):
        begun = time.perf_counter()
        ask(client, raw)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent), (node_cpu(node) - before) * 1e3 / requests


def node_cpu(node: Node) -> float:
    master = psutil.Process(node.pid)
    return sum(sum(p.cpu_times()[:2]) for p in [master, *master.children()])


def ask(client: http.client.HTTPConnection, raw: bytes) -> dict[str, object]:
    client.request("POST", "/anomaly-detect", raw, HEADERS)
    reply: dict[str, object] = orjson.loads(client.getresponse().read())
    return reply


def under_load(
    node: Node, raw: bytes, clients: int, seconds: float, pages: int = 0
) -> tuple[float, dict[str, list[float]], int]:
    """Requests a second, the milliseconds `/status` and `/list` took meanwhile, and the number of failures.

    pages : how many pages in browsers show the node meanwhile.
    """
    end = time.monotonic() + seconds
    done, failed = [0] * clients, [0] * clients

    def load(i: int) -> None:
        client = http.client.HTTPConnection(*node.address, timeout=120)
        while time.monotonic() < end:
            failed[i] += ask(client, raw)["rows"] == -1
            done[i] += 1

    threads = [threading.Thread(target=load, args=(i,)) for i in range(clients)]
    for _ in range(pages):
        threads += [threading.Thread(target=poll, args=(node, path, end)) for path in POLLED]
    for thread in threads:
        thread.start()
    begun = time.monotonic()
    waits: dict[str, list[float]] = {"/status": [], "/list": []}
    while time.monotonic() < end:
        for path, spent in waits.items():
            asked = time.perf_counter()
            client = http.client.HTTPConnection(*node.address, timeout=30)  # as taosd: a connection each
            client.request("GET", path)
            client.getresponse().read()
            client.close()
            spent.append((time.perf_counter() - asked) * 1e3)
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - begun), waits, sum(failed)


def poll(node: Node, path: str, end: float) -> None:
    """Ask for a path as often as a page does, until `end` of the monotonic clock."""
    client = http.client.HTTPConnection(*node.address, timeout=30)
    while time.monotonic() < end:
        client.request("GET", path, headers={"Sec-Fetch-Site": "same-origin"})
        client.getresponse().read()
        time.sleep(POLLED_EVERY_S)


def report(title: str, rate: float, waits: dict[str, list[float]], failed: int) -> None:
    line = f"{title}: {rate:.1f} requests/s, {failed} refused;"
    for path, spent in waits.items():
        p50, p99 = np.percentile(spent, [50, 99])
        line += f"  {path} p50 {p50:.1f} p99 {p99:.1f} max {max(spent):.1f} ms (n={len(spent)})"
    print(line)


if __name__ == "__main__":
    main()
