from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.numerics.phases import STEPS, STRENGTHS, season_variances, smooth_phases
from tests.kernels.numerics.dense import Mask, with_gaps


def naive_covariance(n: int, m: int, step: float, strength: float) -> Series:
    total = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i % m == j % m:
                total[i, j] = strength + step * min(i // m, j // m)
    return total


def naive(x: Series, observed: Mask, m: int, noise: float, step: float, strength: float) -> tuple[Series, Series]:
    total = naive_covariance(len(x), m, step, strength)
    weights = np.linalg.solve(total[np.ix_(observed, observed)] + noise * np.eye(observed.sum()), total[observed])
    return weights.T @ x[observed], np.diag(total) - np.sum(weights * total[observed], axis=0)


@pytest.mark.parametrize(("n", "m"), [(40, 7), (41, 2), (9, 12)])
@pytest.mark.parametrize("step", [0.0, 0.3])
def test_season_and_variance_are_those_of_the_dense_normal_distribution(n: int, m: int, step: float) -> None:
    x, observed = with_gaps(n, 0.4, seed=n)
    season, spread = np.empty(n), np.empty(n)
    smooth_phases(x, observed, m, 0.5, step, 2.0, season, spread)
    expected, variance = naive(x, observed, m, 0.5, step, 2.0)
    np.testing.assert_allclose(season, expected, atol=1e-10)
    np.testing.assert_allclose(spread, variance, atol=1e-10)


def test_chosen_variances_are_the_likeliest_ones() -> None:
    n, m = 60, 5
    rng = np.random.default_rng(1)
    x = np.tile(rng.normal(size=m), n // m) + rng.normal(size=n) * 0.4
    observed = rng.random(n) > 0.3
    best, expected = np.inf, (0.0, 0.0, 0.0)
    for strength in STRENGTHS:
        for step in STEPS:
            total = naive_covariance(n, m, step, strength)[np.ix_(observed, observed)] + np.eye(observed.sum())
            noise = x[observed] @ np.linalg.solve(total, x[observed]) / observed.sum()
            misfit = observed.sum() * np.log(noise) + np.linalg.slogdet(total)[1]
            if misfit < best - 1e-9 and (strength > 0.0 or step == 0.0):
                best, expected = misfit, (noise, noise * step, noise * strength)
    np.testing.assert_allclose(season_variances(x, observed, m), expected, rtol=1e-9)


def test_noise_has_no_season() -> None:
    x, observed = with_gaps(400, 0.2, seed=2)
    noise, _, strength = season_variances(x, observed, 8)
    assert strength <= 0.1 * noise


def test_a_season_that_repeats_has_no_step() -> None:
    x = np.tile(np.arange(6.0), 30) + np.random.default_rng(3).normal(size=180) * 0.1
    _, step, strength = season_variances(x, np.ones(180, dtype=bool), 6)
    assert step == 0.0
    assert strength > 1.0


def test_all_zero_and_exact_seasons_stay_finite() -> None:
    for x in (np.zeros(40), np.tile(np.arange(5.0), 8)):
        noise, step, strength = season_variances(x, np.ones(40, dtype=bool), 5)
        season, spread = np.empty(40), np.empty(40)
        smooth_phases(x, np.ones(40, dtype=bool), 5, noise, step, strength, season, spread)
        np.testing.assert_allclose(season, x, atol=1e-5)
        assert np.all(np.isfinite(spread))
