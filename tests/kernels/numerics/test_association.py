from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries
from kernels.numerics.association import CERTAIN, Config, frequent, least_support, rules

# five transactions of A, B, C and D
FIVE = np.array([[1, 1, 0, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1]], np.bool_)


def naive(held: np.ndarray, config: Config) -> tuple[dict[tuple[int, ...], float], set[tuple[object, ...]]]:
    """Look at every set of items, and at every way to divide it."""
    total = held.shape[1]
    everything = chain.from_iterable(combinations(range(len(held)), k) for k in range(1, len(held) + 1))
    supports = {items: float(np.all(held[list(items)], axis=0).sum() / total) for items in everything}
    found = {items: share for items, share in supports.items() if share >= least_support(config.min_support, total)}
    made = set()
    for items, share in found.items():
        for left in chain.from_iterable(combinations(items, k) for k in range(1, len(items))):
            right = tuple(sorted(set(items) - set(left)))
            if share / supports[left] >= config.min_confidence:
                made.add((left, right, round(share / supports[left] / supports[right], 9)))
    return found, made


@pytest.mark.parametrize(
    ("items", "transactions", "support"), [(6, 30, 0.2), (8, 130, 0.02), (5, 64, 0.5), (3, 1, 0.0)]
)
def test_sets_and_rules_are_those_of_looking_at_all(items: int, transactions: int, support: float) -> None:
    held = np.random.default_rng(items).random((items, transactions)) < 0.5
    config = Config(support, 0.3, 10**6)
    supports, made = naive(held, config)
    found = frequent(held, config)
    assert found == supports
    assert {(rule.antecedents, rule.consequents, round(rule.lift, 9)) for rule in rules(found, config)} == made


def test_the_contracted_rules() -> None:
    config = Config(0.4, 0.5)
    supports = frequent(FIVE, config)
    assert list(supports) == [(0,), (1,), (2,), (0, 1), (0, 2)]
    np.testing.assert_allclose(list(supports.values()), [0.8, 0.6, 0.6, 0.4, 0.4])
    found = rules(supports, config)
    assert [(rule.antecedents, rule.consequents) for rule in found] == [
        ((0,), (1,)),
        ((1,), (0,)),
        ((0,), (2,)),
        ((2,), (0,)),
    ]
    shares = [[rule.support, rule.confidence, rule.lift, rule.leverage, rule.conviction] for rule in found]
    there, back = [0.4, 0.5, 0.833333, -0.08, 0.8], [0.4, 0.666667, 0.833333, -0.08, 0.6]
    np.testing.assert_allclose(shares, [there, back, there, back], atol=1e-6)


def test_a_rule_without_exception_has_a_finite_conviction() -> None:
    config = Config(0.1, 0.9, 1)
    held = np.array([[1, 0], [1, 0]], np.bool_)
    (rule,) = rules(frequent(held, config), config)
    assert (rule.confidence, rule.lift, rule.conviction) == (1.0, 2.0, CERTAIN)


def test_a_small_support_is_raised_where_it_would_be_a_single_transaction() -> None:
    assert [least_support(0.001, 99), least_support(0.001, 100), least_support(0.3, 5)] == [0.05, 0.01, 0.3]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"min_support": 1.1}, r"min_support must be between 0\.0 and 1\.0"),
        ({"min_confidence": -0.1}, r"min_confidence must be between 0\.0 and 1\.0"),
        ({"max_rules": 0}, "max_rules must be >= 1"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, float], told: str) -> None:
    with pytest.raises(BadParameter, match=f"^{told}$"):
        Config(**changes)


def test_too_many_sets_and_what_is_late_are_refused() -> None:
    with pytest.raises(BadSeries, match="more than 10000 sets of items are frequent"):
        frequent(np.ones((40, 3), np.bool_), Config())
    with pytest.raises(BadSeries, match="the frequent sets were not found in time"):
        frequent(FIVE, Config(), lambda: True)
    with pytest.raises(BadSeries, match="the rules were not found in time"):
        rules({(0,): 1.0}, Config(), lambda: True)
