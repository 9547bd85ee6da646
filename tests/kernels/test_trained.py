from __future__ import annotations

import numpy as np
import pytest

from kernels import trained
from kernels.contract import BadParameter, BadSeries


def test_bounds_belong_to_the_range_and_nan_to_none() -> None:
    trained.within("a", 1.0, 1.0, 1.0)
    trained.bounded("a", np.empty((0, 3)), 0.0, 1.0)
    for wrong in (2.0, np.nan):
        with pytest.raises(BadParameter, match=r"a must be 1 to 1, got"):
            trained.within("a", wrong, 1.0, 1.0)
        with pytest.raises(BadParameter, match=r"a must hold numbers 0 to 1, got (2|nan)"):
            trained.bounded("a", np.array([[0.5, wrong]]), 0.0, 1.0)


def test_shapes_are_compared_whole() -> None:
    trained.shaped("a", np.ones((2, 3)), (2, 3))
    with pytest.raises(BadParameter, match=r"a must have the shape \[6\], got \[2, 3\]"):
        trained.shaped("a", np.ones((2, 3)), (6,))


def test_an_answer_is_finite_or_none() -> None:
    trained.refuse_infinite(np.ones(2), np.zeros(0))
    with pytest.raises(BadSeries, match="the forecast leaves the range of floating-point numbers"):
        trained.refuse_infinite(np.ones(2), np.array([1.0, np.inf]))
