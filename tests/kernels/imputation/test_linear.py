from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.imputation.linear import fill
from tests.kernels.golden import NASTY
from tests.kernels.numerics.dense import Mask


def naive(values: Series, observed: Mask) -> tuple[Series, Series]:
    value, error = values.copy(), np.zeros(len(values))
    at = [t for t in range(len(values)) if observed[t]]
    changes = [(values[b] - values[a]) ** 2 / (b - a) for a, b in zip(at, at[1:], strict=False)]
    step = sum(changes) / len(changes) if changes else 0.0
    for t in range(len(values)):
        if observed[t]:
            continue
        before = [a for a in at if a < t]
        after = [a for a in at if a > t]
        if before and after:
            a, b = before[-1], after[0]
            value[t] = values[a] + (values[b] - values[a]) * (t - a) / (b - a)
            error[t] = np.sqrt(step * (t - a) * (b - t) / (b - a))
        else:
            nearest = before[-1] if before else after[0]
            value[t], error[t] = values[nearest], np.sqrt(step * abs(t - nearest))
    return value, error


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [5, 40, 200])
def test_values_and_errors_are_those_of_the_formula(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    values, observed = rng.normal(size=n), rng.random(n) > share
    observed[n // 2] = True
    for found, expected in zip(fill(values, observed), naive(values, observed), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_errors_cover_a_random_walk() -> None:
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.normal(size=4000))
    observed = rng.random(4000) > 0.4
    observed[[0, -1]] = True
    value, error = fill(walk, observed)
    inside = np.abs(value - walk)[~observed] <= 1.96 * error[~observed]
    assert 0.93 < np.mean(inside) < 0.97


def test_what_is_observed_stays() -> None:
    values, observed = np.array([1.0, 9.0, 3.0, 9.0, 0.1]), np.array([True, False, True, False, True])
    value, error = fill(values, observed)
    np.testing.assert_array_equal(value, [1.0, 2.0, 3.0, 1.55, 0.1])
    np.testing.assert_array_equal(error[observed], 0.0)


def test_one_observation_is_repeated() -> None:
    value, error = fill(np.array([5.0, 2.0, 5.0]), np.array([False, True, False]))
    np.testing.assert_array_equal(value, 2.0)
    np.testing.assert_array_equal(error, 0.0)


@pytest.mark.parametrize("name", NASTY)
def test_nasty_series_stay_finite(name: str) -> None:
    values = NASTY[name]
    value, error = fill(values, np.arange(len(values)) % 3 != 1)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(error))
    assert np.all(error >= 0.0)
