"""What `zero` sees of a series: numbers about all of it and numbers about each step ahead, without unit or level.

The season is taken out (`_zero_season`), twice where there are two; what is left is described at many scales: newest
values, means, slopes, how far values lie apart at a distance (structure function), whether movements go on or turn
back, how well levels of several rates would have forecast. Everything is measured in `scale`, the smaller of the mean
steps from row to row and from season to season, and passed through asinh or log. Training and forecast use the same
code.    Cost: O(n) time and memory, some 60 passes.
"""

from __future__ import annotations

from math import asinh, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._zero_season import decompose, running_sums
from kernels.numerics.steps import four_sums_apart, mean_step, sum_apart

NEWEST = 24  # single values
EDGES = np.array([0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024])
RATES = np.array([0.03, 0.07, 0.15, 0.3, 0.5, 0.8])
SPANS = np.array([5, 10, 20, 40, 80, 160, 1 << 40])
DISTANCES = np.array([1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200])
MOVES = np.array([1, 2, 4, 8, 16, 32, 64, 128])
RECENT = np.array([5, 12, 30, 100])
LEVEL_RATE = 0.6  # of the level that forecasts are told from
FORGOTTEN = 256  # rows, at that rate: 0.4 ** 256 is below 1e-100
SAME_PHASE = 4  # cycles
LEAST = 1e-3  # a smaller share of the scale is not told apart
TRUSTED = 0.5  # of what the newest cycles add to the profile of the season
FACTS = 16  # about length and seasons
OF_SERIES = (
    NEWEST + len(EDGES) - 1 + 2 * len(RATES) + len(SPANS) + len(DISTANCES) + len(MOVES) + len(RECENT) + 17 + FACTS
)
OF_STEP = 19 + SAME_PHASE + len(SPANS)


@kernel()
def _squashed(value: float) -> float:
    return asinh(min(max(value, -1e12), 1e12))


@kernel()
def _log_ratio(value: float, other: float) -> float:
    return log(max(value, LEAST * other) / other) if other > 0.0 else 0.0


@kernel()
def _take_out(x: Series, profile: Series) -> None:
    j = 0
    for t in range(x.shape[0]):
        x[t] -= profile[j]
        j = j + 1 if j + 1 < profile.shape[0] else 0


@kernel()
def _smoothed(x: Series) -> float:
    """Return the level at the end that forecasts are told from. What was long before it is beyond its digits."""
    first = max(x.shape[0] - FORGOTTEN, 0)
    level = float(np.mean(x[first : min(first + 4, x.shape[0])]))
    for t in range(first, x.shape[0]):
        level += LEVEL_RATE * (x[t] - level)
    return level


@kernel()
def _levels(x: Series, level: float, scale: float, out: Series) -> int:
    """Newest values, means of stretches further and further back, smoothed levels and how well they forecast."""
    n = x.shape[0]
    total = running_sums(x, level)
    at = 0
    for i in range(min(NEWEST, n)):
        out[i] = _squashed((x[n - 1 - i] - level) / scale)
    at += NEWEST
    mean = 0.0
    for i in range(len(EDGES) - 1):
        near, far = EDGES[i], min(EDGES[i + 1], n)
        if far > near:
            mean = (total[n - near] - total[n - far]) / (far - near)
        out[at] = _squashed(mean / scale)
        at += 1
    first = total[min(n, 4)] / min(n, 4)
    smooth, wrong = np.full(len(RATES), first), np.zeros(len(RATES))
    for t in range(n):
        value = x[t] - level
        for i in range(len(RATES)):
            error = value - smooth[i]
            wrong[i] += abs(error)
            smooth[i] += RATES[i] * error
    for i in range(len(RATES)):
        out[at] = _squashed(smooth[i] / scale)
        out[at + len(RATES)] = _log_ratio(wrong[i] / n, scale)
        at += 1
    return at + len(RATES)


