from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._zero_features import OF_SERIES, OF_STEP, features
from kernels.forecast._zero_net import MEDIAN, SHARES, shipped
from kernels.forecast._zero_net import quantiles as of_network
from kernels.forecast._zero_view import NARROWER, quantiles


def naive(x: Series, ahead: list[int], period: int, second: int = 0) -> Series:
    """One row ahead after the other; with a season in the logarithm."""
    told = np.empty((len(ahead), len(SHARES)))
    largest = 2.0 * x.max()
    for row, h in enumerate(ahead):
        g, s, base, unit = np.empty((1, OF_SERIES)), np.empty((1, OF_STEP)), np.empty(1), np.empty(1)
        features(np.log(x / largest) if period else x, period, second, np.array([h]), g[0], s, base, unit)
        said = base[0] + unit[0] * of_network(shipped(), g, s, np.array([0]))[0]
        said = largest * np.exp(said) if period else np.maximum(said, 0.0)
        told[row] = said[MEDIAN] + NARROWER * (said - said[MEDIAN])
    return told


@pytest.mark.parametrize("period", [0, 12])
def test_several_series_are_answered_as_each_alone(period: int) -> None:
    x = 50.0 + 9.0 * np.sin(np.arange(90.0) / 12 * 2 * np.pi) + np.random.default_rng(0).normal(size=90)
    flat = np.full(40, 7.0)
    first, second, third = quantiles(
        [(x, np.array([1, 2, 30])), (flat, np.array([1, 5])), (x[:70], np.array([4]))], period, 0
    )
    np.testing.assert_allclose(first, naive(x, [1, 2, 30], period), rtol=1e-5)
    np.testing.assert_array_equal(second, np.full((2, len(SHARES)), 7.0))
    np.testing.assert_allclose(third, naive(x[:70], [4], period), rtol=1e-5)


def test_a_series_that_is_not_above_zero_has_no_logarithm_and_one_of_constants_alone_no_features() -> None:
    x = np.random.default_rng(2).normal(size=60)
    (told,) = quantiles([(x, np.array([1, 2]))], 12, 0)
    assert told.min() < 0.0
    (told,) = quantiles([(np.full(30, -2.0), np.array([1]))], 12, 0)
    np.testing.assert_array_equal(told, np.full((1, len(SHARES)), -2.0))
