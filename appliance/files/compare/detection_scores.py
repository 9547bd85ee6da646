"""What a detector's answer about one labelled series is worth, by the measures in use.

vus_pr : area under precision and recall of a ranking, averaged over how far labels are stretched; no threshold.
    J. Paparrizos et al., "Volume under the surface", VLDB 15 (2022), as the package TSB-AD computes it.
affiliation : precision and recall by distance, beside that of a row placed at random. A. Huet et al., "Local evaluation
    of time series anomaly detection algorithms", KDD (2022).
nab : the score of the Numenta Anomaly Benchmark, standard profile. A. Lavin and S. Ahmad, "Evaluating real-time anomaly
    detection algorithms", ICMLA (2015), section III.
interval : what a mean over series would be, had other series of the kind been looked at (bootstrap).

Events are row ranges [begin, end), in order, apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

Events = Sequence[tuple[int, int]]

STEPS = 250  # thresholds
UNKNOWN, LAGS, LEAST, MOST = 125, 400, 3, 300  # rows of a window, as TSB-AD has them
FALSE_ALARM = 0.11  # weight, standard profile; what is found and what is missed weighs 1
PROBATION, LONGEST_PROBATION = 0.15, 750  # rows at the beginning that do not count
RESAMPLED = 2000


def window_of(x: np.ndarray) -> int:
    """Return the rows of a cycle: the highest peak of the autocorrelation, as TSB-AD finds it."""
    centred = x[:20_000] - x[:20_000].mean()
    spectrum = np.fft.rfft(centred, 2 * len(centred))
    products = np.fft.irfft(np.abs(spectrum) ** 2)[: min(LAGS, len(centred) - 1) + 1]
    if not products[0] > 0.0:
        return UNKNOWN
    tail = products[LEAST:] / products[0]
    peaks = 1 + np.flatnonzero((tail[1:-1] > tail[:-2]) & (tail[1:-1] > tail[2:]))
    best = int(peaks[np.argmax(tail[peaks])]) if len(peaks) else 0
    return best + LEAST if LEAST <= best <= MOST else UNKNOWN


def vus_pr(score: np.ndarray, events: Events, window: int) -> float:
    """Return the volume under the surface of precision and recall, 0 to 1 and a little beyond."""
    n = len(score)
    inside = np.zeros(n, bool)
    for begin, end in events:
        inside[begin:end] = True
    bounds = -np.sort(-score)[np.linspace(0, n - 1, STEPS).astype(int)]
    step = np.searchsorted(-bounds, -score)  # the first threshold at which a row is flagged
    flagged = np.cumsum(np.bincount(step, minlength=STEPS))
    within = np.cumsum(np.bincount(step[inside], minlength=STEPS))
    areas = []
    for stretched in range(window + 1):
        weight = _stretched(events, n, stretched)
        near = np.flatnonzero(weight)
        right = np.cumsum(np.bincount(step[near], weight[near], minlength=STEPS))
        first = np.sort([step[begin:end].min() for begin, end in _joined(events, n, stretched // 2)])
        found = np.searchsorted(first, np.arange(STEPS), side="right") / len(first)
        recall = np.minimum(right / (inside.sum() + (right - within) / 2.0), 1.0) * found
        areas.append(np.dot(np.diff(recall, prepend=0.0), right / flagged))
    return float(np.mean(areas))


def _stretched(events: Events, n: int, window: int) -> np.ndarray:
    """Return the weight of every row: 1 within an event, falling over half a window on both sides."""
    weight = np.zeros(n)
    for begin, end in events:
        weight[begin:end] += 1.0
        after = np.arange(end, min(end + window // 2, n))
        weight[after] += np.sqrt(1.0 - (after - end + 1) / max(window, 1))
        before = np.arange(max(begin - window // 2, 0), begin)
        weight[before] += np.sqrt(1.0 - (begin - before) / max(window, 1))
    return np.minimum(weight, 1.0)


def _joined(events: Events, n: int, reach: int) -> list[tuple[int, int]]:
    """Return the events with so many rows more on both sides, those that then meet as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in events:
        first, last = max(begin - reach, 0), min(end + reach, n)
        if joined and joined[-1][1] > first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def affiliation(flagged: Events, events: Events, n: int) -> float:
    """Return the F1 of affiliation, 0 to 1; each row stands for its middle."""
    edges = [0.0, *((a[1] + b[0]) / 2.0 for a, b in zip(events[:-1], events[1:], strict=True)), float(n)]
    precisions, recalls = [], []
    alarms = np.concatenate([np.arange(begin, end) for begin, end in flagged] or [np.empty(0, np.int64)]) + 0.5
    for (begin, end), low, high in zip(events, edges[:-1], edges[1:], strict=True):
        near = alarms[(alarms >= low) & (alarms < high)]
        if not len(near):
            recalls.append(0.0)
            continue
        distance = np.maximum(np.maximum(begin - near, near - end), 0.0)
        precisions.append(float(np.mean([_farther(d, begin - low, high - end, high - low) for d in distance])))
        rows = np.arange(begin, end) + 0.5
        place = np.searchsorted(near, rows)
        gaps = np.minimum(
            np.abs(rows - near[np.maximum(place - 1, 0)]), np.abs(rows - near[np.minimum(place, len(near) - 1)])
        )
        gaps = np.maximum(gaps - 0.5, 0.0)  # to the edge of the flagged row
        beyond = np.maximum(rows - low - gaps, 0.0) + np.maximum(high - rows - gaps, 0.0)
        recalls.append(float(np.mean(beyond / (high - low))))
    precision, recall = float(np.mean(precisions)) if precisions else 0.0, float(np.mean(recalls))
    return 2.0 * precision * recall / (precision + recall) if precision + recall > 0.0 else 0.0


