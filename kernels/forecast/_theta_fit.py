"""The Theta method: exponential smoothing around a share of a straight line, that of all rows or of those so far.

With level l, smoothing rate a and the line A + B t, row t = 1 .. n is expected at

    mu = l + w ((1 - a)**(t - 1) A + (1 - (1 - a)**t) / a B),      l' = l + a (y - l)

Source: J. A. Fiorucci, T. R. Pellegrini, F. Louzada, F. Petropoulos and A. B. Koehler, "Models for optimising the theta
method and their relationship to state space models", International Journal of Forecasting 32 (2016), with
w = 1 - 1 / theta; theta = 2 is the method of V. Assimakopoulos and K. Nikolopoulos, same journal 16 (2000). The errors
are linear in the first level and in w, so that both are least squares for a rate, and only that is searched.
Cost: O(n) for each of 60 rates.
"""

from __future__ import annotations

from math import inf, sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._arima_fit import dot
from kernels.forecast._zero_season import decompose
from kernels.numerics.normal import normal_quantile

LEAST_RATE, MOST_RATE = 0.1, 0.99
RATES, NARROWINGS = 24, 36
GOLDEN = 0.5 * (sqrt(5.0) - 1.0)
HALF = 0.5  # share of the line for theta = 2
FLAT = 1e-14  # of a coefficient's own size: what is less is rounding
SIGNIFICANT = normal_quantile(0.95)  # of the autocorrelation at the season's lag, on either side
STRONG = 0.4  # share of the detrended variance from which a season needs no test: a trend hides it there
SMALLEST_RATIO = 0.01  # a season that multiplies by less is added
STATES = 3  # level, mean and slope


@kernel("void(f8[::1], b1, f8[::1], f8[::1])")
def lines(y: Series, dynamic: bool, level: Series, slope: Series) -> None:
    """Set A and B of each row and after the last one, (n + 1,): regressions on t of all rows, or of those before."""
    n = y.shape[0]
    level[0] = slope[0] = mean = 0.0
    for t in range(1, n + 1):
        value = y[t - 1]
        slope[t] = ((t - 2) * slope[t - 1] + 6.0 / t * (value - mean)) / (t + 1) if t > 1 else 0.0
        mean += (value - mean) / t
        level[t] = mean - 0.5 * (t + 1) * slope[t]
    if not dynamic:
        level[:n] = level[n]
        slope[:n] = slope[n]


@kernel("f8(f8[::1], f8[::1], f8[::1], f8, b1, f8[::1], f8[::1])")
def errors(y: Series, level: Series, slope: Series, rate: float, free: bool, fitted: Series, residual: Series) -> float:
    """Return the sum of squared errors at a rate; set (2,) first level and share of the line, and the errors."""
    n = y.shape[0]
    uu = ud = dd = ur = dr = 0.0
    base, left = 0.0, 1.0
    for t in range(n):
        line = left * level[t] + (1.0 - left * (1.0 - rate)) / rate * slope[t]
        rest = y[t] - base
        uu += left * left
        ud += left * line
        dd += line * line
        ur += left * rest
        dr += line * rest
        base += rate * rest
        left *= 1.0 - rate
    apart = uu * dd - ud * ud
    share = HALF
    if free:
        share = (uu * dr - ud * ur) / apart if apart > FLAT * uu * dd else 0.0
        share = min(max(share, 0.0), 1.0)
    fitted[0], fitted[1] = (ur - share * ud) / uu, share
    squares, base, left = 0.0, fitted[0], 1.0
    for t in range(n):
        expected = base + share * (left * level[t] + (1.0 - left * (1.0 - rate)) / rate * slope[t])
        residual[t] = y[t] - expected
        squares += residual[t] * residual[t]
        base += rate * (y[t] - base)
        left *= 1.0 - rate
    return squares


@kernel("f8(f8[::1], b1, b1, f8[::1], f8[::1])")
def fit(y: Series, dynamic: bool, free: bool, fitted: Series, residual: Series) -> float:
    """Return the least sum of squared errors, (n,) `residual`; set (3,) `fitted`: first level, share, rate.

    dynamic : the line is that of the rows so far. free : the share of the line is fitted, else it is half.
    """
    n = y.shape[0]
    level, slope = np.empty(n + 1), np.empty(n + 1)
    lines(y, dynamic, level, slope)
    gap = (MOST_RATE - LEAST_RATE) / (RATES - 1)
    least, best = inf, LEAST_RATE
    for i in range(RATES):
        rate = LEAST_RATE + i * gap
        squares = errors(y, level, slope, rate, free, fitted, residual)
        if squares < least:
            least, best = squares, rate
    low, high = max(best - gap, LEAST_RATE), min(best + gap, MOST_RATE)
    inner = high - GOLDEN * (high - low)
    outer = low + GOLDEN * (high - low)
    at_inner = errors(y, level, slope, inner, free, fitted, residual)
    at_outer = errors(y, level, slope, outer, free, fitted, residual)
    for _ in range(NARROWINGS):
        if at_inner < at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - GOLDEN * (high - low)
            at_inner = errors(y, level, slope, inner, free, fitted, residual)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + GOLDEN * (high - low)
            at_outer = errors(y, level, slope, outer, free, fitted, residual)
    for rate in (low, high):
        if errors(y, level, slope, rate, free, fitted, residual) < least:
            least, best = errors(y, level, slope, rate, free, fitted, residual), rate
    fitted[2] = best
    return errors(y, level, slope, best, free, fitted, residual)


