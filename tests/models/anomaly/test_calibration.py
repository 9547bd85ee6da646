from __future__ import annotations

import numpy as np
import pytest

from models.anomaly import _calibration


def log_normal(rows: int, seed: int = 0) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).normal(0.0, 0.3, rows))


@pytest.mark.parametrize("rows", [64, 300, 3000])
def test_one_long_anomaly_hardly_raises_the_threshold(rows: int) -> None:
    errors = log_normal(rows)
    spoilt = errors.copy()
    spoilt[rows // 2 : rows // 2 + rows // 12] = 50.0
    for rhythmic in (False, True):
        assert _calibration.threshold(spoilt, 32, rhythmic) < 2.0 * _calibration.threshold(errors, 32, rhythmic)


def test_many_anomalies_among_equal_stretches_stay_beyond_the_threshold() -> None:
    errors = np.exp(np.random.default_rng(1).normal(0.0, 0.05, 3200))
    errors[::192] = 5.0  # a sixth of the stretches
    assert _calibration.threshold(errors, 32, rhythmic=True) < 5.0 < _calibration.threshold(errors, 32, rhythmic=False)


def test_no_error_gives_the_floor() -> None:
    assert _calibration.threshold(np.zeros(64), 32, rhythmic=False) == _calibration.FLOOR


def test_an_error_twice_as_large_gives_a_threshold_twice_as_large() -> None:
    errors = log_normal(1000)
    once, twice = (_calibration.threshold(size * errors, 32, rhythmic=True) for size in (1.0, 2.0))
    assert twice == pytest.approx(2.0 * once)


def test_of_more_than_a_tenth_of_the_rows_the_strongest_runs_are_flagged() -> None:
    score = np.ones(40)
    score[[3, 4]], score[[10, 11]], score[[20, 21, 22]] = 5.0, 7.0, 3.0
    assert np.flatnonzero(_calibration.flags(score, 2.0) < 0).tolist() == [3, 4, 10, 11]