def _farther(distance: float, before: float, after: float, rows: float) -> float:
    """Return the probability that a row placed at random in an event's surroundings is at least so far from it."""
    return (max(before - distance, 0.0) + max(after - distance, 0.0)) / rows if distance > 0.0 else 1.0


def nab(alarms: Sequence[int], events: Events, n: int) -> tuple[float, float]:
    """Return the sum of NAB's weights of alarms, each at one row, and what a perfect answer would get, less nothing's.

    0 of the first is an answer without any alarm: the score of many series is 100 times the sum over the sum.
    """
    skipped = min(int(PROBATION * n), int(PROBATION * 5000), LONGEST_PROBATION)
    found: dict[int, float] = {}
    total = 0.0
    for row in alarms:
        if row < skipped:
            continue
        at = next((i for i, (begin, end) in enumerate(events) if begin <= row < end), None)
        if at is not None:
            begin, end = events[at]
            weight = _sigmoid(-(end - row) / (end - begin)) / _sigmoid(-1.0)
            found[at] = max(found.get(at, -math.inf), weight)
            continue
        past = [(begin, end) for begin, end in events if end <= row]
        if past:
            begin, end = past[-1]
            total += FALSE_ALARM * _sigmoid((row - end + 1) / max(end - begin - 1, 1))
        else:
            total -= FALSE_ALARM
    return total + sum(1.0 + weight for weight in found.values()), 2.0 * len(events)


def _sigmoid(position: float) -> float:
    """Return NAB's scaled sigmoid of the place in a window: -1 at its begin, 0 at its end."""
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def interval(rows: Sequence[np.ndarray], measure: Callable[[np.ndarray], float], seed: int = 1) -> tuple[float, float]:
    """Return where a measure of the sum over series lies in 95 of 100 resamples of these series."""
    table = np.array(rows)
    random = np.random.default_rng(seed)
    drawn = [measure(table[random.integers(len(table), size=len(table))].sum(axis=0)) for _ in range(RESAMPLED)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)
