from __future__ import annotations

import numpy as np
import pytest

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._zero_season import decompose


@kernel("Tuple((f8, f8, b1, f8))(f8[::1], i8, f8[::1], f8[::1], f8[::1])")
def compiled(x: Series, p: int, newest: Series, mean: Series, ratio: Series) -> tuple[float, float, bool, float]:
    return decompose(x, p, newest, mean, ratio)


def found(x: Series, p: int) -> tuple[tuple[float, float, bool, float], Series, Series, Series]:
    profiles = np.zeros((3, p))
    return compiled(x, p, *profiles), *profiles


def naive_trend(x: Series, t: int, p: int) -> float:
    if p % 2:
        return float(np.mean(x[t - p // 2 : t + p // 2 + 1]))
    ends = x[t - p // 2] + x[t + p // 2]
    return float((np.sum(x[t - p // 2 + 1 : t + p // 2]) + 0.5 * ends) / p)


def naive(x: Series, p: int) -> tuple[float, float, Series, Series]:
    inner = range(p // 2, len(x) - p // 2)
    off = {t: x[t] - naive_trend(x, t, p) for t in inner}
    mean = np.array([np.mean([off[t] for t in inner if t % p == j]) for j in range(p)])
    ratio = np.array([np.mean([x[t] / naive_trend(x, t, p) for t in inner if t % p == j]) for j in range(p)])
    within = sum((off[t] - mean[t % p]) ** 2 for t in inner) / (len(inner) - p)
    strength = 1.0 - within / np.var(list(off.values()), ddof=1)
    mean = mean - mean.mean()
    shrink = 1.0 - within * p / len(inner) / np.mean(mean**2)
    return max(0.0, shrink), max(0.0, strength), mean, ratio / ratio.mean()


@pytest.mark.parametrize("p", [2, 5, 12])
def test_profiles_and_shares_equal_the_naive_ones(p: int) -> None:
    random = np.random.default_rng(p)
    t = np.arange(5 * p + 3)
    x = 50.0 + 0.3 * t + 5.0 * np.cos(2 * np.pi * t / p) + random.normal(size=len(t))
    (shrink, strength, relative, _), _, mean, ratio = found(x, p)
    wanted = naive(x, p)
    np.testing.assert_allclose((shrink, strength), wanted[:2], rtol=1e-9)
    np.testing.assert_allclose(mean, wanted[2], rtol=1e-9)
    np.testing.assert_allclose(ratio, wanted[3], rtol=1e-9)
    assert relative


def test_a_season_that_grows_with_the_level_leaves_less_as_a_ratio() -> None:
    t = np.arange(120.0)
    shape = np.sin(2 * np.pi * t / 12)
    grown = np.exp(0.02 * t) * (1.0 + 0.3 * shape)
    (_, _, _, better), *_ = found(grown, 12)
    (_, _, _, worse), *_ = found(0.02 * t + 5.0 + 0.3 * shape, 12)
    assert better < -0.5 < 0.0 < worse


def test_the_profile_of_the_newest_cycles_follows_a_season_that_changes() -> None:
    t = np.arange(240)
    x = np.where(t < 120, 1.0, -1.0) * np.sin(2 * np.pi * t / 12)
    _, newest, mean, _ = found(x, 12)
    assert newest[3] < -0.8
    assert abs(mean[3]) < 0.25


def test_an_exact_season_is_trusted_and_noise_is_not() -> None:
    t = np.arange(96)
    (shrink, strength, *_), *_ = found(np.sin(2 * np.pi * t / 12), 12)
    assert min(shrink, strength) > 0.999
    (shrink, strength, *_), *_ = found(np.random.default_rng(3).normal(size=4000), 12)
    assert strength < 0.02


def test_a_series_that_is_not_above_zero_has_no_ratio() -> None:
    (_, _, relative, better), _, _, ratio = found(np.sin(np.arange(40.0)), 4)
    assert (relative, better) == (False, 0.0)
    assert np.isfinite(ratio).all()


def test_two_cycles_of_a_constant_have_no_season() -> None:
    assert found(np.full(8, 3.0), 4)[0][:2] == (0.0, 0.0)
