from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._width import Trust, width


def naive(value: Series, low: Series, high: Series, truth: Series, conf: float, trust: Trust, each: float) -> float:
    outside = []
    for v, lower, upper, t in zip(value, low, high, truth, strict=True):
        half = upper - v if t > v else v - lower
        if half > 0.0:
            outside.append(abs(t - v) / half)
    if not outside:
        return 1.0
    wanted = float(np.quantile(outside, conf))
    wanted = min(max(wanted, 1.0 / trust.most), trust.most)
    return float(wanted ** (each * len(outside) / (each * len(outside) + trust.rows)))


@pytest.mark.parametrize("size", [0.05, 0.7, 1.0, 1.6, 40.0])
@pytest.mark.parametrize("rows", [0, 1, 7, 48])
def test_equals_the_naive_one(size: float, rows: int) -> None:
    random = np.random.default_rng(rows)
    value = random.normal(size=rows)
    low, high = value - random.exponential(size=rows), value + random.exponential(size=rows)
    low[:1] = value[:1]
    asked = value, low, high, value + size * random.normal(size=rows), 0.9, Trust(20.0, 2.5), 1.5
    assert width(*asked) == pytest.approx(naive(*asked), rel=1e-12)


def test_an_interval_that_held_too_much_of_the_past_is_narrower_and_one_that_held_too_little_wider() -> None:
    truth = np.random.default_rng(0).normal(size=4000)
    flat = np.zeros(4000)
    widths = [width(flat, flat - half, flat + half, truth, 0.95, Trust(100.0, 2.0)) for half in (1.0, 1.96, 4.0)]
    np.testing.assert_allclose(widths, [1.96, 1.0, 0.5], rtol=0.05)


def test_few_past_rows_hardly_change_the_width_and_none_do_not() -> None:
    flat, trust = np.zeros(3), Trust(100.0, 2.0)
    assert width(flat, flat - 1.0, flat + 1.0, flat + 9.0, 0.95, trust) == pytest.approx(2.0 ** (3 / 103))
    assert width(flat, flat, flat, flat + 1.0, 0.95, trust) == 1.0
