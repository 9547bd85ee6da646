from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from scipy.stats import t as student

from kernels.numerics.student_t import largest_deviate, two_sided_point, upper_point
from tests.kernels.golden import GOLDEN


def naive(p: float, dof: float) -> float:
    """Bisect scipy's tail."""
    low, high = 0.0, 1.0
    while student.sf(high, dof) > p:
        high *= 2
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if student.sf(middle, dof) > p else (low, middle)
    return low


@pytest.mark.parametrize("dof", [1, 2, 3, 17, 400, 39998])
@pytest.mark.parametrize("p", [0.49, 0.4, 1 / 3, 0.01, 1e-6, 1e-15])
def test_equals_the_naive_search(p: float, dof: float) -> None:
    assert upper_point(p, dof) == pytest.approx(naive(p, dof), rel=1e-10)


def test_equals_the_recorded_quantiles() -> None:
    for p, dof, wanted in GOLDEN["student_t"]:
        assert upper_point(p, dof) == pytest.approx(wanted, rel=1e-10), (p, dof)


def test_is_accurate_over_the_whole_range_used() -> None:
    # detectors ask for p = alpha / n or alpha / (2 n) at n - 2 degrees of freedom
    worst = 0.0
    for n in np.unique(np.geomspace(3, 40_000, 60).astype(int)):
        for alpha in (0.999, 0.5, 0.05, 1e-3, 1e-9, 1e-16):
            for p in (alpha / n, alpha / (2 * n)):
                worst = max(worst, abs(upper_point(p, n - 2.0) / student.isf(p, n - 2) - 1))
    assert worst < 1e-10


def test_far_tails_follow_the_power_law() -> None:
    # P(T > t) ~ c t^-3 for 3 degrees of freedom: a factor 1000 in p is a factor 10 in t
    assert upper_point(1e-203, 3.0) / upper_point(1e-200, 3.0) == pytest.approx(10.0, rel=1e-9)
    assert upper_point(0.0, 5.0) == inf


@pytest.mark.parametrize("dof", [1, 2, 3, 17, 400])
@pytest.mark.parametrize("conf", [1e-9, 0.1, 0.5, 0.95, 0.999])
def test_both_tails_leave_the_asked_coverage(conf: float, dof: float) -> None:
    # near the middle a double holds the tail to 1e-16, and t with it
    assert two_sided_point(conf, dof) == pytest.approx(student.isf((1 - conf) / 2, dof), rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("dof", [1, 2, 3, 1000])
def test_ends_of_an_interval_are_finite(dof: float) -> None:
    assert two_sided_point(1e-300, dof) == 0.0
    assert 8.0 < two_sided_point(1.0, dof) < inf


def test_critical_value_of_grubbs_published_table() -> None:
    # two-sided 5 %, F. E. Grubbs and G. Beck, Technometrics 14 (1972)
    table = {3: 1.155, 4: 1.481, 5: 1.715, 10: 2.290, 20: 2.709, 50: 3.128, 100: 3.384}
    for n, wanted in table.items():
        assert largest_deviate(0.05 / (2 * n), n) == pytest.approx(wanted, abs=8e-4)


def test_critical_value_at_no_significance_is_the_largest_possible_deviate() -> None:
    assert largest_deviate(0.0, 10) == pytest.approx(9 / sqrt(10))


@pytest.mark.parametrize("tails", [1, 2])
@pytest.mark.parametrize("alpha", [1e-300, 1e-16, 0.01, 0.5, 1 - 1e-12])
def test_critical_value_grows_with_the_number_of_values(alpha: float, tails: int) -> None:
    # grubbs and the ESD test rely on it
    sizes = [*range(3, 400), *range(400, 40_000, 997)]
    assert (np.diff([largest_deviate(alpha / (tails * n), n) for n in sizes]) > 0).all()
