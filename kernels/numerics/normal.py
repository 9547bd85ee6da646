"""Quantile of the standard normal distribution, to about 16 digits.

Source: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37
(1988), routine PPND16.    Cost: O(1).
"""

from __future__ import annotations

from math import inf, log, sqrt

from kernels._jit import kernel

# Horner coefficients, highest power first; each row is one polynomial of the paper's three rational approximations.
CENTRE_ABOVE = (
    2.5090809287301226727e3,
    3.3430575583588128105e4,
    6.7265770927008700853e4,
    4.5921953931549871457e4,
    1.3731693765509461125e4,
    1.9715909503065514427e3,
    1.3314166789178437745e2,
    3.3871328727963666080e0,
)
CENTRE_BELOW = (
    5.2264952788528545610e3,
    2.8729085735721942674e4,
    3.9307895800092710610e4,
    2.1213794301586595867e4,
    5.3941960214247511077e3,
    6.8718700749205790830e2,
    4.2313330701600911252e1,
    1.0,
)
NEAR_ABOVE = (
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258e0,
    3.64784832476320460504e0,
    5.76949722146069140550e0,
    4.63033784615654529590e0,
    1.42343711074968357734e0,
)
NEAR_BELOW = (
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940e0,
    2.05319162663775882187e0,
    1.0,
)
FAR_ABOVE = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1,
    1.78482653991729133580e0,
    5.46378491116411436990e0,
    6.65790464350110377720e0,
)
FAR_BELOW = (
    2.04426310338993978564e-15,
    1.42151175831644588870e-7,
    1.84631831751005468180e-5,
    7.86869131145613259100e-4,
    1.48753612908506148525e-2,
    1.36929880922735805310e-1,
    5.99832206555887937690e-1,
    1.0,
)


@kernel()
def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    total = 0.0
    for coefficient in coefficients:
        total = total * x + coefficient
    return total


@kernel("f8(f8)")
def normal_quantile(probability: float) -> float:
    """Return z with P(Z <= z) = `probability` for a standard normal Z; -inf at 0 and below, inf at 1 and above."""
    if probability <= 0.0:
        return -inf
    if probability >= 1.0:
        return inf
    centred = probability - 0.5
    if abs(centred) <= 0.425:
        square = 0.180625 - centred * centred
        return centred * _polynomial(CENTRE_ABOVE, square) / _polynomial(CENTRE_BELOW, square)
    tail = probability if centred < 0.0 else 1.0 - probability
    root = sqrt(-log(tail))
    if root <= 5.0:
        size = _polynomial(NEAR_ABOVE, root - 1.6) / _polynomial(NEAR_BELOW, root - 1.6)
    else:
        size = _polynomial(FAR_ABOVE, root - 5.0) / _polynomial(FAR_BELOW, root - 5.0)
    return -size if centred < 0.0 else size


@kernel()
def tail_outside(conf: float) -> float:
    """Return what coverage `conf` leaves on either side, never 0: `conf` 1 leaves where a double's 1 - conf ends."""
    return min(max((1.0 - conf) / 2.0, 0.5 * 2.0**-53), 0.5)


@kernel("f8(f8)")
def two_sided_quantile(conf: float) -> float:
    """Return z with P(|Z| <= z) = `conf`, finite for every `conf`: 8.3 for 1."""
    return -normal_quantile(tail_outside(conf))
