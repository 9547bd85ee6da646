from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import _tails


def test_a_value_is_as_surprising_as_the_rows_beyond_it_are_few() -> None:
    skewed = np.array([1.0, 2.0, 2.0, 3.0, 50.0])  # to the right
    found = _tails.surprise([skewed.copy()], mean=False)
    left, right = -np.log([0.2, 0.6, 0.6, 0.8, 1.0]), -np.log([1.0, 0.8, 0.8, 0.4, 0.2])
    np.testing.assert_allclose(found, np.maximum(left, right))
    np.testing.assert_allclose(_tails.surprise([skewed], mean=True), np.maximum(right, (left + right) / 2))


def test_a_symmetric_column_has_both_tails() -> None:
    found = _tails.surprise([np.arange(5.0)], mean=False)
    np.testing.assert_allclose(found, -np.log([0.2, 0.4, 0.6, 0.8, 1.0]) - np.log([1.0, 0.8, 0.6, 0.4, 0.2]))


@pytest.mark.parametrize("mean", [True, False])
def test_mirroring_changes_nothing(mean: bool) -> None:
    x = np.random.default_rng(4).gamma(1.0, size=40)
    np.testing.assert_allclose(_tails.surprise([x.copy()], mean=mean), _tails.surprise([-x], mean=mean))
