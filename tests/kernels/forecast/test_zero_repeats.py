from __future__ import annotations

import numpy as np

from kernels.contract import Series
from kernels.forecast._zero_net import MEDIAN
from kernels.forecast._zero_net import SHARES as LEVELS
from kernels.forecast._zero_repeats import SHARES, Ahead, lean


def naive(x: Series, n: int, seasons: list[int], ahead: Ahead, tried: Ahead, told: Series, past: Series) -> Series:
    """What is said of the rows ahead: medians that are weighted means, quantiles as far from them as before."""

    def repeated(of: Series, rows: Ahead) -> list[Series]:
        return [np.resize(of[-season:], 99)[rows - 1] for season in seasons]

    truth = x[n:][tried - 1]
    errors = [np.mean(np.abs(said - truth)) for said in (past[:, MEDIAN], *repeated(x[:n], tried))]
    weights = SHARES / np.array(errors) ** 2.0  # of eight rows
    median = np.average([told[:, MEDIAN], *repeated(x, ahead)], axis=0, weights=weights)
    return np.asarray(told + (median - told[:, MEDIAN])[:, None])


def test_equals_the_naive_one() -> None:
    random = np.random.default_rng(0)
    x, ahead, tried = random.normal(size=60), np.arange(1, 31), np.array([1, 4, 9, 12])
    told, past = np.sort(random.normal(size=(30, len(LEVELS))), 1), np.sort(random.normal(size=(4, len(LEVELS))), 1)
    wanted = naive(x, 48, [6, 18], ahead, tried, told, past)
    lean(x, 48, np.array([6, 18]), ahead, tried, 2.0, told, past)
    np.testing.assert_allclose(told, wanted, rtol=1e-12, atol=1e-14)


def test_what_always_repeated_itself_is_repeated_and_the_past_is_moved_too() -> None:
    x, ahead, tried = np.tile(np.arange(12.0) ** 2, 5), np.arange(1, 13), np.arange(1, 7)
    told, past = np.zeros((12, len(LEVELS))), np.zeros((6, len(LEVELS)))
    lean(x, 48, np.array([12, 24]), ahead, tried, 2.0, told, past)
    np.testing.assert_allclose(told[:, MEDIAN], x[:12], atol=1e-5)
    np.testing.assert_allclose(past[:, MEDIAN], x[:6], atol=1e-5)
