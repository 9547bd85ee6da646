from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models._intervals import OLDEST, half_widths


def naive(points: list[float], backtest: list[list[float]], origins: list[int], steps: int, conf: float) -> list[float]:
    """The same by loops."""
    n = len(points)
    errors = []  # (step, absolute error, weight)
    by_target: dict[int, list[float]] = {}
    for origin, row in zip(origins, backtest, strict=True):
        for j, told in enumerate(row):
            if origin + j < n:
                errors.append((j + 1, abs(points[origin + j] - told), OLDEST ** (1.0 - (origin + j) / n)))
                by_target.setdefault(origin + j, []).append(points[origin + j] - told)
    if not errors:
        return [0.0] * steps
    mean_square: dict[int, tuple[float, float]] = {}
    for step, error, weight in errors:
        total, square = mean_square.get(step, (0.0, 0.0))
        mean_square[step] = (total + weight, square + weight * error**2)
    line = [(math.log(s), 0.5 * math.log(sq / w), w) for s, (w, sq) in mean_square.items() if sq > 0]
    growth = 0.5
    if len(line) >= 2:
        center = sum(x * w for x, _, w in line) / sum(w for _, _, w in line)
        slope = sum(w * (x - center) * y for x, y, w in line) / sum(w * (x - center) ** 2 for x, _, w in line)
        growth = min(max(slope, 0.0), 1.0)
    scaled = sorted((error / step**growth, weight) for step, error, weight in errors)
    mean_error = [sum(of) / len(of) for _, of in sorted(by_target.items())]
    evidence = sum(OLDEST ** (1.0 - t / n) for t in by_target) / naive_dependence(mean_error)
    wanted = conf * (1.0 + 1.0 / evidence) * sum(weight for _, weight in scaled)
    reached, quantile = 0.0, scaled[-1][0]
    for error, weight in scaled:
        reached += weight
        if reached >= wanted:
            quantile = error
            break
    return [quantile * (h + 1) ** growth for h in range(steps)]


def naive_dependence(error: list[float]) -> float:
    """The same by loops."""
    span, power = len(error) // 3, sum(e * e for e in error)
    total = 1.0
    for lag in range(1, span + 1):
        product = sum(error[t] * error[t + lag] for t in range(len(error) - lag))
        total += 2.0 * (1.0 - lag / (span + 1)) * product / power
    return max(total, 1.0)


@pytest.mark.parametrize(("n", "reach", "steps", "conf"), [(20, 4, 4, 0.8), (50, 12, 30, 0.95), (7, 9, 9, 0.5)])
def test_agrees_with_the_naive_rule(n: int, reach: int, steps: int, conf: float) -> None:
    rng = np.random.default_rng(n)
    points, origins = rng.normal(size=n), np.arange(n // 2, n)
    backtest = rng.normal(size=(len(origins), reach)) * np.arange(1, reach + 1) ** 0.3
    expected = naive(list(points), backtest.tolist(), origins.tolist(), steps, conf)
    np.testing.assert_allclose(half_widths(points, backtest, origins, steps, conf), expected, rtol=1e-9)


@pytest.mark.parametrize("conf", [0.8, 0.95])
def test_independent_errors_are_covered_as_often_as_promised(conf: float) -> None:
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(300):
        points, origins = rng.normal(size=400), np.arange(200, 400)
        widths = half_widths(points, np.zeros((200, 24)), origins, 24, conf)
        inside.append(np.mean(np.abs(rng.normal(size=24)) <= widths))
    # 300 x 24 draws and the spread of a quantile of some 200 points: three standard errors are below 0.015
    assert np.mean(inside) == pytest.approx(conf, abs=0.02)


def test_a_random_walk_grows_with_the_root_of_the_step() -> None:
    rng = np.random.default_rng(12)
    points = np.cumsum(rng.normal(size=4000))
    origins = np.arange(2000, 4000)
    widths = half_widths(points, np.repeat(points[origins - 1][:, None], 32, axis=1), origins, 128, 0.95)
    growth = math.log(widths[127] / widths[0]) / math.log(128)
    assert growth == pytest.approx(0.5, abs=0.1)


def test_a_level_missed_all_along_is_one_piece_of_evidence() -> None:
    rng = np.random.default_rng(14)
    points, origins = rng.normal(size=300), np.arange(150, 300)
    told = np.zeros((150, 1))
    beside, off = (half_widths(points + level, told, origins, 1, 0.8)[0] for level in (0.0, 30.0))
    errors = np.abs(points[150:])
    assert beside < errors.max()
    assert off == pytest.approx(np.max(np.abs(points[150:] + 30.0)))


def test_more_coverage_is_never_narrower() -> None:
    rng = np.random.default_rng(13)
    points, origins = rng.normal(size=60), np.arange(30, 60)
    backtest = rng.normal(size=(30, 8))
    widths = [half_widths(points, backtest, origins, 8, conf)[0] for conf in (0.1, 0.5, 0.9, 0.99, 1.0)]
    assert widths == sorted(widths)


def test_full_coverage_takes_the_largest_error() -> None:
    points = np.array([0.0, 0.0, 0.0, 5.0])
    assert half_widths(points, np.zeros((3, 1)), np.array([1, 2, 3]), 1, 1.0)[0] == 5.0


def test_a_perfect_past_gives_no_width() -> None:
    points, origins = np.arange(20.0), np.arange(10, 20)
    assert not half_widths(points, origins[:, None] + np.arange(4.0), origins, 6, 0.95).any()


def test_nothing_known_gives_no_width() -> None:
    assert not half_widths(np.arange(3.0), np.zeros((0, 4)), np.zeros(0, np.intp), 6, 0.95).any()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(1, 12),
    st.integers(1, 50),
    st.floats(0.01, 1.0),
    st.floats(-100.0, 100.0),
    st.floats(0.001, 1000.0),
    st.integers(0, 10**6),
)
def test_widths_follow_the_unit_and_ignore_the_level(
    n: int, reach: int, steps: int, conf: float, shift: float, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    points, origins = rng.normal(size=n), np.arange(1, n)
    backtest = rng.normal(size=(n - 1, reach))
    widths = half_widths(points, backtest, origins, steps, conf)
    assert np.isfinite(widths).all()
    assert (np.diff(widths) >= 0).all()
    moved = half_widths(points * scale + shift, backtest * scale + shift, origins, steps, conf)
    np.testing.assert_allclose(moved, widths * scale, rtol=1e-4)
