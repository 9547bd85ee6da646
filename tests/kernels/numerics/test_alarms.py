from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy import stats

from kernels.numerics.alarms import Bounds, maxima


def naive_maxima(score: np.ndarray, rows: int) -> list[float]:
    count = max(1, len(score) // rows)
    edges = [int(len(score) * i / count) for i in range(count + 1)]
    return [max(score[begin:end]) for begin, end in zip(edges, edges[1:], strict=False)]


@pytest.mark.parametrize(("n", "rows"), [(100, 10), (103, 10), (9, 10), (1000, 64)])
def test_maxima_are_those_of_stretches_of_about_equal_length(n: int, rows: int) -> None:
    score = np.random.default_rng(n).random(n)
    assert maxima(score, rows).tolist() == naive_maxima(score, rows)


def test_bounds_equal_the_formulas() -> None:
    score = np.random.default_rng(1).lognormal(size=64 * 50)
    logs = np.log(naive_maxima(score, 64))
    below, centre, low, high = np.quantile(logs, (0.15, 0.5, 0.5, 0.9))
    bounds = Bounds.of(score, 64)
    assert bounds.usual(3.0) == pytest.approx(exp(centre + 3.0 * (centre - below) / -stats.norm.ppf(0.15)))
    decay = (high - low) / log(5.0)
    assert bounds.tail(0.5) == pytest.approx(exp(high + decay * log(0.1 * 50 / 2.0)))


def test_few_stretches_have_their_tail_measured_further_in() -> None:
    score = np.random.default_rng(2).lognormal(size=64 * 20)
    logs = np.log(naive_maxima(score, 64))
    low, high = np.quantile(logs, (0.25, 0.75))
    assert Bounds.of(score, 64).tail(0.5) == pytest.approx(exp(high + (high - low) / log(3.0) * log(0.25 * 20 / 2.0)))


def test_long_series_may_have_more_alarms_and_short_ones_count_as_40_000_rows() -> None:
    rng = np.random.default_rng(3)
    short, long = (Bounds.of(rng.pareto(3.0, n) + 1.0, 20) for n in (5_000, 80_000))
    assert short.tail(0.5) == pytest.approx(exp(short.corner + short.decay * log(0.1 * 250 / 2.0)))
    assert long.tail(0.5) == pytest.approx(exp(long.corner + long.decay * log(0.1 * 4000 / 4.0)))


def test_about_as_many_rows_of_heavy_tails_pass_as_were_asked_for() -> None:
    rng = np.random.default_rng(4)
    passed = []
    for _ in range(60):
        score = rng.pareto(3.0, 40_000) + 1.0
        passed.append(int((score > Bounds.of(score, 20).tail(1.25)).sum()))
    assert 2.0 < np.mean(passed) < 6.0


def test_a_few_anomalies_do_not_move_the_bounds() -> None:
    score = np.random.default_rng(5).lognormal(size=5000)
    odd = score.copy()
    odd[[100, 2000]] = 1e6
    assert Bounds.of(odd, 50).usual(3.0) == pytest.approx(Bounds.of(score, 50).usual(3.0), rel=0.05)
    assert Bounds.of(odd, 50).tail(0.5) == pytest.approx(Bounds.of(score, 50).tail(0.5), rel=0.2)


def test_certainty_grows_with_the_score_and_ends_at_1() -> None:
    bounds = Bounds.of(np.random.default_rng(6).lognormal(size=5000), 50)
    certain = [bounds.certainty(score) for score in (1e-300, 1.0, 10.0, 30.0, 100.0, 1e300)]
    assert certain == sorted(certain)
    assert certain[0] < 1e-9
    assert certain[-1] == 1.0


def test_scores_that_are_all_alike_leave_room_for_chance() -> None:
    bounds = Bounds.of(np.ones(500), 50)
    assert bounds.usual(3.0) == pytest.approx(exp(0.15))
    assert bounds.tail(0.5) >= 1.0
