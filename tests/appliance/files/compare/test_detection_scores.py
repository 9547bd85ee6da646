"""The measures that detectors are compared by, beside TSB-AD's and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from appliance.files.compare.detection_scores import affiliation, interval, nab, vus_pr, window_of
from benchmarks.quality_detectors import runs_of

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "detection_scores.json").read_text())


def wave(seed: int, period: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=1500)
    return noise + 3 * np.sin(2 * np.pi * np.arange(1500) / period) if period else noise


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"window {case['window']}")
def test_volume_and_affiliation_are_those_of_tsb_ad(case: dict) -> None:
    score, events = np.array(case["score"]), [tuple(event) for event in case["events"]]
    assert vus_pr(score, events, case["window"]) == pytest.approx(case["vus_pr"], rel=1e-9)
    # TSB-AD integrates over rows, here a row stands for its middle
    flagged = runs_of(score > case["limit"])
    assert affiliation(flagged, events, case["n"]) == pytest.approx(case["affiliation"], abs=5e-4)


@pytest.mark.parametrize(("seed", "period", "expected"), GOLDEN["windows"])
def test_the_window_is_that_of_tsb_ad(seed: int, period: int, expected: int) -> None:
    assert window_of(wave(seed, period)) == expected


def test_a_perfect_ranking_has_nearly_all_of_the_volume_and_a_constant_one_little() -> None:
    score, events = np.zeros(500), [(100, 120), (300, 340)]
    for begin, end in events:
        score[begin:end] = 1.0
    assert vus_pr(score, events, 10) > 0.8
    assert vus_pr(np.zeros(500), events, 10) < 0.2


def test_affiliation_of_nothing_flagged_is_nothing_and_of_the_events_is_all() -> None:
    events = [(10, 20), (50, 52)]
    assert affiliation([], events, 100) == 0.0
    assert affiliation(events, events, 100) == pytest.approx(1.0)


def test_nab_rewards_the_first_alarm_in_a_window_and_takes_a_little_for_each_false_one() -> None:
    events, n = [(400, 500)], 1000
    early, best = nab([400], events, n)
    assert (early, best) == (pytest.approx(2.0), 2.0)
    assert nab([], events, n)[0] == 0.0
    assert nab([490], events, n)[0] < 1.4
    assert nab([400, 450, 499], events, n)[0] == early
    assert nab([400, 300], events, n)[0] == pytest.approx(early - 0.11)
    assert nab([400, 505], events, n)[0] == pytest.approx(early - 0.11 * 0.15, abs=0.002)
    assert nab([10], events, n)[0] == 0.0  # on probation


def test_the_interval_of_equal_series_is_a_point_and_of_unlike_ones_is_not() -> None:
    def share(total: np.ndarray) -> float:
        return float(total[0] / total[1])

    assert interval([np.array([1.0, 2.0])] * 5, share) == (0.5, 0.5)
    low, high = interval([np.array([0.0, 1.0]), np.array([1.0, 1.0])] * 5, share)
    assert 0.0 < low < 0.5 < high < 1.0