@kernel()
def _line(x: Series, level: float, rows: int) -> tuple[float, float]:
    """Return slope of the line through the newest rows and its correlation with time."""
    first = x.shape[0] - rows
    mean = 0.0
    for t in range(rows):
        mean += (x[first + t] - level) / rows
    middle, with_time, square = 0.5 * (rows - 1), 0.0, 0.0
    for t in range(rows):
        off = x[first + t] - level - mean
        with_time += (t - middle) * off
        square += off * off
    spread = rows * (rows * rows - 1.0) / 12.0
    if spread <= 0.0 or square <= 0.0:
        return 0.0, 0.0
    return with_time / spread, with_time / sqrt(spread * square)


@kernel()
def _slopes(x: Series, level: float, scale: float, slope: Series, out: Series, at: int) -> int:
    """Slopes over several spans, and how straight everything and the newest 40 rows are."""
    n = x.shape[0]
    straight = 0.0
    for i in range(len(SPANS)):
        rows = min(SPANS[i], n)
        if 0 < i < len(SPANS) - 1 and SPANS[i - 1] >= n:
            slope[i] = slope[i - 1]
        else:
            slope[i], straight = _line(x, level, rows)
        out[at] = _squashed(slope[i] * rows / scale)
        at += 1
    out[at] = straight
    _, out[at + 1] = _line(x, level, min(n, 40))
    return at + 2


@kernel()
def _distances(x: Series, scale: float, apart: Series, out: Series, at: int) -> tuple[int, int]:
    """Structure function; returns also at how many distances it could be measured."""
    n = x.shape[0]
    measured, last = 0, 0.0
    while (
        measured < len(DISTANCES)
        and DISTANCES[measured] < n
        and (DISTANCES[measured] <= 3 or 10 * DISTANCES[measured] <= 7 * n)
    ):
        measured += 1
    together = measured // 4 * 4
    for i in range(0, together, 4):
        a, b, c, d = DISTANCES[i], DISTANCES[i + 1], DISTANCES[i + 2], DISTANCES[i + 3]
        apart[i], apart[i + 1], apart[i + 2], apart[i + 3] = four_sums_apart(x, a, b, c, d)
    for i in range(together, measured):
        apart[i] = sum_apart(x, DISTANCES[i])
    for i in range(len(DISTANCES)):
        if i < measured:
            last = _log_ratio(apart[i] / (n - DISTANCES[i]), scale)
        apart[i] = last
        out[at] = last
        at += 1
    return at, measured


@kernel()
def _moves(x: Series, scale: float, out: Series, at: int) -> int:
    """Correlation of each movement over some rows with the one before it, which tells whether they go on."""
    n = x.shape[0]
    last, move = 0.0, np.empty(n)
    for i in range(len(MOVES)):
        lag = MOVES[i]
        if n > 3 * lag:
            both = square = 0.0
            for t in range(n - lag):
                move[t] = (x[t + lag] - x[t]) / scale
            for t in range(n - 2 * lag):
                before, after = move[t], move[t + lag]
                both += before * after
                square += 0.5 * (before * before + after * after)
            last = both / square if square > 0.0 else 0.0
        out[at] = last
        at += 1
    return at


@kernel()
def _increments(x: Series, p: int, scale: float, out: Series, at: int) -> int:
    """Size of the newest steps, their shape, drift and autocorrelation."""
    n = x.shape[0]
    for i in range(len(RECENT)):
        out[at] = _log_ratio(mean_step(x, 1, n - min(RECENT[i], n - 1)), scale)
        at += 1
    count = n - 1
    drift = (x[n - 1] - x[0]) / scale / count
    size = square = cube = largest = 0.0
    off = np.empty(n)  # steps without their drift
    for t in range(1, n):
        d = (x[t] - x[t - 1]) / scale
        off[t] = d - drift
        size += abs(d) / count
        square += d * d / count
        cube += d * d * d / count
        largest = max(largest, abs(d))
    out[at] = log(max(square, LEAST * LEAST) / max(size * size, LEAST * LEAST))
    out[at + 1] = _squashed(cube / max(square, 1e-9) ** 1.5)
    out[at + 2] = log(max(largest, LEAST) / max(size, LEAST))
    out[at + 3] = _squashed(drift * sqrt(count / max(square, 1e-9)))
    at += 4
    for lag in (1, 2, 3, p):
        total = 0.0
        if n > lag + 2 and lag > 0:
            for t in range(1 + lag, n):
                total += off[t] * off[t - lag]
        out[at] = total / count / max(square - drift * drift, 1e-9)
        at += 1
    return at


