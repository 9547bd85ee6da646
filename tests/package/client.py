"""Requests from inside a machine's network; run with `Machine.start`, prints one JSON object.

python tests/package/client.py first ALGORITHM ROWS [OPTIONS]   milliseconds of four requests, and the last answer
python tests/package/client.py load SECONDS                     requests without a pause, until SIGTERM or so long: how
                                                                many, and what failed
"""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import sys
import threading
import time
from typing import Any

ADDRESS = ("127.0.0.1", 6090)
CLIENTS = 4  # threads of `load`
FORECASTERS = ("auto", "holtwinters", "arima", "zero", "tdtsfm_1", "timemoe-fc")


def main() -> None:
    """Do what the command line says."""
    what, *rest = sys.argv[1:]
    result = first(rest[0], int(rest[1]), *rest[2:]) if what == "first" else load(float(rest[0]))
    sys.stdout.write(json.dumps(result))


def first(algo: str, rows: int, options: str = "") -> dict[str, Any]:
    """Time the first requests of a connection each."""
    path, body = request(algo, rows, options)
    took, answer = [], {}
    for _ in range(4):
        start = time.perf_counter()
        answer = post(path, body)
        took.append(1000 * (time.perf_counter() - start))
    return {"ms": took, "answer": answer}


def load(seconds: float) -> dict[str, Any]:
    """Keep the node busy from some threads, each request on a connection of its own."""
    done, failed, until = [0] * CLIENTS, [], time.monotonic() + seconds
    enough = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: enough.set())

    def ask(which: int) -> None:
        path, body = request("iqr", 200 + which)
        while not enough.is_set() and time.monotonic() < until:
            try:
                answer = post(path, body)
                if answer["rows"] < 0:
                    failed.append(answer["msg"])
            except (OSError, http.client.HTTPException, ValueError) as error:
                failed.append(repr(error))
            done[which] += 1

    threads = [threading.Thread(target=ask, args=(which,)) for which in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"requests": sum(done), "failed": failed[:10]}


def request(algo: str, rows: int, options: str = "") -> tuple[str, bytes]:
    """Return path and body of a request about a series with a season, a trend and one outlier."""
    values = [round(20 + 0.05 * i + (i % 12) / 3 + (i * i % 7) / 10, 6) for i in range(rows)]
    values[rows // 2] += 40
    told: dict[str, Any] = {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [[1_700_000_000_000 + 1000 * i for i in range(rows)], values],
        "algo": algo,
        "option": f"algo={algo}{options and ','}{options}",
        "wncheck": 0,
        "prec": "ms",
        "rows": rows,
        "protocol": 1.0,
    }
    if algo not in FORECASTERS:
        return "/anomaly-detect", json.dumps(told).encode()
    ahead = {
        "forecast_rows": 10,
        "return_conf": 1,
        "conf": 0.95,
        "every": 1000,
        "start": 1_700_000_000_000 + 1000 * rows,
    }
    return "/forecast", json.dumps({**told, **ahead}).encode()


def post(path: str, body: bytes) -> dict[str, Any]:
    """Ask once."""
    with contextlib.closing(http.client.HTTPConnection(*ADDRESS, timeout=30)) as client:
        client.request("POST", path, body, {"Content-Type": "application/json;charset=UTF-8"})
        answer: dict[str, Any] = json.loads(client.getresponse().read())
    return answer


if __name__ == "__main__":
    main()
