from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from kernels.anomaly._regimes import MEANS, Chance, Means, regimes
from kernels.numerics.change_points import LEVEL, LINE


def fitted(rows: np.ndarray, least: int = 16) -> tuple[list[int], int]:
    means = Means.of(rows)
    found = regimes(means, np.ones(len(means.values)), least, 0.05, 1e-22)
    return found.begins.tolist(), found.parameters


def noise(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def test_means_are_those_of_the_newest_rows() -> None:
    means = Means.of(np.arange(2.0 * MEANS + 1.0))
    assert (means.block, means.skipped, len(means.values)) == (3, 2, 341)
    assert means.values[:2].tolist() == [3.0, 6.0]
    assert Means.of(np.arange(9.0)).values.tolist() == list(range(9))


@pytest.mark.parametrize("parameters", [LEVEL, LINE])
def test_the_bound_is_that_of_chi_squared(parameters: int) -> None:
    chance = Chance(50.0)
    bound = chance.bound(0.05, parameters)
    assert bound == pytest.approx(stats.chi2.isf(0.001, parameters))
    assert chance.certainty(bound, parameters) == pytest.approx(np.exp(-0.05))
    assert chance.certainty(np.inf, parameters) == 1.0


@pytest.mark.compiled_only("some hundred rows")
def test_steps_are_levels_and_a_kink_is_lines() -> None:
    begins, parameters = fitted(noise(200) + np.repeat([0.0, 5.0], 100))
    assert (begins, parameters) == ([0, 100, 200], LEVEL)
    begins, parameters = fitted(noise(200) + 0.3 * np.maximum(np.arange(200) - 100, 0))
    assert parameters == LINE
    assert len(begins) == 3
    assert abs(begins[1] - 100) < 10


@pytest.mark.compiled_only("some hundred rows")
def test_a_trend_has_no_change() -> None:
    assert fitted(noise(300) + 0.1 * np.arange(300))[0] == [0, 300]


@pytest.mark.compiled_only("some thousand rows")
@pytest.mark.parametrize("kind", ["noise", "walk"])
def test_chance_is_no_change(kind: str) -> None:
    found = 0
    for seed in range(20):
        rows = noise(2000, seed)
        found += len(fitted(np.cumsum(rows) if kind == "walk" else rows, 80)[0]) - 2
    assert found <= 2
