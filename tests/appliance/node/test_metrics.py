from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.node.metrics import BUCKETS_S, MODEL_SERVER, UNKNOWN, Metrics, Recorder, exposition
from appliance.node.scoreboard import Scoreboard

ANOMALY = "/anomaly-detect"


def samples(metrics: Metrics, board: Scoreboard | None = None) -> dict[tuple[str, ...], float]:
    """Read the text with Prometheus' own parser: (name, label values ...) -> value."""
    text = exposition(metrics, board or Scoreboard(rows=1)).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in ("counter", "gauge", "histogram")
        for sample in family.samples:
            key = (sample.name.removeprefix("taosanode_"), *sample.labels.values())
            assert key not in found
            found[key] = sample.value
    return found


def in_child(metrics: Metrics, row: int, work: Callable[[Recorder], None]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            work(metrics.recorder(row))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_request_is_counted_with_its_labels() -> None:
    metrics = Metrics(rows=1)
    metrics.recorder(0).observe(ANOMALY, "iqr", "ok", 0.004, 1000)
    found = samples(metrics)
    assert found["requests_total", ANOMALY, "iqr", "ok"] == 1
    assert found["rows_total", ANOMALY, "iqr"] == 1000
    assert found["request_seconds_sum", ANOMALY, "iqr"] == 0.004
    assert found["request_seconds_count", ANOMALY, "iqr"] == 1


def test_endpoint_without_algorithm_has_no_such_label() -> None:
    metrics = Metrics(rows=1)
    metrics.recorder(0).observe("/status", "", "ok", 0.0001, 0)
    found = samples(metrics)
    assert found["requests_total", "/status", "ok"] == 1
    assert ("rows_total", "/status") not in found


def test_buckets_are_cumulative_and_their_bounds_inclusive() -> None:
    metrics = Metrics(rows=1)
    recorder = metrics.recorder(0)
    for seconds in (0.001, 0.0011, 100.0):
        recorder.observe("/list", "", "ok", seconds, 0)
    found = samples(metrics)
    bounds = [*map(repr, BUCKETS_S), "+Inf"]
    counts = [found["request_seconds_bucket", "/list", bound] for bound in bounds]
    assert counts[0] == 1
    assert counts[1:-1] == [2] * (len(BUCKETS_S) - 1)
    assert counts[-1] == 3


def test_latency_is_that_of_all_outcomes_together() -> None:
    metrics = Metrics(rows=1)
    recorder = metrics.recorder(0)
    recorder.observe(ANOMALY, "iqr", "ok", 1.0, 10)
    recorder.observe(ANOMALY, "iqr", "refused", 2.0, 5)
    found = samples(metrics)
    assert found["request_seconds_sum", ANOMALY, "iqr"] == 3.0
    assert found["rows_total", ANOMALY, "iqr"] == 15
    assert found["requests_total", ANOMALY, "iqr", "refused"] == 1


def test_workers_are_added_up_even_killed_ones() -> None:
    metrics = Metrics(rows=2)

    def die(recorder: Recorder) -> None:
        recorder.observe(ANOMALY, UNKNOWN, "refused", 0.5, 0)
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(metrics, 0, die)
    in_child(metrics, 1, lambda recorder: recorder.observe(ANOMALY, UNKNOWN, "refused", 0.5, 0))
    in_child(metrics, 0, lambda recorder: recorder.observe(ANOMALY, UNKNOWN, "refused", 0.5, 0))
    assert samples(metrics)["requests_total", ANOMALY, UNKNOWN, "refused"] == 3


def test_threads_do_not_lose_counts() -> None:
    metrics = Metrics(rows=1)
    recorder = metrics.recorder(0)

    def work(name: str) -> None:
        for _ in range(500):
            recorder.observe(ANOMALY, "iqr", "ok", 0.5, 1)
            recorder.observe(ANOMALY, name, "ok", 0.5, 1)

    threads = [threading.Thread(target=work, args=(f"a{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = samples(metrics)
    assert found["requests_total", ANOMALY, "iqr", "ok"] == 2000
    assert [found["requests_total", ANOMALY, f"a{i}", "ok"] for i in range(4)] == [500] * 4


def test_too_many_labels_end_up_together() -> None:
    metrics = Metrics(rows=1, series=4)
    recorder = metrics.recorder(0)
    for i in range(10):
        recorder.observe(ANOMALY, f"a{i}", "ok", 0.5, 1)
    found = samples(metrics)
    assert found["requests_total", "other", UNKNOWN, "ok"] == 7
    assert found["requests_total", ANOMALY, "a2", "ok"] == 1
    again = metrics.recorder(0)
    again.observe(ANOMALY, "a11", "ok", 0.5, 1)
    assert samples(metrics)["requests_total", "other", UNKNOWN, "ok"] == 8


def test_longest_name_fits() -> None:
    metrics = Metrics(rows=1)
    metrics.recorder(0).observe("/anomaly-detect-of-a-rather-long-endpoint", "x" * 63, "refused", 0.5, 1)
    assert samples(metrics)["requests_total", "/anomaly-detect-of-a-rather-long-endpoint", "x" * 63, "refused"] == 1


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "ümlaut"])
def test_odd_names_survive_the_format(name: str) -> None:
    metrics = Metrics(rows=1)
    metrics.recorder(0).observe(ANOMALY, name, "ok", 0.5, 1)
    assert samples(metrics)["requests_total", ANOMALY, name, "ok"] == 1


def test_slots_and_queue_of_all_workers() -> None:
    board = Scoreboard(rows=4)
    for _ in range(2):
        board.take(board.reserve()).slots(2, 5)
    found = samples(Metrics(rows=1), board)
    assert (found["slots_busy",], found["queue_length",], found["workers",]) == (4, 10, 2)


def test_build_is_named() -> None:
    (key,) = (key for key in samples(Metrics(rows=1)) if key[0] == "build_info")
    assert key[1] == version("taosanode")


def test_questions_to_model_servers_are_no_requests() -> None:
    metrics = Metrics(rows=1)
    recorder = metrics.recorder(0)
    for outcome, seconds in (("ok", 0.5), ("error", 2.0)):
        recorder.observe(MODEL_SERVER, "chronos", outcome, seconds, 0)
    found = samples(metrics)
    assert found["model_server_requests_total", "chronos", "ok"] == 1
    assert found["model_server_requests_total", "chronos", "error"] == 1
    assert found["model_server_seconds_sum", "chronos"] == 2.5
    assert found["model_server_seconds_bucket", "chronos", "0.5"] == 1
    assert not [key for key in found if key[0] == "requests_total"]
