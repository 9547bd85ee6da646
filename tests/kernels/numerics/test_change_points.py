from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.change_points import LEVEL, LINE, running_sums, segments, significant


def rest(y: np.ndarray, begin: int, end: int, parameters: int) -> float:
    """Squared distances from the mean, or from the line of least squares."""
    rows = np.arange(begin, end)
    fitted = np.polyval(np.polyfit(rows, y[begin:end], parameters - 1), rows)
    return float(np.sum((y[begin:end] - fitted) ** 2))


def naive(y: np.ndarray, parameters: int, least: int, penalty: float) -> tuple[list[int], float]:
    """Optimal partitioning: every begin of the last segment is tried, none is left out."""
    best: dict[int, tuple[float, list[int]]] = {0: (-penalty, [0])}
    for end in range(least, len(y) + 1):
        tried = [
            (best[begin][0] + rest(y, begin, end, parameters) + penalty, [*best[begin][1], end])
            for begin in range(end - least + 1)
            if begin in best
        ]
        best[end] = min(tried)
    cost, begins = best[len(y)]
    return begins, cost


def series(kind: str, n: int) -> np.ndarray:
    noise = np.random.default_rng(n).normal(size=n)
    if kind == "steps":
        return noise + np.repeat([0.0, 6.0, 2.0], -(-n // 3))[:n]
    if kind == "kink":
        return noise + np.maximum(np.arange(n) - n // 2, 0) * 1.5
    return noise


@pytest.mark.parametrize("kind", ["steps", "kink", "noise"])
@pytest.mark.parametrize("parameters", [LEVEL, LINE])
@pytest.mark.parametrize(("n", "least"), [(20, 2), (45, 4)])
def test_equals_optimal_partitioning(kind: str, parameters: int, n: int, least: int) -> None:
    y = series(kind, n)
    for penalty in (0.5, 8.0):
        begins, cost = segments(running_sums(y), parameters, least, penalty)
        wanted, lowest = naive(y, parameters, least, penalty)
        assert begins.tolist() == wanted
        assert cost == pytest.approx(lowest, abs=1e-9)


def test_a_series_as_short_as_a_segment_is_one() -> None:
    begins, cost = segments(running_sums(np.array([1.0, 3.0, 5.0])), LEVEL, 3, 1.0)
    assert begins.tolist() == [0, 3]
    assert cost == pytest.approx(8.0)


def test_evidence_of_a_step_is_its_square_in_variances_of_chance() -> None:
    y = np.repeat([0.0, 3.0], 20)
    begins = np.array([0, 20, 40])
    noise, loudness = np.full(41, 2.0), np.arange(41.0)
    kept, evidence = significant(running_sums(y), noise, loudness, begins, LEVEL, 20, 1.0)
    assert kept.tolist() == [0, 20, 40]
    assert evidence.tolist() == [np.inf, pytest.approx(9.0 / (2.0 / 20 + 2.0 / 20)), np.inf]
    twice, _ = significant(running_sums(y), noise, 2.0 * loudness, begins, LEVEL, 20, 45.0)
    assert twice.tolist() == [0, 40]  # twice as loud, half the evidence


def test_evidence_of_lines_is_what_they_gain() -> None:
    y = series("kink", 60)
    begins = np.array([0, 30, 60])
    _, evidence = significant(running_sums(y), np.ones(61), np.arange(61.0), begins, LINE, 30, 1.0)
    gain = rest(y, 0, 60, LINE) - rest(y, 0, 30, LINE) - rest(y, 30, 60, LINE)
    assert evidence[1] == pytest.approx(gain)


def test_a_change_is_looked_at_from_near_too() -> None:
    y = np.repeat([0.0, 3.0], 32)
    far = np.where(np.arange(65) > 8, 1e6, 1.0)  # longer means move by chance, as those of a random walk
    begins = np.array([0, 32, 64])
    assert significant(running_sums(y), far, np.arange(65.0), begins, LEVEL, 8, 9.0)[0].tolist() == [0, 32, 64]
    assert significant(running_sums(y), far, np.arange(65.0), begins, LEVEL, 16, 9.0)[0].tolist() == [0, 64]


def test_the_weakest_change_goes_first_and_its_neighbours_are_judged_anew() -> None:
    y = np.repeat([0.0, 4.0, 4.1, 0.0], 10)
    begins = np.array([0, 10, 20, 30, 40])
    kept, _ = significant(running_sums(y), np.ones(41), np.arange(41.0), begins, LEVEL, 10, 20.0)
    assert kept.tolist() == [0, 10, 30, 40]
