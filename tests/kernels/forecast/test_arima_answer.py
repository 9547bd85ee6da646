from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Horizon
from kernels.forecast._arima_answer import Differenced, answer_for_constant
from kernels.forecast._arima_scale import differenced, scaled


def test_constant_differences_continue_without_doubt() -> None:
    z = scaled(np.arange(10.0) * 3.0 + 2.0)
    model = Differenced(z, differenced(z.values, 1, 0, 0), 1, 0, 0)
    answer = answer_for_constant(model, Horizon(3))
    np.testing.assert_allclose(answer.value, [32.0, 35.0, 38.0], rtol=1e-13)
    np.testing.assert_allclose(answer.low, answer.high)
    assert answer.extra["diagnostics"] == {"sigma2": 0.0, "params": {"drift": pytest.approx(3.0)}, "n_models": 0}
