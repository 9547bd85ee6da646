from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.numerics.structural import smooth_season
from tests.kernels.numerics.dense import FULL, Mask, conditional, covariance, log_likelihood, model, with_gaps

STEP, STRENGTH = 0.1, 0.7


def smoothed(y: Series, observed: Mask, m: int, parts: Series = FULL, step: float = STEP) -> tuple[Series, Series]:
    value, spread = np.empty(len(y)), np.empty(len(y))
    smooth_season(y, observed, m, parts, step, STRENGTH, value, spread)
    return value, spread


@pytest.mark.parametrize(("n", "m"), [(12, 0), (50, 0), (30, 2), (50, 7), (9, 4), (60, 50)])
@pytest.mark.parametrize("step", [0.0, STEP])
def test_mean_variance_and_likelihood_are_those_of_the_dense_normal_distribution(n: int, m: int, step: float) -> None:
    y, observed = with_gaps(n, 0.4, seed=n + m)
    total = covariance(n, m, FULL, step, STRENGTH)
    mean, variance = conditional(y, observed, total)
    value, spread = np.empty(n), np.empty(n)
    found = smooth_season(y, observed, m, FULL, step, STRENGTH, value, spread)
    np.testing.assert_allclose(value[~observed], mean, atol=1e-9)
    np.testing.assert_allclose(spread[~observed], variance, atol=1e-9)
    np.testing.assert_allclose(found, log_likelihood(y, observed, total), rtol=1e-9)


def test_what_is_observed_stays_and_has_no_variance() -> None:
    y, observed = with_gaps(40, 0.4, seed=1)
    value, spread = smoothed(y, observed, 5)
    np.testing.assert_array_equal(value[observed], y[observed])
    assert np.all(spread[observed] == 0.0)
    assert np.all(spread[~observed] > FULL[3])  # the noise is not to be known


def test_variance_grows_into_a_gap() -> None:
    y, _ = with_gaps(80, 0.0, seed=2)
    observed = np.ones(80, dtype=bool)
    observed[30:50] = False
    _, spread = smoothed(y, observed, 0, model(level=0.5, noise=0.3, phi=1.0))
    assert np.all(np.diff(spread[30:40]) > 0.0)
    assert np.all(np.diff(spread[40:50]) < 0.0)


def test_a_phase_never_seen_is_filled_with_a_large_variance() -> None:
    y, observed = with_gaps(40, 0.0, seed=3)
    observed[3::8] = False
    value, spread = smoothed(y, observed, 8)
    assert np.all(np.isfinite(value))
    assert np.all(spread[3::8] > STRENGTH / 2)


def test_time_turned_round_gives_the_same_values_where_nothing_starts() -> None:
    parts = model(level=0.4, noise=0.2, deviation=0.3, rho=0.7, phi=1.0)
    y, observed = with_gaps(48, 0.3, seed=4)
    observed[-1] = True
    value, spread = smoothed(y, observed, 6, parts, step=0.0)
    back, spread_back = smoothed(y[::-1].copy(), observed[::-1].copy(), 6, parts, step=0.0)
    np.testing.assert_allclose(back[::-1], value, atol=1e-9)
    np.testing.assert_allclose(spread_back[::-1], spread, atol=1e-9)
