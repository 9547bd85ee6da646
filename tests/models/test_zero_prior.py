from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from models import _zero_prior
from models._zero_prior import CALENDAR, FURTHEST_OF_LONG, LONG, SHORTEST, Drawn, draw


def drawn(groups: int, count: int = 4, seed: int = 0) -> list[Drawn]:
    random = np.random.default_rng(seed)
    return [each for _ in range(groups) for each in draw(random, count)]


def test_series_are_finite_and_as_long_as_they_say() -> None:
    for each in drawn(30):
        assert SHORTEST <= each.rows <= LONG
        assert 3 <= len(each.values) - each.rows <= FURTHEST_OF_LONG
        assert np.isfinite(each.values).all()
        assert np.abs(each.values).max() < _zero_prior.LARGEST


def test_the_network_is_told_only_seasons_that_fit_twice() -> None:
    for each in drawn(80, 2):
        assert each.period == 0 or 2 <= 2 * each.period <= each.rows
        assert each.second == 0 or (each.period and each.period < each.second <= each.rows // 2)


def test_many_seasons_are_usual_ones_and_some_are_none() -> None:
    periods = Counter(each.period for each in drawn(120, 2))
    total = sum(periods.values())
    assert 0.15 < periods[0] / total < 0.6
    assert sum(periods[usual] for usual in set(CALENDAR)) > 0.3 * total


def test_a_seed_gives_the_same_series() -> None:
    for first, other in zip(drawn(10, seed=3), drawn(10, seed=3), strict=True):
        np.testing.assert_array_equal(first.values, other.values)
        assert (first.rows, first.period, first.second) == (other.rows, other.period, other.second)


@pytest.mark.parametrize(
    ("rows", "period", "first", "share"),
    [(40, 0, 0.55, 0.65), (200, 0, 0.2, 0.35), (900, 0, 0.06, 0.13), (100, 12, 0.35, 0.65), (500, 12, 0.06, 0.13)],
)
def test_economic_series_are_most_frequent_where_they_are_short_and_slow(
    rows: int, period: int, first: float, share: float
) -> None:
    for structural, wanted in ((False, first), (True, share)):
        shares = _zero_prior._shares(rows, period, structural)
        assert shares.sum() == pytest.approx(1.0)
        assert shares[-2:].sum() == pytest.approx(wanted)
        assert (shares[-1] > 0.0) == structural


def test_most_series_are_positive_and_some_have_steps_or_repeat_values() -> None:
    series = [each.values for each in drawn(60)]
    assert 0.4 < np.mean([values.min() > 0.0 for values in series]) < 0.85
    assert np.mean([np.mean(np.diff(values) == 0.0) > 0.1 for values in series]) > 0.05
