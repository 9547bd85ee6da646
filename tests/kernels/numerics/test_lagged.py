from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadSeries, Series
from kernels.numerics import lagged
from kernels.numerics.lagged import coefficients


def naive(x: list[float], y: list[float], lag: int) -> float:
    n = len(x)
    a, b = (x[: n - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[: n + lag])
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    xy = sum((u - mean_a) * (v - mean_b) for u, v in zip(a, b, strict=True))
    return xy / (sum((u - mean_a) ** 2 for u in a) * sum((v - mean_b) ** 2 for v in b)) ** 0.5


def lags(first: int, last: int) -> np.ndarray:
    return np.arange(first, last + 1, dtype=np.int64)


@pytest.mark.parametrize("n", [5, 60])
def test_equals_the_naive_coefficients(n: int) -> None:
    x, y = np.random.default_rng(n).normal(size=(2, n))
    found = coefficients(x, y, lags(3 - n, n - 3))
    np.testing.assert_allclose(found, [naive(x.tolist(), y.tolist(), lag) for lag in range(3 - n, n - 2)], atol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("kind", ["noise", "walk", "spike"])
def test_many_lags_by_transform_are_those_one_by_one(monkeypatch: pytest.MonkeyPatch, kind: str, offset: float) -> None:
    x, y = np.random.default_rng(3).normal(size=(2, 150)) + offset
    if kind == "walk":
        x, y = x.cumsum(), y.cumsum()
    if kind == "spike":
        x[140] += 1e9
    every = lags(-149, 149)
    one_by_one = coefficients(x, y, every)
    monkeypatch.setattr(lagged, "ONE_BY_ONE", 0)
    np.testing.assert_allclose(coefficients(x, y, every), one_by_one, atol=1e-9)


def test_neither_unit_nor_offset_changes_anything() -> None:
    x, y = np.random.default_rng(4).normal(size=(2, 50)).cumsum(axis=1)
    expected = coefficients(x, y, lags(-5, 5))
    for scale, offset in ((1e-150, 0.0), (1e150, 0.0), (-3.0, 100.0)):
        found = coefficients(x * scale + offset, y, lags(-5, 5))
        np.testing.assert_allclose(found, np.sign(scale) * expected, atol=1e-10)
    np.testing.assert_allclose(coefficients(y, x, lags(-5, 5)), expected[::-1], atol=1e-12)


@pytest.mark.parametrize("constant", [np.full(30, 0.1), np.zeros(30), np.full(30, 1e300)])
def test_a_part_that_does_not_vary_correlates_with_nothing(constant: Series) -> None:
    assert coefficients(constant, np.arange(30.0), lags(-29, 29)).tolist() == [0.0] * 59
    step = np.where(np.arange(30) < 20, 0.3, 7.0)
    assert coefficients(step, np.arange(30.0), lags(12, 12))[0] == 0.0


def test_it_ends_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lagged, "ONE_BY_ONE", 0)
    with pytest.raises(BadSeries, match="3 lags of 30 rows were not done in time"):
        coefficients(np.arange(30.0), np.arange(30.0), lags(-1, 1), lambda: True)