@kernel()
def _values(x: Series, level: float, scale: float, out: Series, at: int) -> int:
    """Range, sign, zeros, repetitions, whole numbers."""
    n = x.shape[0]
    zeros = same = whole = 0
    least = most = x[0]
    for t in range(n):
        zeros += x[t] == 0.0
        whole += x[t] == np.floor(x[t])
        least, most = min(least, x[t]), max(most, x[t])
    for t in range(1, n):
        same += x[t] == x[t - 1]
    out[at] = _squashed((least - level) / scale)
    out[at + 1] = _squashed((most - level) / scale)
    out[at + 2] = 1.0 if least >= 0.0 else 0.0
    out[at + 3] = _squashed(level / scale) if least >= 0.0 else 0.0
    out[at + 4] = zeros / n
    out[at + 5] = same / n
    out[at + 6] = 1.0 if whole == n and scale < 100.0 else 0.0
    return at + 7


@kernel()
def _growth(x: Series, p: int, back: int) -> float:
    """Return by how much the mean of one season differs from that of the season before, `back` seasons ago."""
    end = x.shape[0] - back * p
    if p < 2 or end < 2 * p:
        return 0.0
    total = 0.0
    for t in range(end - p, end):
        total += x[t] - x[t - p]
    return total / p


@kernel()
def _apart_at(h: int, apart: Series, measured: int) -> float:
    """Return the structure function at distance h, linear in the logarithm of h and constant beyond the last."""
    if measured == 0:
        return 0.0
    if h >= DISTANCES[measured - 1]:
        return float(apart[measured - 1])
    i = 0
    while h >= DISTANCES[i + 1]:
        i += 1
    share = log(h / DISTANCES[i]) / log(DISTANCES[i + 1] / DISTANCES[i])
    between: float = apart[i] * (1.0 - share) + apart[i + 1] * share
    return between


@kernel()
def _at_or(x: Series, row: int, middle: float, scale: float, otherwise: float) -> float:
    """Return a value as it lies to `middle`, or `otherwise` where there is none."""
    return _squashed((x[row] - middle) / scale) if 0 <= row < x.shape[0] else otherwise


