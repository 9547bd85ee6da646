from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm
from sklearn import metrics

from appliance.files.compare import scores

RNG = np.random.default_rng(11)
MARKS = arrays(np.bool_, st.integers(1, 60))


def naive_scale(history: list[float], season: int) -> float:
    errors = [abs(history[t] - history[t - season]) for t in range(season, len(history))]
    return sum(errors) / len(errors)


def naive_events(marks: list[bool], others: list[bool]) -> tuple[int, int]:
    touched = events = 0
    hit = False
    for row, mark in enumerate([*marks, False]):
        if mark:
            hit |= others[row]
        elif row > 0 and marks[row - 1]:
            events += 1
            touched += hit
            hit = False
    return touched, events


@pytest.mark.parametrize("season", [1, 7, 24])
def test_the_scale_is_the_error_of_the_seasonal_naive_forecast(season: int) -> None:
    history = RNG.normal(size=100).cumsum()
    assert scores.scale(history, season) == pytest.approx(naive_scale(history.tolist(), season), rel=1e-12)


@pytest.mark.parametrize("history", [np.ones(20), np.arange(3.0), np.tile([1.0, 5.0, 2.0], 5)])
def test_a_history_that_repeats_itself_has_no_scale(history: np.ndarray) -> None:
    assert math.isnan(scores.scale(history, 3))


def test_smape_is_the_mean_of_the_shares() -> None:
    actual, forecast = [1.0, -2.0, 0.0, 0.0, 4.0], [2.0, -2.0, 0.0, 3.0, -4.0]
    shares = [
        0.0 if a == f == 0 else 200 * abs(a - f) / (abs(a) + abs(f)) for a, f in zip(actual, forecast, strict=True)
    ]
    assert scores.smape(np.array(actual), np.array(forecast)) == pytest.approx(sum(shares) / 5, rel=1e-12)


def test_the_interval_score_adds_width_and_penalties() -> None:
    actual, low, high = np.array([0.0, 5.0, -3.0]), np.array([-1.0, 0.0, -2.0]), np.array([1.0, 4.0, 2.0])
    assert scores.interval_score(actual, low, high, 0.9) == pytest.approx((2 + (4 + 20 * 1) + (4 + 20 * 1)) / 3)
    assert math.isnan(scores.interval_score(actual, low, high, 1.0))


def test_no_interval_scores_better_than_the_true_quantiles() -> None:
    actual = RNG.normal(size=100_000)

    def score(half: float) -> float:
        return scores.interval_score(actual, np.full(len(actual), -half), np.full(len(actual), half), 0.8)

    assert score(norm.ppf(0.9)) == min(score(norm.ppf(0.9) + wrong) for wrong in (-0.3, -0.1, 0.0, 0.1, 0.3))


def test_the_seasonal_naive_forecast_repeats_the_last_season() -> None:
    history = RNG.normal(size=50)
    value, low, high = scores.seasonal_naive(history, 17, 7, 0.95)
    deviation = math.sqrt(sum((history[t] - history[t - 7]) ** 2 for t in range(7, 50)) / 43)
    for h in range(1, 18):
        k = (h - 1) // 7
        assert value[h - 1] == history[50 + h - 1 - 7 * (k + 1)]
        half = norm.ppf(0.975) * deviation * math.sqrt(k + 1)
        assert (low[h - 1], high[h - 1]) == pytest.approx((value[h - 1] - half, value[h - 1] + half), rel=1e-12)
    assert np.isfinite(scores.seasonal_naive(history, 3, 1, 1.0)).all()


def test_the_naive_interval_covers_what_it_promises_of_a_random_walk() -> None:
    walks = RNG.normal(size=(2000, 210)).cumsum(axis=1)
    inside = []
    for walk in walks:
        _, low, high = scores.seasonal_naive(walk[:200], 10, 1, 0.8)
        inside.append((low <= walk[200:]) & (walk[200:] <= high))
    assert np.mean(inside, axis=0) == pytest.approx(np.full(10, 0.8), abs=0.03)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(arrays(np.bool_, n), arrays(np.bool_, n))))
def test_hits_are_those_of_an_independent_implementation(marks: tuple[np.ndarray, np.ndarray]) -> None:
    flagged, truth = marks
    hits = scores.Hits()
    hits.add(flagged, truth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [
            metric(truth, flagged, zero_division=np.nan)
            for metric in (metrics.precision_score, metrics.recall_score, metrics.f1_score)
        ]
    assert hits.by_row() == pytest.approx(tuple(expected), nan_ok=True)
    right, windows = naive_events(flagged.tolist(), truth.tolist())
    found, events = naive_events(truth.tolist(), flagged.tolist())
    precision, recall, f1 = hits.by_event()
    assert precision == pytest.approx(right / windows if windows else math.nan, nan_ok=True)
    assert recall == pytest.approx(found / events if events else math.nan, nan_ok=True)
    if windows and events:
        total = precision + recall
        assert f1 == pytest.approx(2 * precision * recall / total if total else 0.0)
    else:
        assert f1 == 0.0 if windows or events else math.isnan(f1)


def test_counts_add_up_over_series() -> None:
    hits = scores.Hits()
    hits.add(np.array([True, True, False]), np.array([False, True, True]))
    hits.add(np.array([False, False]), np.array([True, False]))
    assert hits == scores.Hits(1, 2, 3, 1, 1, 1, 2)


@given(MARKS)
def test_runs_cover_exactly_the_marks(marks: np.ndarray) -> None:
    begin, end = scores.runs(marks)
    rebuilt = np.zeros(len(marks), bool)
    for first, after in zip(begin, end, strict=True):
        rebuilt[first:after] = True
    assert (rebuilt == marks).all()
    assert (begin[1:] > end[:-1]).all()
