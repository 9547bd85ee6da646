"""What `make soak` concludes from what it saw; the run itself takes an hour."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from appliance.host.settings import Settings
from benchmarks.soak.clients import Ledger, Lost
from benchmarks.soak.measure import EVERY_S, WARM_UP_S, Sample, slope
from benchmarks.soak.questions import Question, application, verdict
from benchmarks.soak.report import UNEXPLAINED, cause, failed, lines
from benchmarks.soak.troubles import KILLED_MASTER, KILLED_WORKER, Event

LISTING = b'{"details": [{"type": "forecast", "algo": [{"name": "timemoe-fc", "status": "READY"}]}]}'


def samples(per_hour: float, processes: int = 4, seconds: float = 1800.0, noise: float = 1.0) -> list[Sample]:
    """Workers, each with a level of its own, that grow alike and whose memory fluctuates."""
    rng = np.random.default_rng(3)
    found = []
    for pid in range(processes):
        times = np.arange(0, seconds, EVERY_S)
        value = 1000 * pid + per_hour * times / 3600 + noise * rng.normal(size=len(times))
        value += 500 * (times < WARM_UP_S)  # what it does while it is young does not count
        found += [Sample(900 * pid + t, pid, "worker", t, v, 7) for t, v in zip(times, value, strict=True)]
    return found


def test_a_leak_is_found_whatever_the_levels_of_the_processes() -> None:
    found = slope(samples(per_hour=10.0), "worker", "memory")
    assert found.per_hour == pytest.approx(10.0, abs=4 * found.error)
    assert 0 < found.error < 2
    assert found.processes == 4


def test_without_a_leak_the_slope_is_within_its_error() -> None:
    found = slope(samples(per_hour=0.0), "worker", "memory")
    assert abs(found.per_hour) < 3 * found.error
    assert slope(samples(per_hour=0.0), "worker", "descriptors").per_hour == 0.0


def test_processes_that_did_not_live_long_enough_give_no_slope() -> None:
    assert np.isnan(slope(samples(1.0, seconds=100.0), "worker", "memory").per_hour)
    assert np.isnan(slope(samples(1.0), "master", "memory").per_hour)


@pytest.mark.parametrize(
    ("begun", "ended", "expected"),
    [
        (9.0, 10.5, KILLED_WORKER),
        (11.0, 11.2, KILLED_WORKER),  # its connection broke a moment later
        (1.0, 9.9, UNEXPLAINED),
        (20.0, 21.0, UNEXPLAINED),
        (40.0, 41.0, KILLED_MASTER),
    ],
)
def test_a_request_is_lost_by_what_happened_meanwhile(begun: float, ended: float, expected: str) -> None:
    events = [Event(KILLED_WORKER, 10.0, 10.0), Event("clock off", 0.0, 100.0), Event(KILLED_MASTER, 40.5, 40.5)]
    assert cause(Lost("anomaly", begun, ended, "reset"), events) == expected


@pytest.mark.parametrize(
    ("kind", "got", "expected"),
    [
        ("anomaly", b'{"rows": 1}', "right"),
        ("anomaly", b'{"rows": 2}', "wrong"),
        ("anomaly", b"<html>", "wrong"),
        ("anomaly", b'{"rows": -1, "msg": "internal error: ValueError"}', "wrong"),
        ("anomaly", b'{"rows": -1, "msg": "the node is busy: the queue is full"}', "refused: busy"),
        ("anomaly", b'{"rows": -1, "msg": "failed to request the service, refused"}', "wrong"),
        ("model", b'{"rows": -1, "msg": "failed to request the service, refused"}', "refused: model server away"),
    ],
)
def test_an_answer_is_right_wrong_or_an_honest_refusal(kind: str, got: bytes, expected: str) -> None:
    assert verdict(Question(kind, "/x", b"", b'{"rows": 1}'), 200, got) == expected
    assert verdict(Question(kind, "/x", b"", b'{"rows": 1}'), 500, got) == "wrong"


def test_a_model_that_is_away_does_not_make_the_listing_wrong() -> None:
    question = Question("/list", "/list", None, LISTING)
    assert verdict(question, 200, LISTING.replace(b"READY", b"UNAVAIL")) == "right"
    assert verdict(question, 200, LISTING.replace(b"timemoe-fc", b"other")) == "wrong"


def test_the_report_counts_and_fails_where_it_must() -> None:
    ledger = Ledger(counts=Counter({("anomaly", "right"): 3, ("bad", "right"): 1}))
    assert not failed(ledger, [])
    ledger.lost.append(Lost("anomaly", 1.0, 2.0, "reset"))
    assert failed(ledger, [])
    text = "\n".join(lines(ledger, [], samples(0.0), calm_at=0.0, starts=1, minutes=1.0))
    assert "5 requests" in text
    assert "wrong answers: 0\nlost requests: 1 (unexplained: 1)" in text


def test_the_right_answers_come_from_an_application_of_today() -> None:
    assert application(Settings()).simulate_get("/status").status_code == 200
