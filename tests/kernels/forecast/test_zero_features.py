from __future__ import annotations

from math import asinh, exp, log, sqrt

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast import _zero_features
from kernels.forecast._zero_features import (
    DISTANCES,
    EDGES,
    MOVES,
    OF_SERIES,
    OF_STEP,
    RATES,
    RECENT,
    SAME_PHASE,
    SPANS,
    features,
)
from tests.kernels.forecast.test_zero_season import found as decomposed

Told = tuple[Series, Series, Series, Series]


def asked(x: Series, p: int, p2: int, ahead: list[int]) -> Told | None:
    rows = len(ahead)
    told = np.full(OF_SERIES, np.nan), np.full((rows, OF_STEP), np.nan), np.full(rows, np.nan), np.full(rows, np.nan)
    return told if features(x, p, p2, np.array(ahead), *told) else None


def ratio(value: float, other: float) -> float:
    return log(max(value / other, 1e-3)) if other > 0.0 else 0.0


def line(x: Series) -> tuple[float, float]:
    t = np.arange(len(x)) - (len(x) - 1) / 2
    off = x - x.mean()
    if len(x) < 2 or not (off * off).sum() > 0.0:
        return 0.0, 0.0
    return float((t * off).sum() / (t * t).sum()), float((t * off).sum() / sqrt((t * t).sum() * (off * off).sum()))


def lagged(x: Series, lag: int) -> float:
    return float(np.mean(np.abs(x[lag:] - x[:-lag])))


