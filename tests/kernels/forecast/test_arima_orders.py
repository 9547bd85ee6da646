from __future__ import annotations

import numpy as np

from kernels.forecast._arima_orders import Limits, Orders, neighbours, seeds, starts

SMALL = Limits(Orders(0, 0), Orders(2, 2), (True, False))


def naive(low: Orders, at: Orders, high: Orders) -> bool:
    """Every order between its bounds."""
    return all(getattr(low, k) <= getattr(at, k) <= getattr(high, k) for k in ("p", "q", "big_p", "big_q"))


def test_limits_allow_what_is_between_them() -> None:
    limits = Limits(Orders(1, 0), Orders(2, 1), (False,))
    for p in range(4):
        for q in range(3):
            assert limits.allow(Orders(p, q)) == naive(limits.least, Orders(p, q), limits.most)
    assert not limits.allow(Orders(1, 0, constant=True))


def test_starts_have_a_number_for_every_coefficient() -> None:
    assert len(starts(Orders(0, 0))) == 1
    points = starts(Orders(2, 1, 1, 0))
    assert len(points) == 12
    np.testing.assert_array_equal(points[0], np.zeros(4))


def test_neighbours_are_one_step_away() -> None:
    around = list(neighbours(Orders(2, 2, 1, 1, True)))
    assert len(set(around)) == 17
    assert Orders(2, 2, 1, 1, False) in around


def test_seeds_begin_with_the_cheapest_within_limits() -> None:
    assert next(iter(seeds(SMALL, Orders(1, 1)))).count == 0
    assert all(SMALL.allow(orders) for orders in seeds(SMALL, Orders(2, 0)))
