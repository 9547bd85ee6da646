from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._zero_net import MEDIAN
from kernels.forecast._zero_net import SHARES as LEVELS
from kernels.forecast._zero_repeats import ALIKE, APART, SHARES, Ahead, after_alike, lean


def naive(x: Series, n: int, seasons: list[int], ahead: Ahead, tried: Ahead, told: Series, past: Series) -> Series:
    """What is said of the rows ahead: medians that are weighted means, quantiles as far from them as before."""

    def repeated(of: Series, rows: Ahead) -> list[Series]:
        return [*(np.resize(of[-season:], 99)[rows - 1] for season in seasons), naive_alike(of, seasons[0], rows)]

    truth = x[n:][tried - 1]
    errors = [np.mean(np.abs(said - truth)) for said in (past[:, MEDIAN], *repeated(x[:n], tried))]
    weights = SHARES / np.array(errors) ** 2.0  # of eight rows
    median = np.average([told[:, MEDIAN], *repeated(x, ahead)], axis=0, weights=weights)
    return np.asarray(told + (median - told[:, MEDIAN])[:, None])


def naive_alike(x: Series, season: int, ahead: Ahead) -> Series:
    """What followed the seasons that differ least from the newest, both without their means."""
    newest, ends = x[-season:], range(season, len(x) - season + 1)
    apart = {end: np.var(x[end - season : end] - newest) for end in ends}
    followed = []
    while apart and len(followed) < ALIKE:
        best = min(apart, key=lambda end: apart[end])
        known = list(x[best:])
        while len(known) < np.max(ahead):
            known.append(known[-season])
        followed.append(np.array(known)[ahead - 1] - np.mean(x[best - season : best]) + np.mean(newest))
        apart = {end: far for end, far in apart.items() if abs(end - best) > season // APART}
    return np.asarray(np.mean(followed, axis=0))


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
    np.testing.assert_allclose(told[:, MEDIAN], x[:12], atol=1e-3)
    np.testing.assert_allclose(past[:, MEDIAN], x[:6], atol=1e-3)


@pytest.mark.parametrize(("n", "season"), [(12, 6), (40, 6), (75, 24), (150, 48)])
def test_what_followed_stretches_alike_equals_the_naive_one(n: int, season: int) -> None:
    x, ahead = np.random.default_rng(n).normal(size=n).cumsum(), np.arange(1, 2 * season + 3)
    np.testing.assert_allclose(after_alike(x, n, season, ahead), naive_alike(x, season, ahead), rtol=1e-9, atol=1e-9)


def test_a_day_that_was_like_this_one_tells_the_next_whatever_the_level() -> None:
    kinds = np.random.default_rng(1).normal(size=(3, 12))
    x = np.concatenate([kinds[day % 3] + 5.0 * day for day in range(20)])
    told = after_alike(x, len(x), 12, np.arange(1, 13))
    level = np.mean(kinds[(20 - 1) % 3]) - np.mean(kinds[20 % 3])  # of a day like the newest, and of the one after
    np.testing.assert_allclose(told - np.mean(told), kinds[20 % 3] - np.mean(kinds[20 % 3]), atol=1e-9)
    np.testing.assert_allclose(np.mean(told) - np.mean(x[-12:]), 5.0 - level, atol=1e-9)


def test_long_seasons_are_compared_by_some_of_their_rows() -> None:
    x, ahead = np.tile(np.random.default_rng(2).normal(size=500), 8), np.arange(1, 501)
    np.testing.assert_allclose(after_alike(x, 4000, 500, ahead), x[:500], atol=1e-9)
