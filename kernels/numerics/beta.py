"""The incomplete beta function, and the tails of distributions that are made of it.

Source: NIST Digital Library of Mathematical Functions, 8.17.4 and 8.17.22; M. Abramowitz and I. A. Stegun, "Handbook of
Mathematical Functions", 26.5.28 (F).
"""

from __future__ import annotations

from math import exp, lgamma, log

from kernels._jit import kernel
from kernels.numerics.student_t import beta_fraction


@kernel("f8(f8, f8, f8, f8)")
def beta_share(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b) for a, b > 0; `rest` is 1 - x, both in [0, 1]."""
    if x <= 0.0:
        return 0.0
    if rest <= 0.0:
        return 1.0
    front = exp(a * log(x) + b * log(rest) + lgamma(a + b) - lgamma(a) - lgamma(b))
    if x < (a + 1.0) / (a + b + 2.0):
        return min(front * beta_fraction(x, a, b) / a, 1.0)
    return max(1.0 - front * beta_fraction(rest, b, a) / b, 0.0)


@kernel("f8(f8, f8)")
def coefficient_tail(r: float, dof: float) -> float:
    """Return the probability of a coefficient of correlation at least as far from 0 as `r` in [-1, 1], by chance.

    dof : rows - 2 where the rows are independent. With none left everything is chance: 1.
    """
    if dof <= 0.0:
        return 1.0
    square = min(r * r, 1.0)
    return beta_share(1.0 - square, square, 0.5 * dof, 0.5)


@kernel("f8(f8, f8, f8)")
def f_tail(f: float, numerator: float, denominator: float) -> float:
    """Return the probability that F of so many degrees of freedom is above `f` >= 0."""
    x = denominator / (denominator + numerator * f)
    return beta_share(x, 1.0 - x, 0.5 * denominator, 0.5 * numerator)
