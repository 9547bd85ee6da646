"""How far rows of a series lie apart in value, that lie so many rows apart.

A sum waits for the last addition; four that do not wait for each other take the time of one. Each adds in the order of
the rows.    Cost: O(n).
"""

from __future__ import annotations

from kernels._jit import kernel
from kernels.contract import Series


@kernel()
def sum_apart(x: Series, lag: int) -> float:
    """Return the sum of absolute differences of rows `lag` apart."""
    total, now = 0.0, x[lag:]
    for t in range(now.shape[0]):
        total += abs(now[t] - x[t])
    return total


@kernel()
def mean_step(x: Series, lag: int, first: int) -> float:
    """Return the mean absolute difference of rows `lag` apart, of those from row `first` on."""
    first = max(first, lag)
    mean: float = sum_apart(x[first - lag :], lag) / max(x.shape[0] - first, 1)
    return mean


@kernel()
def four_sums_apart(x: Series, a: int, b: int, c: int, d: int) -> tuple[float, float, float, float]:
    """Return the sums of absolute differences of rows a, b, c and d apart; a < b < c < d < n."""
    by_a, by_b, by_c, by_d = sum_apart(x[:d], a), sum_apart(x[:d], b), sum_apart(x[:d], c), 0.0
    now, before_a, before_b, before_c = x[d:], x[d - a :], x[d - b :], x[d - c :]
    for t in range(now.shape[0]):
        by_a += abs(now[t] - before_a[t])
        by_b += abs(now[t] - before_b[t])
        by_c += abs(now[t] - before_c[t])
        by_d += abs(now[t] - x[t])
    return by_a, by_b, by_c, by_d
