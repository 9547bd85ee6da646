from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly._cycles import Cycles
from kernels.contract import TooShort


def sine(cycle: int, n: int) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(n) / cycle) + 0.2 * np.random.default_rng(cycle).normal(size=n)


@pytest.mark.parametrize("period", [0, "auto"])
def test_both_are_found(period: int | str) -> None:
    cycles = Cycles.of(sine(24, 600), period)
    assert (cycles.rhythm, cycles.season) == (24, 24)


def test_what_a_user_says_counts_for_both() -> None:
    assert Cycles.of(sine(24, 600), 7) == Cycles(600, 7, 7)
    assert Cycles.of(sine(24, 600), 1) == Cycles.of(sine(24, 600), "none") == Cycles(600, 0, 0)


def test_less_than_two_cycles_are_refused() -> None:
    with pytest.raises(TooShort, match="more than two cycles are needed, got 48 rows with period 24"):
        Cycles.of(sine(24, 48), 24)


@pytest.mark.parametrize(
    ("rows", "rhythm", "usual", "stretch"),
    [
        (1000, 24, 24, 24),
        (1000, 0, 64, 64),
        (1000, 450, 64, 64),
        (1000, 5, 5, 16),
        (1000, 200, 200, 125),
        (80, 0, 64, 10),
    ],
)
def test_windows_hold_a_cycle_and_stretches_are_at_most_an_eighth_of_the_series(
    rows: int, rhythm: int, usual: int, stretch: int
) -> None:
    cycles = Cycles(rows, rhythm, rhythm)
    assert (cycles.usual, cycles.stretch) == (usual, stretch)
