from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.host.settings import Settings
from appliance.model_servers.servers import ModelServers
from appliance.node.scoreboard import Scoreboard
from appliance.node.slots import Slots
from appliance.node.state import PROCESS, State, process
from tests.appliance.fake_server import answer, closed_port, serving

NOBODY = f"http://127.0.0.1:{closed_port()}/"


def samples(state: State) -> dict[tuple[str, ...], float]:
    """Read the text with Prometheus' own parser: (name, label values ...) -> value."""
    text = "".join(f"{line}\n" for line in state.lines())
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_slots_model_servers_and_processes_are_told() -> None:
    board = Scoreboard(rows=2)
    row = board.take(board.reserve())
    status = answer('{"in_flight": 3, "queue": 2}')
    with serving(status) as busy, closing(ModelServers(Settings(tsfm={"mine": NOBODY, "busy": busy.url}))) as servers:
        servers.probe()
        found = samples(State(board, Slots(3, 5, row.slots), servers, os.getpid()))
    assert (found["taosanode_slots",], found["taosanode_queue_limit",]) == (3, 5)
    assert (found["taosanode_model_server_up", "mine"], found["taosanode_model_server_up", "busy"]) == (0, 1)
    assert (found["taosanode_model_server_in_flight", "busy"], found["taosanode_model_server_queue", "busy"]) == (3, 2)
    assert ("taosanode_model_server_queue", "mine") not in found
    assert found["taosanode_kernels_compiled",] <= found["taosanode_kernels_loaded",]
    for name, _, _ in PROCESS:
        assert found[name, "1"] > 0
        assert found[name, "master"] > 0


def test_a_process_is_told_as_psutil_sees_it() -> None:
    # not this process, in which threads of other tests end
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as other:
        assert other.stdin
        assert other.stdout
        other.stdin.write(b"ready\n")
        assert other.stdout.readline() == b"ready\n"
        found, known = process(other.pid), psutil.Process(other.pid)
        assert found["process_start_time_seconds"] == pytest.approx(known.create_time(), abs=1.1)
        assert found["process_cpu_seconds_total"] == pytest.approx(sum(known.cpu_times()[:2]), abs=1.0)
        assert found["process_virtual_memory_bytes"] == known.memory_info().vms
        assert found["process_resident_memory_bytes"] == pytest.approx(known.memory_info().rss, abs=2**20)
        assert found["process_threads"] == known.num_threads() == 1
        assert found["process_open_fds"] == known.num_fds()
        assert found["process_max_fds"] == known.rlimit(psutil.RLIMIT_NOFILE)[0]
        other.kill()


def test_a_process_that_has_ended_is_not_told() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert not Path(f"/proc/{pid}").exists()
    assert process(pid) == {}