def naive(x: Series, p: int, p2: int, ahead: list[int]) -> Told:
    """The features from their definitions, one after the other."""
    n = len(x)
    p = p if p > 1 and n >= 2 * p else 0
    p2 = p2 if p and p2 > 1 and n >= 2 * p2 else 0
    by_row, by_season = lagged(x, 1), lagged(x, p) if p else lagged(x, 1)
    scale = max(min(by_row, by_season), 0.02 * max(by_row, by_season))
    t = np.arange(n + max(ahead))
    season, season2 = np.zeros(len(t)), np.zeros(len(t))
    if p:
        (shrink, strength, relative, better), newest, mean, share = decomposed(x, p)
        followed = mean + (0.5 if n >= 4 * p else 0.0) * (newest - mean)
        season = shrink * followed[t % p]
    rest = x - season[:n]
    if p2:
        (shrink2, strength2, _, _), newest2, mean2, _ = decomposed(rest, p2)
        season2 = shrink2 * mean2[t % p2]
        rest = rest - season2[:n]
    level = rest[:4].mean()
    for value in rest:
        level = 0.4 * level + 0.6 * value
    off = (rest - level) / scale
    back = off[::-1]
    out = [asinh(back[i]) if i < n else 0.0 for i in range(24)]
    last = 0.0
    for near, far in zip(EDGES[:-1], EDGES[1:], strict=True):
        last = float(back[near : min(far, n)].mean()) if near < n else last
        out.append(asinh(last))
    smooth, wrong = [], []
    for rate in RATES:
        at, errors = off[:4].mean(), []
        for value in off:
            errors.append(abs(value - at))
            at += rate * (value - at)
        smooth.append(asinh(at))
        wrong.append(ratio(float(np.mean(errors)), 1.0))
    out += smooth + wrong
    slopes: list[float] = []
    for i, span in enumerate(SPANS):
        same = 0 < i < len(SPANS) - 1 and SPANS[i - 1] >= n
        slopes.append(slopes[-1] if same else line(rest[-min(span, n) :])[0])
    out += [asinh(slope * min(span, n) / scale) for slope, span in zip(slopes, SPANS, strict=True)]
    out += [line(rest)[1], line(rest[-40:])[1]]
    apart: list[float] = []
    measured = 0
    for i, lag in enumerate(DISTANCES):
        if lag < n and (lag <= 3 or lag <= 0.7 * n):
            apart.append(ratio(lagged(rest, lag), scale))
            measured = i + 1
        else:
            apart.append(apart[-1])
    out += apart
    move = 0.0
    for lag in MOVES:
        if n > 3 * lag:
            before, after = off[lag : n - lag] - off[: n - 2 * lag], off[2 * lag :] - off[lag : n - lag]
            square = 0.5 * float((before**2 + after**2).sum())
            move = float((before * after).sum()) / square if square > 0.0 else 0.0
        out.append(move)
    d = np.diff(off)
    out += [ratio(float(np.mean(np.abs(d[-min(recent, n - 1) :]))), 1.0) for recent in RECENT]
    size, square, drift = np.abs(d).mean(), (d * d).mean(), d.mean()
    out += [log(max(square, 1e-6) / max(size * size, 1e-6)), asinh((d**3).mean() / max(square, 1e-9) ** 1.5)]
    out += [log(max(np.abs(d).max(), 1e-3) / max(size, 1e-3)), asinh(drift * sqrt((n - 1) / max(square, 1e-9)))]
    for lag in (1, 2, 3, p):
        pairs = ((d[lag:] - drift) * (d[:-lag] - drift)).sum() if lag and n > lag + 2 else 0.0
        out.append(pairs / (n - 1) / max(square - drift * drift, 1e-9))
    positive = float(x.min() >= 0.0)
    out += [asinh((x.min() - level) / scale), asinh((x.max() - level) / scale), positive]
    out += [positive * asinh(level / scale), np.mean(x == 0.0), np.sum(np.diff(x) == 0.0) / n]
    out.append(float(np.all(x == np.round(x)) and scale < 100.0))
    out.append(log(n) - 5.0)
    growth = [0.0, 0.0]
    if p:
        for back_by in (0, 1):
            end = n - back_by * p
            if end >= 2 * p:
                growth[back_by] = x[end - p : end].mean() - x[end - 2 * p : end - p].mean()
        size = log(sqrt(np.mean(mean**2)) / scale + 1e-3)
        out += [1.0, log(p), log(n / p), shrink, strength, float(relative), better, size, ratio(by_season, by_row)]
        out += [asinh(each / scale) for each in growth]
    else:
        out += [0.0] * 11
    out += [1.0, shrink2, strength2, log(sqrt(np.mean(mean2**2)) / scale + 1e-3)] if p2 else [0.0] * 4

    steps, base, unit = np.zeros((len(ahead), OF_STEP)), np.zeros(len(ahead)), np.zeros(len(ahead))
    for i, h in enumerate(ahead):
        row = n - 1 + h
        known = np.log(DISTANCES[:measured])
        distance = float(np.interp(log(h), known, apart[:measured])) if measured else 0.0
        base[i] = level + season[row] + season2[row]
        unit[i] = scale * (0.2 + exp(distance))
        step = steps[i]
        step[:4] = log(h), distance, log(h / n), log(h / DISTANCES[max(measured - 1, 0)])
        step[19 + SAME_PHASE :] = [asinh(slope * h / scale) for slope in slopes]

        def seen(at: int, otherwise: float, middle: float = base[i]) -> float:
            return asinh((x[at] - middle) / scale) if 0 <= at < n else otherwise

        if p:
            j, cycles = row % p, -(-h // p)
            same = row - p * cycles
            step[4:8] = log(1.0 + h / p), asinh(cycles * growth[0] / scale), seen(same - 1, 0.0), seen(same + 1, 0.0)
            step[8:10] = asinh((newest[j] - mean[j]) / scale), asinh(mean[j] / scale)
            if relative:
                times = level * (share[j] - 1.0)
                step[10:12] = asinh((times - season[row]) / scale), asinh(times / scale)
            for k in range(SAME_PHASE):
                step[19 + k] = seen(same - k * p, step[19 + k - 1])
        if p2:
            j, same = row % p2, row - p2 * -(-h // p2)
            first = seen(same, 0.0)
            step[12:15] = first, seen(same - p2, first), asinh(mean2[j] / scale)
            step[15:19] = (
                asinh((newest2[j] - mean2[j]) / scale),
                seen(same - 1, first),
                seen(same + 1, first),
                log(1 + h / p2),
            )
    return np.array(out), steps, base, unit


def example(n: int, p: int, seed: int = 0) -> Series:
    random = np.random.default_rng([n, p, seed])
    return 20.0 + random.normal(size=n).cumsum() + 3.0 * np.sin(2 * np.pi * np.arange(n) / max(p, 3))


@pytest.mark.parametrize(
    ("n", "p", "p2"),
    [(2, 0, 0), (3, 0, 0), (7, 3, 0), (30, 12, 0), (90, 0, 0), (200, 7, 28), (300, 24, 168), (60, 4, 16)],
)
def test_equals_the_naive_features(n: int, p: int, p2: int) -> None:
    x = example(n, p)
    ahead = [1, 2, 3, 5, max(p, 4), 2 * p + 1, 3 * n]
    told = asked(x, p, p2, ahead)
    assert told is not None
    for ours, wanted in zip(told, naive(x, p, p2, ahead), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-7, atol=1e-8)


def test_all_features_are_filled_and_none_too_many() -> None:
    assert len(naive(example(300, 24), 24, 168, [1])[0]) == OF_SERIES


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_features_have_no_unit(factor: float) -> None:
    x = example(100, 12) + 0.5
    first, other = asked(x, 12, 0, [1, 5]), asked(factor * x, 12, 0, [1, 5])
    assert first is not None
    assert other is not None
    for at in (0, 1):
        np.testing.assert_allclose(other[at], first[at], atol=1e-9)
    for at in (2, 3):
        np.testing.assert_allclose(other[at], factor * first[at], rtol=1e-9)


def test_only_the_facts_about_sign_and_zeros_look_at_the_level() -> None:
    x = example(100, 12)
    first, other = asked(x, 12, 0, [1]), asked(x + 1000.0, 12, 0, [1])
    assert first is not None
    assert other is not None
    moved = np.flatnonzero(np.abs(other[0] - first[0]) > 1e-6)
    level_of_positive, better_as_ratio = OF_SERIES - 20, OF_SERIES - 9
    assert set(moved) <= {level_of_positive, better_as_ratio}


def test_a_season_without_two_cycles_is_none() -> None:
    x = example(23, 12)
    with_season, without = asked(x, 12, 0, [1, 9]), asked(x, 0, 0, [1, 9])
    assert with_season is not None
    assert without is not None
    for ours, wanted in zip(with_season, without, strict=True):
        np.testing.assert_array_equal(ours, wanted)


@pytest.mark.parametrize("x", [np.zeros(10), np.full(30, 7.5), 1e9 + 1e-9 * np.arange(5.0)])
def test_a_constant_has_no_features(x: Series) -> None:
    assert asked(x, 0, 0, [1]) is None


@pytest.mark.parametrize("size", [1e-140, 1e100, 1e140])
def test_extreme_values_give_finite_features(size: float) -> None:
    told = asked(size * example(200, 7), 7, 28, [1, 400])
    assert told is not None
    assert all(np.isfinite(each).all() for each in told)


def test_the_series_is_not_changed() -> None:
    x = example(50, 5)
    before = x.copy()
    asked(x, 5, 20, [1])
    np.testing.assert_array_equal(x, before)


def test_moves_of_a_line_go_on_and_those_of_noise_turn_back() -> None:
    at = OF_SERIES - 33 - len(RECENT) - len(MOVES) + 2
    straight = asked(np.arange(50.0) + 1e-3 * np.random.default_rng(0).normal(size=50), 0, 0, [1])
    noisy = asked(np.random.default_rng(1).normal(size=500), 0, 0, [1])
    assert straight is not None
    assert noisy is not None
    assert _zero_features.MOVES[2] == 4
    assert straight[0][at + 2] > 0.9
    assert noisy[0][at + 2] < -0.4
