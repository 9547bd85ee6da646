from __future__ import annotations

from math import exp, lgamma, log

import pytest

from kernels.numerics.beta import beta_share, coefficient_tail, f_tail


def naive(x: float, a: float, b: float) -> float:
    """The integral of t^(a-1) (1-t)^(b-1) by the midpoint rule, after t = x u^2, which tames a >= 1/2."""
    steps, total = 4000, 0.0
    for i in range(steps):
        u = (i + 0.5) / steps
        t = x * u * u
        total += t ** (a - 1.0) * (1.0 - t) ** (b - 1.0) * 2.0 * x * u / steps
    return total * exp(lgamma(a + b) - lgamma(a) - lgamma(b))


@pytest.mark.parametrize(("x", "a", "b"), [(0.3, 2.0, 3.0), (0.9, 2.0, 3.0), (0.2, 0.5, 0.5), (0.5, 20.0, 15.0)])
def test_equals_the_naive_integral(x: float, a: float, b: float) -> None:
    assert beta_share(x, 1.0 - x, a, b) == pytest.approx(naive(x, a, b), rel=1e-5)


def test_both_shares_are_the_whole() -> None:
    for x in (1e-9, 0.1, 0.5, 0.99):
        assert beta_share(x, 1.0 - x, 3.0, 7.0) + beta_share(1.0 - x, x, 7.0, 3.0) == pytest.approx(1.0)
    assert (beta_share(0.0, 1.0, 2.0, 2.0), beta_share(1.0, 0.0, 2.0, 2.0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("r", "rows", "p"),
    [  # scipy 1.17, scipy.stats.beta(rows / 2 - 1, rows / 2 - 1, loc=-1, scale=2).sf(r) * 2
        (0.9210376169618041, 5, 0.02631796499311349),
        (-0.5305385072262919, 17, 0.0284541050463382),
        (0.1, 40_000, 2.032856193084525e-89),
        (0.0, 10, 1.0),
        (1.0, 10, 0.0),
    ],
)
def test_probabilities_of_a_coefficient(r: float, rows: int, p: float) -> None:
    assert coefficient_tail(r, rows - 2.0) == pytest.approx(p, rel=1e-9, abs=0.0)


def test_two_rows_say_nothing() -> None:
    assert coefficient_tail(1.0, 0.0) == 1.0


def test_f_of_one_regressor_is_the_square_of_t() -> None:
    r, dof = 0.4, 20.0
    f = r * r / (1.0 - r * r) * dof
    assert f_tail(f, 1.0, dof) == pytest.approx(coefficient_tail(r, dof))
    assert f_tail(0.0, 3.0, 9.0) == 1.0
    assert log(f_tail(1e6, 3.0, 90.0)) < -300.0
