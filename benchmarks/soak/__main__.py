"""Soak and chaos: mixed real requests of many clients while everything happens to the node that can happen.

Every answer is compared, byte by byte, with that of the same application in this process. In the last third of the
run no process is ended any more, so that a leak has time to show. As root the logs lie on a small disk, which fills up.
Run: ``make soak MINUTES=60`` or ``python -m benchmarks.soak --minutes 60``.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.host import settings
from benchmarks.soak import questions, report
from benchmarks.soak.clients import Client, Ledger
from benchmarks.soak.measure import Sampler
from benchmarks.soak.supervisor import Supervisor
from benchmarks.soak.troubles import ModelServer, Troubles

CALM_SHARE = 1 / 3
INI = """[uwsgi]
http = {http}
processes = 2
logto = {logs}/taosanode.log
[taosanode]
app-log = {logs}/taosanode.app.log
log-max-size = 1M
log-backups = 1
model-dir = {folder}/model
detail-types = imputation
slots = 2
[tsfm-service]
timemoe-fc = http://127.0.0.1:{model}/ds_predict
tdtsfm_1 = http://127.0.0.1:{model}/ds_predict
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--think", type=float, default=1.5, help="mean seconds between two requests of a client")
    parser.add_argument(
        "--pace", type=float, default=1.0, help="how often troubles happen; 1: a worker dies every 90 s"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C: the report is printed
    with tempfile.TemporaryDirectory(prefix="soak-") as name, _small_disk(Path(name) / "log") as disk:
        return run(given, Path(name), disk)


def run(given: argparse.Namespace, folder: Path, disk: Path | None) -> int:
    logs = disk or folder
    clock = folder / "clock"
    clock.write_bytes(bytes(8))
    shim = folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, Path(__file__).with_name("clock.c")], check=True)
    node = Supervisor(folder / "taosanode.ini", folder, {"LD_PRELOAD": str(shim), "CLOCK_OFFSET": str(clock)})
    model_port = _free_port()
    model = ModelServer(model_port)
    http = "{}:{}".format(*node.address)
    (folder / "taosanode.ini").write_text(INI.format(http=http, logs=logs, folder=folder, model=model_port))
    logging.getLogger("appliance").setLevel(logging.CRITICAL)  # refusals are what some questions are for
    asked = questions.corpus(settings.load(folder / "taosanode.ini"))
    print(f"{len(asked)} questions, a node at {http}, logs in {logs}", flush=True)
    node.start()
    ledger, sampler = Ledger(), Sampler(node)
    troubles = Troubles(node, model, disk, clock, given.seed, given.pace)
    clients = [Client(node.address, asked, ledger, number, given.think) for number in range(given.clients)]
    begun = time.monotonic()
    end = begun + 60 * given.minutes
    calm_at = end - CALM_SHARE * 60 * given.minutes
    try:
        for thread in (sampler, *clients):
            thread.start()
        troubles.start()
        while time.monotonic() < end:
            time.sleep(min(60, max(0, end - time.monotonic())))
            if time.monotonic() > calm_at:
                troubles.calm.set()
            print(
                f"{(time.monotonic() - begun) / 60:.0f} min: {dict(ledger.counts)}, lost {len(ledger.lost)}", flush=True
            )
    except (KeyboardInterrupt, SystemExit):
        print("stopped early", flush=True)
    minutes = (time.monotonic() - begun) / 60
    sampler.stop()
    troubles.stop()
    ledger.stop.set()
    for client in clients:
        client.join(200)
    left = node.left_behind()
    code = node.stop()
    model.kill()
    for line in report.lines(ledger, troubles.events, sampler.samples, calm_at, node.starts, minutes):
        print(line)
    print(f"the node stopped with code {code}, {len(left)} processes without a master were left")
    return int(report.failed(ledger, troubles.events) or code != 0 or bool(left))


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """Mount a file system of 8 MiB; None where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "soak", folder]
    if os.getuid() or subprocess.run(mount, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
