from __future__ import annotations

import numpy as np

from kernels.contract import Series
from kernels.forecast._weights import LEAST, by_errors


def weights(shares: list[float], errors: list[float], power: float) -> Series:
    return by_errors(np.array(shares), np.array(errors), power)


def test_a_weight_is_a_share_over_a_power_of_the_error() -> None:
    np.testing.assert_allclose(weights([0.5, 0.25, 0.25], [2.0, 1.0, 4.0], 2.0), np.array([8.0, 16.0, 1.0]) / 25.0)


def test_without_errors_shares_are_weights_and_one_without_an_error_does_not_take_all() -> None:
    np.testing.assert_allclose(weights([3.0, 1.0], [0.0, 0.0], 2.0), [0.75, 0.25])
    np.testing.assert_allclose(weights([1.0, 1.0], [0.0, 5.0], 1.0), np.array([1.0, LEAST]) / (1.0 + LEAST))