@kernel()
def _step(state: Series, t: int, value: float, rate: float, dynamic: bool) -> None:
    """Move (3,) level, mean and slope on by row t = 1, 2, ...; one that is not dynamic keeps its line."""
    if dynamic:
        state[2] = ((t - 2) * state[2] + 6.0 / t * (value - state[1])) / (t + 1) if t > 1 else 0.0
        state[1] += (value - state[1]) / t
    state[0] += rate * (value - state[0])


@kernel()
def _expected(state: Series, t: int, of: int, rate: float, share: float) -> float:
    """Return mu of row t = 1, 2, ..., from the line of the first `of` rows."""
    left = (1.0 - rate) ** (t - 1)
    line = left * (state[1] - 0.5 * (of + 1) * state[2]) + (1.0 - left * (1.0 - rate)) / rate * state[2]
    return float(state[0] + share * line)


@kernel("f8[:,::1](f8[::1], b1, f8[::1], i8)")
def predict(y: Series, dynamic: bool, fitted: Series, rows: int) -> Series:
    """Return forecasts and their variances for errors of variance 1, (2, rows).

    What is expected of a row takes the place of its value; what moves with its error is followed as a covariance.
    """
    n = y.shape[0]
    share, rate = fitted[1], fitted[2]
    level, slope = np.empty(n + 1), np.empty(n + 1)
    lines(y, True, level, slope)
    state = np.array([fitted[0], level[n] + 0.5 * (n + 1) * slope[n], slope[n]])
    for t in range(n):
        state[0] += rate * (y[t] - state[0])
    found = np.empty((2, rows))
    moved, unit = np.zeros((STATES, STATES)), np.zeros(STATES)
    factor, weight = np.zeros((STATES, STATES)), np.zeros(STATES)
    for h in range(rows):
        t = n + h + 1
        of = t - 1 if dynamic else n
        found[0, h] = _expected(state, t, of, rate, share)
        for i in range(STATES):
            unit[:] = 0.0
            unit[i] = 1.0
            weight[i] = _expected(unit, t, of, rate, share)
            _step(unit, t, weight[i], rate, dynamic)
            factor[:, i] = unit
        variance = 1.0
        for i in range(STATES):
            for k in range(STATES):
                variance += weight[i] * weight[k] * moved[i, k]
        found[1, h] = variance
        unit[:] = 0.0
        _step(unit, t, 1.0, rate, dynamic)
        before = moved.copy()
        for i in range(STATES):
            for k in range(STATES):
                moved[i, k] = unit[i] * unit[k]
                for a in range(STATES):
                    for b in range(STATES):
                        moved[i, k] += factor[i, a] * before[a, b] * factor[k, b]
        _step(state, t, found[0, h], rate, dynamic)
    return found


@kernel("b1(f8[::1], i8)")
def _significant(x: Series, m: int) -> bool:
    """Tell whether the autocorrelation of x, whose mean is 0, is significant at lag m: after M. S. Bartlett."""
    n = x.shape[0]
    power, others, last = dot(x, x), 0.0, 0.0
    if power == 0.0:
        return False
    for lag in range(1, m + 1):
        last = dot(x[lag:], x[: n - lag]) / power
        if lag < m:
            others += last * last
    return bool(abs(last) > SIGNIFICANT * np.sqrt((1.0 + 2.0 * others) / n))


def season_of(x: Series, m: int, relative: bool) -> tuple[Series, bool]:
    """Return the season, (m,), and whether it is a ratio; what is neither strong nor significant is left out."""
    newest, mean, ratio = np.zeros(m), np.zeros(m), np.zeros(m)
    strength, above = 0.0, False
    if m > 1:
        _, strength, above, _ = decompose(x, m, newest, mean, ratio)
    if strength < STRONG and (m == 1 or not _significant(x - np.mean(x), m)):
        return (np.ones(m) if relative else np.zeros(m)), relative
    if relative and above and np.min(ratio) >= SMALLEST_RATIO:
        return ratio, True
    return mean, False


def theta(x: Series, period: int, rows: int) -> Series:
    """Return the forecasts of the standard form, (rows,).

    x : (n,), n >= 2, finite. period : rows in a season, used where n >= 2 period; 0 or 1 for none.
    """
    n = len(x)
    m = period if period > 1 and n >= 2 * period else 1
    profile, relative = season_of(x, m, bool(np.min(x) > 0.0))
    now, ahead = np.arange(n) % m, (n + np.arange(rows)) % m
    y = x / profile[now] if relative else x - profile[now]
    zero, fitted = y[0], np.empty(3)
    y -= zero
    fit(y, False, False, fitted, np.empty(n))
    value: Series = predict(y, False, fitted, rows)[0] + zero
    return value * profile[ahead] if relative else value + profile[ahead]
