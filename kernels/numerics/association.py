"""Association rules: which items of a transaction come with which others.

Source: R. Agrawal and R. Srikant, "Fast algorithms for mining association rules", VLDB 1994, section 2.1.2; the
transactions of an item as bits: M. J. Zaki, "Scalable algorithms for association mining", IEEE TKDE 12 (2000). Lift,
leverage and conviction: S. Brin et al., "Dynamic itemset counting and implication rules", SIGMOD 1997.
Cost: O(transactions) for each pair of frequent sets that have all but their last items in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from itertools import combinations
from sys import float_info

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import BadParameter, BadSeries

MAX_SETS = 10_000  # frequent ones
MAX_PAIRS, MAX_WORDS = 2_000_000, 30_000_000  # that may be frequent, of one size, and of their bits
FEW, LEAST_OF_FEW, LEAST = 100, 0.05, 0.01  # transactions; supports that are allowed
CERTAIN = float_info.max  # a conviction that is infinite: every number of an answer is finite

Items = tuple[int, ...]
Bits = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Config:
    """What counts: least share of the transactions, least share of those of the antecedents, number of rules."""

    min_support: float = 0.3
    min_confidence: float = 0.6
    max_rules: int = 100

    def __post_init__(self) -> None:
        """Raise BadParameter in the contracted words."""
        for name, share in (("min_support", self.min_support), ("min_confidence", self.min_confidence)):
            if not 0.0 <= share <= 1.0:
                raise BadParameter(f"{name} must be between 0.0 and 1.0")
        if self.max_rules < 1:
            raise BadParameter("max_rules must be >= 1")


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the antecedents are, the consequents are too; conviction is at most `CERTAIN`."""

    antecedents: Items
    consequents: Items
    support: float
    confidence: float
    lift: float
    leverage: float
    conviction: float


def least_support(asked: float, transactions: int) -> float:
    """Return the support that counts: of few transactions a small share is a single one."""
    return max(asked, LEAST, LEAST_OF_FEW if transactions < FEW else 0.0)


def frequent(
    held: NDArray[np.bool_], config: Config, out_of_time: Callable[[], bool] = lambda: False
) -> dict[Items, float]:
    """Return the sets of items that are frequent, and their supports: small sets first, of a size the most frequent.

    Parameters
    ----------
    held : bool (items, transactions), at least one transaction.

    Raises
    ------
    BadSeries : too many sets, the time is up.
    """
    total = held.shape[1]
    least = least_support(config.min_support, total)
    packed = np.packbits(held, axis=1)
    bits = np.zeros((len(held), -(-packed.shape[1] // 8) * 8), np.uint8)
    bits[:, : packed.shape[1]] = packed
    level: Bits = np.ascontiguousarray(bits).view(np.uint64)
    sets: list[Items] = [(item,) for item in range(len(held))]
    counts = held.sum(axis=1)
    found: dict[Items, float] = {}
    while sets:
        keep = np.flatnonzero(counts / total >= least)
        sets, level, supports = [sets[k] for k in keep], level[keep], counts[keep] / total
        order = np.argsort(-supports, kind="stable")
        found |= {sets[k]: float(supports[k]) for k in order}
        if len(found) > MAX_SETS:
            raise BadSeries(f"more than {MAX_SETS} sets of items are frequent; a higher min_support makes them fewer")
        pairs: list[tuple[int, int]] = []
        most = min(MAX_PAIRS, MAX_WORDS // level.shape[1])
        for first, second in _joinable(sets):
            if out_of_time():
                raise BadSeries("the frequent sets were not found in time; a higher min_support makes them fewer")
            if len(pairs) == most:
                raise BadSeries(f"more than {most} sets may be frequent; a higher min_support makes them fewer")
            pairs.append((first, second))
        joined = np.array(pairs, np.int64).reshape(-1, 2)
        sets = [(*sets[first], sets[second][-1]) for first, second in pairs]
        level, counts = _both(level, joined)
    return found


def rules(supports: dict[Items, float], config: Config, out_of_time: Callable[[], bool] = lambda: False) -> list[Rule]:
    """Return the rules of the frequent sets, those of the highest lift first; raises BadSeries: the time is up."""
    return nsmallest(config.max_rules, _rules(supports, config, out_of_time), key=lambda rule: -rule.lift)


def _rules(supports: dict[Items, float], config: Config, out_of_time: Callable[[], bool]) -> Iterator[Rule]:
    for items, support in supports.items():
        if out_of_time():
            raise BadSeries("the rules were not found in time; a higher min_support makes them fewer")
        for size in range(1, len(items)):
            for left in combinations(items, size):
                right = tuple(item for item in items if item not in left)
                confidence = support / supports[left]
                if confidence >= config.min_confidence:
                    yield _rule(left, right, support, confidence, supports[left], supports[right])


def _rule(left: Items, right: Items, support: float, confidence: float, of_left: float, of_right: float) -> Rule:
    conviction = CERTAIN if confidence >= 1.0 else (1.0 - of_right) / (1.0 - confidence)
    return Rule(left, right, support, confidence, confidence / of_right, support - of_left * of_right, conviction)


def _joinable(sets: list[Items]) -> Iterator[tuple[int, int]]:
    """Yield pairs of sets, in the order of their items, that have all but the last in common."""
    for first, items in enumerate(sets):
        for second in range(first + 1, len(sets)):
            if sets[second][:-1] != items[:-1]:
                break
            yield first, second


@kernel("Tuple((u8[:, ::1], i8[::1]))(u8[:, ::1], i8[:, ::1])")
def _both(level: Bits, pairs: NDArray[np.int64]) -> tuple[Bits, NDArray[np.int64]]:
    """Return the transactions that hold both sets of each pair, and their number."""
    found = np.empty((pairs.shape[0], level.shape[1]), np.uint64)
    counts = np.zeros(pairs.shape[0], np.int64)
    for k in range(pairs.shape[0]):
        for w in range(level.shape[1]):
            word = level[pairs[k, 0], w] & level[pairs[k, 1], w]
            found[k, w] = word
            while word != np.uint64(0):  # Kernighan: each step takes the lowest bit away
                word &= word - np.uint64(1)
                counts[k] += 1
    return found, counts