@kernel()
def _first_season(
    x: Series, p: int, h: int, middle: float, scale: float, mean: Series, newest: Series, step: Series
) -> None:
    """Values around the phase of a row ahead in the newest cycles, and the season's profiles."""
    row = x.shape[0] - 1 + h
    j, same = row % p, row - p * ((h + p - 1) // p)
    step[4] = log(1.0 + h / p)
    step[6] = _at_or(x, same - 1, middle, scale, 0.0)
    step[7] = _at_or(x, same + 1, middle, scale, 0.0)
    step[8] = _squashed((newest[j] - mean[j]) / scale)
    step[9] = _squashed(mean[j] / scale)
    for k in range(SAME_PHASE):
        step[19 + k] = _at_or(x, same - k * p, middle, scale, step[19 + k - 1])


@kernel()
def _second_season(
    x: Series, p2: int, h: int, middle: float, scale: float, mean: Series, newest: Series, step: Series
) -> None:
    """Values around the phase of a row ahead in the second season, and that season's profiles."""
    row = x.shape[0] - 1 + h
    j, same = row % p2, row - p2 * ((h + p2 - 1) // p2)
    step[0] = _at_or(x, same, middle, scale, 0.0)
    step[1] = _at_or(x, same - p2, middle, scale, step[0])
    step[2] = _squashed(mean[j] / scale)
    step[3] = _squashed((newest[j] - mean[j]) / scale)
    step[4] = _at_or(x, same - 1, middle, scale, step[0])
    step[5] = _at_or(x, same + 1, middle, scale, step[0])
    step[6] = log(1.0 + h / p2)


@kernel()
def _size(profile: Series, scale: float) -> float:
    return log(sqrt(np.mean(profile * profile)) / scale + LEAST)


@kernel("b1(f8[::1], i8, i8, i8[::1], f8[::1], f8[:,::1], f8[::1], f8[::1])")
def features(
    x: Series,
    period: int,
    second: int,
    ahead: NDArray[np.int64],
    of_series: Series,
    of_step: Series,
    base: Series,
    unit: Series,
) -> bool:
    """Fill the features of a series and of the rows ahead; False, and nothing filled, where all values are equal.

    Parameters
    ----------
    x : (n,) finite, n >= 2, magnitudes below 1e150.
    period, second : rows in a season and in a second, longer one; 0 or 1 for none. Without two cycles: none.
    ahead : (rows,) steps after the last row, >= 1.
    of_series, of_step : (OF_SERIES,), (rows, OF_STEP).
    base, unit : (rows,) a forecast is base + unit * what the network says.
    """
    n = x.shape[0]
    p = period if period > 1 and n >= 2 * period else 0
    p2 = second if p > 0 and second > 1 and n >= 2 * second else 0
    by_row = mean_step(x, 1, 0)
    by_season = mean_step(x, p, 0) if p > 0 else by_row
    scale = max(min(by_row, by_season), 0.02 * max(by_row, by_season))
    if not scale > 1e-13 * np.max(np.abs(x)) or scale < 1e-290:
        return False
    of_series[:] = 0.0
    of_step[:] = 0.0
    facts = of_series[OF_SERIES - FACTS :]
    facts[0] = log(n) - 5.0
    rest, season, season2 = x.copy(), np.zeros(max(p, 1)), np.zeros(max(p2, 1))
    newest, mean, ratio = np.zeros(max(p, 1)), np.zeros(max(p, 1)), np.zeros(max(p, 1))
    newest2, mean2, ratio2 = np.zeros(max(p2, 1)), np.zeros(max(p2, 1)), np.zeros(max(p2, 1))
    growth, relative = 0.0, False
    if p > 0:
        facts[4], facts[5], relative, facts[7] = decompose(x, p, newest, mean, ratio)
        season = facts[4] * (mean + (TRUSTED if n >= 4 * p else 0.0) * (newest - mean))
        _take_out(rest, season)
        growth = _growth(x, p, 0)
        facts[1] = 1.0
        facts[2] = log(p)
        facts[3] = log(n / p)
        facts[6] = 1.0 if relative else 0.0
        facts[8] = _size(mean, scale)
        facts[9] = _log_ratio(by_season, by_row)
        facts[10] = _squashed(growth / scale)
        facts[11] = _squashed(_growth(x, p, 1) / scale)
    if p2 > 0:
        facts[13], facts[14], _, _ = decompose(rest, p2, newest2, mean2, ratio2)
        season2 = facts[13] * mean2
        _take_out(rest, season2)
        facts[12] = 1.0
        facts[15] = _size(mean2, scale)
    level = _smoothed(rest)

    slope, apart = np.empty(len(SPANS)), np.empty(len(DISTANCES))
    at = _levels(rest, level, scale, of_series)
    at = _slopes(rest, level, scale, slope, of_series, at)
    at, measured = _distances(rest, scale, apart, of_series, at)
    at = _moves(rest, scale, of_series, at)
    at = _increments(rest, p, scale, of_series, at)
    _values(x, level, scale, of_series, at)

    for i in range(ahead.shape[0]):
        h, step = ahead[i], of_step[i]
        row, distance = n - 1 + h, _apart_at(h, apart, measured)
        middle = level + season[row % max(p, 1)] + season2[row % max(p2, 1)]
        base[i] = middle
        unit[i] = scale * (0.2 + exp(distance))
        step[0] = log(h)
        step[1] = distance
        step[2] = log(h / n)
        step[3] = log(h / DISTANCES[max(measured - 1, 0)])
        for k in range(len(SPANS)):
            step[19 + SAME_PHASE + k] = _squashed(slope[k] * h / scale)
        if p > 0:
            _first_season(x, p, h, middle, scale, mean, newest, step)
            step[5] = _squashed((h + p - 1) // p * growth / scale)
            if relative:
                times = level * (ratio[row % p] - 1.0)
                step[10] = _squashed((times - season[row % p]) / scale)
                step[11] = _squashed(times / scale)
        if p2 > 0:
            _second_season(x, p2, h, middle, scale, mean2, newest2, step[12:19])
    return True
