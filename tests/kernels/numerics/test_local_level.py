from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.statespace.structural import UnobservedComponents

from kernels.contract import Series
from kernels.numerics.local_level import STATES, gains, likelihood, smooth
from tests.kernels.numerics.dense import FULL, Mask, conditional, covariance, log_likelihood, model, with_gaps

MODELS = {
    "all": FULL,
    "level only": model(level=1.0, phi=1.0),
    "fixed level": model(noise=1.0, phi=1.0),
    "deviation": model(level=0.01, deviation=1.0, rho=0.95, phi=1.0, noise=0.1),
    "straight line": model(noise=0.2, phi=1.0, first_slope=2.0),
}


def smoothed(y: Series, observed: Mask, parts: Series) -> tuple[Series, Series]:
    n = len(y)
    variance, columns, value, weighted = np.empty(n), np.empty((n, STATES)), np.empty(n), np.empty(n)
    gains(observed, parts, variance, columns)
    smooth(y, observed, parts, variance, columns, value, weighted)
    return value, weighted


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("n", "share"), [(2, 0.0), (9, 0.3), (60, 0.5)])
def test_likelihood_is_that_of_the_dense_normal_distribution(name: str, n: int, share: float) -> None:
    y, observed = with_gaps(n, share, seed=n)
    expected = log_likelihood(y, observed, covariance(n, 0, MODELS[name], 0.0, 0.0))
    np.testing.assert_allclose(likelihood(y, observed, MODELS[name]), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_gaps_get_their_conditional_mean(name: str) -> None:
    y, observed = with_gaps(50, 0.4, seed=3)
    mean, _ = conditional(y, observed, covariance(50, 0, MODELS[name], 0.0, 0.0))
    value, _ = smoothed(y, observed, MODELS[name])
    np.testing.assert_allclose(value[~observed], mean, atol=1e-9)
    np.testing.assert_array_equal(value[observed], y[observed])


def test_weighted_values_are_a_symmetric_matrix_that_takes_constants_to_zero() -> None:
    n = 20
    _, observed = with_gaps(n, 0.3, seed=4)
    matrix = np.array([smoothed(row * observed, observed, FULL)[1] for row in np.eye(n)])
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    np.testing.assert_allclose(matrix @ observed, 0.0, atol=1e-12)
    y = np.random.default_rng(5).normal(size=n) * observed
    assert y @ matrix @ y == pytest.approx(likelihood(y, observed, FULL)[0])


def test_statsmodels_fills_the_same_values() -> None:
    y, observed = with_gaps(80, 0.4, seed=6)
    theirs = UnobservedComponents(np.where(observed, y, np.nan), "local level", autoregressive=1)
    mean = theirs.smooth([0.4, 0.3, 0.5, 0.6]).get_prediction(information_set="smoothed").predicted_mean
    ours, _ = smoothed(y, observed, model(noise=0.4, level=0.3, deviation=0.5, rho=0.6, phi=1.0))
    np.testing.assert_allclose(ours[~observed], mean[~observed], atol=1e-5)  # their first level has variance 1e6
