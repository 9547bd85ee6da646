from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import shape
from kernels.anomaly._cycles import Cycles
from kernels.anomaly.shape import Params
from kernels.contract import BadParameter, Task, TooShort
from kernels.numerics.centring import Centred
from tests.kernels.anomaly import test_shape_views
from tests.kernels.golden import NASTY, flagged


def naive(x: np.ndarray, rows: int, stretch: int) -> np.ndarray:
    """The geometric mean of the three views of size, each in units of the usual highest distance of a stretch."""
    logs = np.zeros(len(x))
    for span, sized in ((rows, True), (2 * rows, True), (2 * rows, False)):
        distance = test_shape_views.naive(x, span, sized)
        count = len(x) // stretch
        edges = [int(len(x) * i / count) for i in range(count + 1)]
        logs += np.log(distance / np.median([distance[a:b].max() for a, b in zip(edges, edges[1:], strict=False)]))
    return np.exp(logs / 3)


def days(n: int = 1200, cycle: int = 40, seed: int = 3) -> np.ndarray:
    """Days with a peak each, in noise."""
    phase = np.arange(n) % cycle
    return np.exp(-(((phase - 20.0) / 4.0) ** 2)) * 10.0 + 0.5 * np.random.default_rng(seed).normal(size=n)


def test_the_score_equals_the_naive_mean_of_views() -> None:
    x = days(800)
    column = Centred.of(x)
    found = shape.find(column, Cycles(800, 40, 40))
    np.testing.assert_allclose(found.readings[0].score, naive(column.values, 40, 40), rtol=1e-4)


def test_a_missing_peak_is_found_and_no_usual_one() -> None:
    x = days()
    x[600:640] = 0.5 * np.random.default_rng(1).normal(size=40)
    answer = shape.detect(Task.of(x))
    rows = flagged(answer.flags)
    assert rows
    assert set(rows) <= set(range(580, 660))
    assert answer.extra["period"] == 40
    (reason,) = answer.extra["reasons"]
    assert reason["by"] == ["shape"]
    assert reason["certainty"] > 0.9


def test_a_form_of_usual_heights_is_found() -> None:
    x = days()
    x[605:635] = x[605:635][::-1] * np.tile([1.0, 0.1], 15)
    assert set(flagged(shape.detect(Task.of(x)).flags)) & set(range(600, 640))


def test_days_that_are_all_alike_seldom_have_an_anomaly() -> None:
    found = [len(shape.detect(Task.of(days(seed=seed))).extra["reasons"]) for seed in range(10)]
    assert sum(found) <= 8


def test_a_burst_without_a_cycle_is_found() -> None:
    x = np.random.default_rng(2).normal(size=1500)
    x[700:760] += 6.0 * np.sin(np.arange(60))
    rows = flagged(shape.detect(Task.of(x)).flags)
    assert rows
    assert 690 < np.mean(rows) < 770


def test_more_than_its_share_is_never_flagged() -> None:
    x = days()
    x[::7] += np.random.default_rng(3).standard_cauchy(len(x[::7]))
    one, many = (shape.detect(Task.of(x), Params(sensitivity=0.1, alarms=1000, share=share)) for share in (0.01, 0.2))
    assert len(one.extra["reasons"]) <= 2
    assert len(one.extra["reasons"]) < len(many.extra["reasons"])


def test_a_window_may_be_given() -> None:
    x = np.random.default_rng(4).normal(size=1000)
    x[500:520] += 5.0
    rows = flagged(shape.detect(Task.of(x), Params(window=20)).flags)
    assert set(rows) & set(range(500, 520))


@pytest.mark.parametrize("name", [name for name in NASTY if len(NASTY[name]) >= 64])
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    assert np.isfinite(shape.detect(Task.of(NASTY[name])).score).all()


def test_constant_and_exactly_repeating_series_have_no_anomaly() -> None:
    assert flagged(shape.detect(Task.of(np.full(100, 0.1))).flags) == []
    assert flagged(shape.detect(Task.of(np.tile(np.sin(np.arange(24.0)), 20))).flags) == []


def test_columns_are_judged_one_by_one() -> None:
    table = np.column_stack((days(), 100.0 * days()))
    table[600:640, 1] = 0.0
    answer = shape.detect(Task.of(table))
    assert [reason["column"] for reason in answer.extra["reasons"]] == ["val1"]


def test_mirrored_the_answer_stays() -> None:
    x = days()
    x[600:640] = 0.0
    answer, mirrored = shape.detect(Task.of(x)), shape.detect(Task.of(-x))
    np.testing.assert_array_equal(mirrored.flags, answer.flags)
    np.testing.assert_allclose(mirrored.score, answer.score, rtol=1e-6)


def test_refuses_63_rows_and_options_outside_their_range() -> None:
    with pytest.raises(TooShort, match="at least 64 values are needed, got 63"):
        shape.detect(Task.of(np.arange(63.0)))
    with pytest.raises(BadParameter, match="share must be in"):
        Params(share=0.6)
    with pytest.raises(BadParameter, match="sensitivity must be > 0, got 0"):
        Params(sensitivity=0)
