from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._theta_fit import LEAST_RATE, MOST_RATE, fit, lines, predict, season_of, theta


def naive(y: list[float], level: float, share: float, rate: float, dynamic: bool, rows: int) -> list[float]:
    """Expect each row and `rows` more from the line of all rows, or of those before it."""
    expected: list[float] = []
    for t in range(1, len(y) + rows + 1):
        seen = (y + expected[len(y) :])[: t - 1] if dynamic else y
        slope, zero = 0.0, (seen[0] if seen else 0.0)
        if len(seen) > 1:
            slope, zero = np.polyfit(np.arange(1, len(seen) + 1), seen, 1)
        line = (1 - rate) ** (t - 1) * zero + (1 - (1 - rate) ** t) / rate * slope
        expected.append(level + share * line)
        level += rate * ((y[t - 1] if t <= len(y) else expected[-1]) - level)
    return expected


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("n", [3, 40])
def test_errors_and_forecasts_follow_from_what_was_fitted(n: int, dynamic: bool, free: bool) -> None:
    y = np.random.default_rng(n).normal(size=n).cumsum() + 0.5 * np.arange(n)
    fitted, residual = np.empty(3), np.empty(n)
    squares = fit(y, dynamic, free, fitted, residual)
    expected = naive(y.tolist(), *fitted, dynamic, 5)
    np.testing.assert_allclose(y - residual, expected[:n], atol=1e-9)
    np.testing.assert_allclose(predict(y, dynamic, fitted, 5)[0], expected[n:], atol=1e-9)
    assert squares == pytest.approx(np.sum(residual**2))
    assert LEAST_RATE <= fitted[2] <= MOST_RATE
    assert free or fitted[1] == 0.5


def test_no_neighbour_has_less_squares() -> None:
    y = np.random.default_rng(8).normal(size=60).cumsum()
    fitted, residual = np.empty(3), np.empty(60)
    for dynamic in (False, True):
        squares = fit(y, dynamic, True, fitted, residual)
        for move in np.eye(3) * 1e-3:
            for other in (fitted + move, fitted - move):
                if 0.0 <= other[1] <= 1.0 and LEAST_RATE <= other[2] <= MOST_RATE:
                    errors = y - naive(y.tolist(), *other, dynamic, 0)
                    assert np.sum(errors**2) >= squares * (1 - 1e-9)


@pytest.mark.parametrize("dynamic", [False, True])
def test_variances_are_those_of_errors_that_go_on(dynamic: bool) -> None:
    y, fitted = np.random.default_rng(1).normal(size=12).cumsum(), np.array([0.4, 0.7, 0.35])
    value, variance = predict(y, dynamic, fitted, 4)
    moved = np.zeros((4, 4))
    for k in range(4):  # an error of 1 in row k, later rows as expected
        with_error = np.append(y, [*value[:k], value[k] + 1.0])
        moved[k, k] = 1.0
        for h in range(k + 1, 4):
            so_far = naive(with_error.tolist(), *fitted, dynamic, h - k) if dynamic else None
            if so_far is not None:
                moved[k, h] = so_far[-1] - value[h]
            else:
                moved[k, h] = fitted[2]  # of the level only
    np.testing.assert_allclose(variance, np.sum(moved**2, axis=0), atol=1e-9)


def test_lines_are_regressions() -> None:
    y = np.random.default_rng(2).normal(size=9)
    level, slope = np.empty(10), np.empty(10)
    lines(y, True, level, slope)
    for t in range(2, 10):
        np.testing.assert_allclose(np.polyfit(np.arange(1, t + 1), y[:t], 1), [slope[t], level[t]], atol=1e-12)


def test_equals_that_of_statsmodels_but_for_its_smoothing_rate() -> None:
    x = np.random.default_rng(4).normal(size=80).cumsum() + 100.0
    # ThetaModel(x, period=1, deseasonalize=False).fit().forecast(8) of statsmodels 0.15
    wanted = [95.2655, 95.2436, 95.2216, 95.1997, 95.1777, 95.1558, 95.1338, 95.1119]
    np.testing.assert_allclose(theta(x, 0, 8), wanted, atol=0.3)


def test_a_season_goes_on_added_or_multiplied() -> None:
    t = np.arange(84.0)
    shape = np.sin(2 * np.pi * t / 12)
    for x in (10.0 * shape + t - 40.0, (t + 50.0) * (1.0 + 0.4 * shape)):
        np.testing.assert_allclose(theta(x[:72], 12, 12), x[72:], atol=0.1 * np.ptp(x))


def test_a_season_that_is_none_is_left_alone() -> None:
    x = np.random.default_rng(0).normal(size=96)
    np.testing.assert_allclose(theta(x, 12, 12), theta(x, 0, 12), rtol=1e-9)


def test_a_season_that_multiplies_by_next_to_nothing_is_added() -> None:
    x = np.tile([0.001, 10.0, 12.0, 11.0], 8)
    profile, relative = season_of(x, 4, True)
    assert not relative
    np.testing.assert_allclose(np.sum(profile), 0.0, atol=1e-12)


@pytest.mark.parametrize("x", [np.full(20, 7.0), np.zeros(20)])
def test_a_constant_goes_on(x: Series) -> None:
    np.testing.assert_allclose(theta(x, 4, 5), x[:5])
