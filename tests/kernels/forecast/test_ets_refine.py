import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL, run_through
from kernels.forecast._ets_refine import PRIOR, refine, to_natural

FREE = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0])  # level, trend, no season
LOW, HIGH = np.array([0.0, 0.0, 0.0, 1.0]), np.ones(4)


def trending(n: int = 80) -> Series:
    rng = np.random.default_rng(8)
    growth = 0.1 + np.cumsum(rng.normal(0.0, 0.02, n))
    return 1.0 + np.cumsum(growth) + rng.normal(0.0, 0.3, n)


def naive(y: Series, box: Series, states: Series, prior: float = 0.0) -> float:
    """Return what is minimised, from the recursion and the prior's density."""
    smoothing = np.array([box[0], box[0] * box[1], (1.0 - box[0]) * box[2], box[3]])
    squares = run_through(y, ADD, ADD, ADD, smoothing, states.copy(), np.empty(0))
    density = np.prod((1.0 - box[:3]) ** (prior * np.array(PRIOR)))
    return float(squares * density ** (-2.0 / len(y)))


def refined(y: Series, prior: float) -> tuple[Series, Series, float]:
    box, states = np.array([0.5, 0.5, 0.0, 1.0]), np.array([0.0, 0.0, 0.0])
    high = np.array([0.9999, 0.9999, 0.9999, 1.0]) if prior else HIGH
    value = refine(y, ADD, ADD, ADD, prior, box, states, FREE, np.zeros((2, 1)), LOW, high, 60)
    return box, states, value


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_no_step_in_any_direction_improves_the_result(prior: float) -> None:
    y = trending()
    box, states, value = refined(y, prior)
    assert value == pytest.approx(naive(y, box, states, prior), rel=1e-10)
    for i in range(2):
        for step in (-1e-3, 1e-3):
            moved = box.copy()
            moved[i] = np.clip(moved[i] + step, 0.0, 1.0 - 1e-4)
            assert naive(y, moved, states, prior) >= value * (1.0 - 1e-7)
    for i in range(2):
        for step in (-1e-3, 1e-3):
            moved = states.copy()
            moved[i] += step
            assert naive(y, box, moved, prior) >= value * (1.0 - 1e-7)


def test_the_prior_keeps_the_trend_calm() -> None:
    y = trending(20)
    wild, _, _ = refined(y, 0.0)
    calm, _, _ = refined(y, 5.0)
    assert calm[1] <= wild[1]


def test_box_is_kept_and_what_is_not_free_stays() -> None:
    y = np.array([0.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    box, states, _ = refined(y, 0.0)
    assert np.all((box >= LOW) & (box <= HIGH))
    assert (box[2], states[2]) == (0.0, 0.0)


def test_a_perfect_fit_is_left_alone() -> None:
    box, states = np.array([0.5, 0.5, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    y = np.arange(1.0, 20.0)
    assert refine(y, ADD, ADD, ADD, 0.0, box, states, FREE, np.zeros((2, 1)), LOW, HIGH, 60) == 0.0
    np.testing.assert_array_equal(states, [0.0, 1.0, 0.0])


def test_outside_the_domain_nothing_is_done() -> None:
    box, states = np.array([0.5, 0.5, 0.0, 1.0]), np.array([-1.0, 1.0, 0.0])
    assert refine(np.ones(9), ADD, MUL, ADD, 0.0, box, states, FREE, np.zeros((2, 1)), LOW, HIGH, 60) == np.inf
    np.testing.assert_array_equal(states, [-1.0, 1.0, 0.0])


def test_box_covers_the_usual_region() -> None:
    smoothing = np.empty(4)
    to_natural(np.array([0.4, 0.5, 1.0, 0.9]), smoothing)
    np.testing.assert_allclose(smoothing, [0.4, 0.2, 0.6, 0.9])
