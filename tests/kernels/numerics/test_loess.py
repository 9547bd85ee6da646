from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.loess import smooth, tricube


def naive_fit(values: np.ndarray, weights: np.ndarray, span: int, at: float) -> float | None:
    """Weighted least squares over the `span` nearest places; None where all weights are 0."""
    n = len(values)
    places = np.arange(n)
    window = min(span, n)
    left = int(min(max(at - (window - 1) // 2, 0), n - window))
    nearest = places[left : left + window]
    bandwidth = max(abs(nearest - at)) + max(span - n, 0) // 2
    distance = abs(nearest - at)
    near = np.clip(1 - (distance / bandwidth) ** 3, 0, None) ** 3
    near[distance <= 0.001 * bandwidth] = 1
    near[distance > 0.999 * bandwidth] = 0
    weight = near * weights[nearest]
    if weight.sum() <= 0:
        return None
    mean = (weight * nearest).sum() / weight.sum()
    level = (weight * values[nearest]).sum() / weight.sum()
    spread = (weight * (nearest - mean) ** 2).sum()
    if np.sqrt(spread / weight.sum()) <= 0.001 * (n - 1):
        return float(level)
    return float(level + (weight * (nearest - mean) * values[nearest]).sum() / spread * (at - mean))


def naive(values: np.ndarray, weights: np.ndarray, span: int, jump: int) -> np.ndarray:
    n = len(values)
    step = min(jump, n - 1)
    places = sorted({*range(0, n, step), n - 1})
    fits = [naive_fit(values, weights, span, at) for at in places]
    return np.interp(np.arange(n), places, [values[p] if f is None else f for p, f in zip(places, fits, strict=True)])


@pytest.mark.parametrize("n", [2, 3, 10, 50])
@pytest.mark.parametrize("span", [3, 5, 11, 49, 101, 501])
@pytest.mark.parametrize("jump", [1, 2, 7])
def test_equals_the_naive_smoother(n: int, span: int, jump: int) -> None:
    rng = np.random.default_rng(n + span)
    values, fitted = rng.normal(size=n), np.empty(n)
    for weighted, weights in ((False, np.ones(n)), (True, rng.uniform(size=n)), (True, np.round(rng.uniform(size=n)))):
        smooth(values, weights, weighted, span, jump, fitted)
        np.testing.assert_allclose(fitted, naive(values, weights, span, jump), rtol=1e-9, atol=1e-10)


def test_a_line_is_its_own_fit() -> None:
    line, fitted = np.arange(40.0) * 3 - 7, np.empty(40)
    for weighted in (False, True):
        smooth(line, np.ones(40), weighted, 9, 2, fitted)
        np.testing.assert_allclose(fitted, line, rtol=1e-12)


def test_without_any_weight_the_values_stay() -> None:
    values, fitted = np.random.default_rng(1).normal(size=20), np.empty(20)
    smooth(values, np.zeros(20), True, 5, 1, fitted)
    assert (fitted == values).all()


def test_tricube_is_flat_in_the_centre_and_nothing_outside() -> None:
    assert tricube(0.0, 10.0) == tricube(0.01, 10.0) == 1.0
    assert tricube(9.995, 10.0) == 0.0
    assert tricube(5.0, 10.0) == pytest.approx((1 - 0.125) ** 3)
