from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.fluctuation import FORGOTTEN, _of_autoregressions, fluctuation


def naive(y: np.ndarray, length: int) -> float:
    """Half the variance of the difference of adjacent means, or a quarter of that of two such, times their length."""
    steps = np.array(
        [np.mean(y[i + length : i + 2 * length]) - np.mean(y[i : i + length]) for i in range(len(y) - 2 * length + 1)]
    )
    bends = [steps[i + 2 * length] - steps[i] for i in range(len(steps) - 2 * length)]
    found = []
    for squares in ((steps - np.median(steps)) ** 2, np.array(bends) ** 2 / 2):
        smallest = np.sort(squares)[: int(0.8 * len(squares))]
        found.append(float(length / 2 * np.mean(smallest) / 0.4377134))
    return min(found)


def autoregression(phi: float, n: int) -> np.ndarray:
    noise = np.random.default_rng(7).normal(size=n)
    found = np.zeros(n)
    for i in range(1, n):
        found[i] = phi * found[i - 1] + noise[i]
    return found


def even(n: int) -> np.ndarray:
    return np.arange(n + 1.0)


def test_equals_the_naive_variance_where_it_is_measured_and_never_falls() -> None:
    y = autoregression(0.5, 200)
    wanted = np.maximum.accumulate([naive(y, length) for length in (1, 2, 4, 8)])
    np.testing.assert_allclose(fluctuation(y, even(200))[[1, 2, 4, 8]], wanted, rtol=1e-6)


@pytest.mark.parametrize(("phi", "lengths"), [(0.0, (1, 4)), (0.9, (1, 8)), (0.99, (2, 50))])
def test_the_model_is_the_variance_of_the_differences_of_means(phi: float, lengths: tuple[int, int]) -> None:
    for length in lengths:
        weights = np.repeat([-1.0, 1.0], length) / length
        apart = np.abs(np.subtract.outer(np.arange(2 * length), np.arange(2 * length)))
        one_row = np.array([-1.0, 1.0]) @ phi ** np.array([[0, 1], [1, 0]]) @ np.array([-1.0, 1.0])
        wanted = length * (weights @ phi**apart @ weights) / one_row
        (found,) = _of_autoregressions(np.array([1.0, length]), np.array([1.0 - phi]))
        assert found[1] == pytest.approx(wanted)


def test_a_random_walk_is_the_limit_of_autoregressions() -> None:
    lengths = np.array([1.0, 4.0, 16.0])
    walk, nearly = _of_autoregressions(lengths, np.array([0.0, FORGOTTEN[-2]]))
    np.testing.assert_allclose(walk, nearly, rtol=0.01)


@pytest.mark.parametrize(("kind", "low", "high"), [("noise", 0.7, 1.5), ("AR", 60.0, 180.0), ("walk", 4000.0, 60000.0)])
def test_what_is_too_long_to_measure_follows_the_model(kind: str, low: float, high: float) -> None:
    n = 1000
    noise = np.random.default_rng(7).normal(size=n)
    y = {"noise": noise, "AR": autoregression(0.9, n), "walk": np.cumsum(noise)}[kind]
    assert low < fluctuation(y, even(n))[300] < high  # in theory 1, 100, 30 000


def test_a_step_and_a_kink_move_it_little() -> None:
    y = np.random.default_rng(8).normal(size=400)
    usual = fluctuation(y, even(400))[100]
    assert fluctuation(y + np.repeat([0.0, 50.0], 200), even(400))[100] < 4.0 * usual
    assert fluctuation(y + 0.1 * np.maximum(np.arange(400) - 200, 0), even(400))[100] < 4.0 * usual


def test_loud_rows_count_for_as_much_as_usual_ones() -> None:
    y = np.random.default_rng(9).normal(size=400) * np.repeat([1.0, 3.0], 200)
    loudness = np.concatenate(([0.0], np.cumsum(np.repeat([1.0, 9.0], 200))))
    assert fluctuation(y, loudness)[1] == pytest.approx(1.0, abs=0.2)


def test_rows_that_seldom_change_have_some_variance_and_constant_ones_hardly_any() -> None:
    assert fluctuation(np.repeat([0.0, 1.0], 50), even(100))[8] == pytest.approx(0.5 / 32)
    assert 0.0 < fluctuation(np.zeros(40), even(40)).max() < 1e-290
