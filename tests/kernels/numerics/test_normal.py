import math

import pytest

from kernels.numerics.normal import normal_quantile, two_sided_quantile


def naive(probability: float) -> float:
    """Bisect the distribution function Phi(z) = erfc(-z / sqrt 2) / 2."""
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if math.erfc(-middle / math.sqrt(2.0)) / 2.0 < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@pytest.mark.parametrize("probability", [1e-300, 1e-20, 1e-12, 1e-6, 0.001, 0.05, 0.075, 0.25, 0.5, 0.6, 0.9, 0.975])
def test_quantile_inverts_the_distribution_function(probability: float) -> None:
    # erfc itself is good to some units of the last place
    assert normal_quantile(probability) == pytest.approx(naive(probability), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("probability", [1e-9, 0.01, 0.2, 0.4999])
def test_tails_mirror_each_other(probability: float) -> None:
    # 1 - p rounds: the upper tail is known only as well as p's distance from 1
    assert normal_quantile(1.0 - probability) == pytest.approx(-normal_quantile(probability), rel=1e-8)


def test_ninety_five_percent_lie_within_the_textbooks_1_96() -> None:
    assert two_sided_quantile(0.95) == pytest.approx(1.959963984540054, rel=1e-15)


def test_ends_are_infinite_for_the_quantile_but_finite_for_an_interval() -> None:
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    assert 8.0 < two_sided_quantile(1.0) < 8.5
    assert two_sided_quantile(1e-300) == 0.0
