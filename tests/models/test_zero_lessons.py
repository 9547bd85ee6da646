from __future__ import annotations

import numpy as np

from kernels.forecast._zero_features import OF_SERIES, OF_STEP, features
from models import _zero_lessons, _zero_prior
from models._zero_lessons import STEPS, lessons
from models._zero_prior_families import FAMILIES


def test_lessons_are_complete() -> None:
    made = lessons(np.random.default_rng(0), 300)
    assert len(made) == 300
    assert made.series.shape == (300, OF_SERIES)
    assert made.step.shape == (300, STEPS, OF_STEP)
    for values in (made.series, made.step, made.wanted):
        assert np.isfinite(values).all()
    assert np.abs(made.wanted).max() <= _zero_lessons.FURTHEST_OFF
    assert set(made.family) <= set(range(len(FAMILIES)))


def test_what_is_wanted_is_what_came_after() -> None:
    drawn = next(_zero_prior.draw(np.random.default_rng(1), 1))
    made = lessons(np.random.default_rng(2), 1)
    assert _zero_lessons._fill(np.random.default_rng(3), made, 0, drawn.values, drawn)
    ahead = np.arange(1, len(drawn.values) - drawn.rows + 1)
    series, step = np.empty(OF_SERIES), np.empty((len(ahead), OF_STEP))
    base, unit = np.empty(len(ahead)), np.empty(len(ahead))
    assert features(drawn.values[: drawn.rows], drawn.period, drawn.second, ahead, series, step, base, unit)
    answers = ((drawn.values[drawn.rows :] - base) / unit).astype(np.float32)
    np.testing.assert_array_equal(made.series[0], series.astype(np.float32))
    for at in range(STEPS):
        row = np.flatnonzero((step.astype(np.float32) == made.step[0, at]).all(1))
        assert np.isclose(answers[row], made.wanted[0, at]).any()


def test_a_constant_past_teaches_nothing() -> None:
    made = lessons(np.random.default_rng(2), 1)
    drawn = _zero_prior.Drawn(np.full(20, 3.0), 10, 0, 0, 0)
    assert not _zero_lessons._fill(np.random.default_rng(0), made, 0, drawn.values, drawn)


def test_some_positive_series_are_learnt_in_the_logarithm_too() -> None:
    drawn = _zero_prior.Drawn(np.arange(1.0, 21.0), 10, 0, 0, 0)
    views = [len(_zero_lessons._views(np.random.default_rng(seed), drawn)) for seed in range(200)]
    assert 0.35 < np.mean(np.array(views) == 2) < 0.65
    negative = _zero_prior.Drawn(np.arange(20.0), 10, 0, 0, 0)
    assert all(len(_zero_lessons._views(np.random.default_rng(seed), negative)) == 1 for seed in range(20))


def test_a_seed_gives_the_same_lessons() -> None:
    first, other = (lessons(np.random.default_rng(7), 40) for _ in range(2))
    np.testing.assert_array_equal(first.step, other.step)
    np.testing.assert_array_equal(first.wanted, other.wanted)
