"""Upper tail and critical values of Student's t distribution, accurate far into the tail.

Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction of the incomplete beta function)
and 5.11.12 to 5.11.14 (ratio of gamma functions); the t tail as an incomplete beta function from M. Abramowitz and
I. A. Stegun, "Handbook of Mathematical Functions", 26.7.1 and 26.5.27, its starting value from 26.7.5.
Critical values: F. E. Grubbs, "Procedures for detecting outlying observations in samples", Technometrics 11 (1969);
B. Rosner, "Percentage points for a generalized ESD many-outlier procedure", Technometrics 25 (1983), eq. 2.5.
"""

from __future__ import annotations

from math import exp, gamma, inf, log, log1p, pi, sqrt, tan

from kernels._jit import kernel
from kernels.numerics.normal import normal_quantile, tail_outside

TINY = 1e-300  # keeps Lentz's denominators from being zero
STEPS = 1000  # the fraction needs about sqrt(dof) of them


@kernel()
def beta_fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz's method; x < (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > TINY else TINY)
    value = d
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        d = 1.0 + even * d
        c = 1.0 + even / c
        d = 1.0 / (d if abs(d) > TINY else TINY)
        c = c if abs(c) > TINY else TINY
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        d = 1.0 + odd * d
        c = 1.0 + odd / c
        d = 1.0 / (d if abs(d) > TINY else TINY)
        c = c if abs(c) > TINY else TINY
        change = d * c
        value *= change
        if abs(change - 1.0) < 1e-15:
            break
    return value


@kernel()
def _half_step_ratio(a: float) -> float:
    """Return gamma(a + 1/2) / gamma(a) for a > 0, without the cancellation of two large logarithms."""
    if a < 30.0:
        return gamma(a + 0.5) / gamma(a)
    r = 1.0 / a
    series = 1.0 + r * (
        -1.0 / 8.0 + r * (1.0 / 128.0 + r * (5.0 / 1024.0 + r * (-21.0 / 32768.0 + r * (-399.0 / 262144.0))))
    )
    return sqrt(a) * series


@kernel()
def _log_tail(t: float, dof: float) -> tuple[float, float]:
    """Return log P(T > t) and its derivative by log t, for t > 0 and dof >= 1."""
    a = 0.5 * dof
    # x^a (1 - x)^(1/2) / B(a, 1/2) with x = dof / (dof + t^2)
    ratio = t * t / dof
    log_front = -a * log1p(ratio) - 0.5 * log1p(1.0 / ratio) + log(_half_step_ratio(a) / sqrt(pi))
    x = 1.0 / (1.0 + ratio)
    if x < (a + 1.0) / (a + 2.5):
        log_twice = log_front + log(beta_fraction(x, a, 0.5) / a)
    else:
        log_twice = log1p(-2.0 * exp(log_front) * beta_fraction(ratio * x, 0.5, a))
    # d P / d log t = -t f(t) = -exp(log_front)
    return log_twice + log(0.5), -2.0 * exp(log_front - log_twice)


@kernel("f8(f8, f8)")
def upper_point(p: float, dof: float) -> float:
    """Return the t with P(T > t) = p, for 0 <= p <= 1/2 and dof >= 1; inf at p = 0, 0 at p = 1/2.

    Newton's method on log P as a function of log t, which is concave, so it converges from any start.
    """
    if p <= 0.0:
        return inf
    if p >= 0.5:
        return 0.0
    if dof == 1.0:
        return 1.0 / tan(pi * p)
    if dof == 2.0:
        return (1.0 - 2.0 * p) / sqrt(2.0 * p * (1.0 - p))
    z = -normal_quantile(p)
    t = z + z * (z * z + 1.0) / (4.0 * dof)
    target = log(p)
    for _ in range(100):
        value, slope = _log_tail(t, dof)
        step = (target - value) / slope
        t *= exp(max(min(step, 8.0), -8.0))
        if abs(step) < 1e-13:
            break
    return t


@kernel("f8(f8, f8)")
def two_sided_point(conf: float, dof: float) -> float:
    """Return t with P(|T| <= t) = `conf`, finite for every `conf` as `two_sided_quantile` is; dof >= 1."""
    return upper_point(tail_outside(conf), dof)


@kernel("f8(f8, i8)")
def largest_deviate(p: float, n: int) -> float:
    """Return the critical value of the largest of n >= 3 deviates from the mean in units of the standard deviation.

    p : probability left to one point in one tail; alpha / (2 n) for the two-sided test.
    The deviate grows with n when p = alpha / (2 n) or alpha / n (checked in the tests).
    """
    t = upper_point(p, n - 2.0)
    return (n - 1.0) / sqrt(n * (1.0 + (n - 2.0) / t / t))
