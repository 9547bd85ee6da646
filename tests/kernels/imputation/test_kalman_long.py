from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.imputation._kalman_long import smooth_long_season
from kernels.numerics.local_level import NOISE
from tests.kernels.numerics.dense import FULL, Mask, conditional, covariance, model, with_gaps

MODELS = {"all": FULL, "wandering": model(level=1.0, noise=1e-3, phi=1.0)}


def smoothed(y: Series, observed: Mask, m: int, parts: Series, step: float, strength: float) -> tuple[Series, Series]:
    value, spread = np.empty(len(y)), np.empty(len(y))
    smooth_long_season(y, observed, m, parts, parts[NOISE], step, strength, value, spread)
    return value, spread


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("step", [0.0, 0.1])
@pytest.mark.parametrize("strength", [1e-3, 1.0, 100.0])
def test_gaps_get_their_conditional_mean(name: str, step: float, strength: float) -> None:
    n, m = 90, 12
    y, observed = with_gaps(n, 0.4, seed=1)
    y *= np.sqrt(strength)
    mean, _ = conditional(y, observed, covariance(n, m, MODELS[name], step, strength, sum_to_zero=False))
    value, _ = smoothed(y, observed, m, MODELS[name], step, strength)
    np.testing.assert_allclose(value[~observed], mean, atol=2e-3 * np.std(y))
    np.testing.assert_array_equal(value[observed], y[observed])


def test_the_variance_is_about_that_of_all_parts_together() -> None:
    n, m = 240, 12
    y, observed = with_gaps(n, 0.4, seed=2)
    _, variance = conditional(y, observed, covariance(n, m, FULL, 0.01, 0.7, sum_to_zero=False))
    _, spread = smoothed(y, observed, m, FULL, 0.01, 0.7)
    ratio = spread[~observed] / variance
    assert np.all((ratio > 0.8) & (ratio < 1.4))
    assert np.all(spread[observed] == 0.0)


def test_a_flat_series_stays_flat() -> None:
    _, observed = with_gaps(60, 0.4, seed=3)
    value, _ = smoothed(np.where(observed, 3.0, 0.0), observed, 7, FULL, 0.1, 0.7)
    np.testing.assert_allclose(value, 3.0, atol=1e-12)
