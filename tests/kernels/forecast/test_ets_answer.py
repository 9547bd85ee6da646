from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Horizon, NotConverged
from kernels.forecast._ets_answer import answer
from kernels.forecast._ets_model import Form, fit_form, predict
from tests.kernels.forecast.contracted import L96

NOTHING = {"tried": 1, "planned": 1, "instead": "damped=1", "seasons": {}}


@pytest.mark.compiled_only("runs for each row")
def test_an_interval_is_that_of_the_model_or_wider_where_it_was_found() -> None:
    fitted = fit_form(L96, Form("add", "add", "none", False, 0))
    assert fitted is not None
    horizon = Horizon(5)
    given = answer(fitted, horizon, found=False, **NOTHING)
    found = answer(fitted, horizon, found=True, **NOTHING)
    np.testing.assert_array_equal([given.value, given.low, given.high], predict(fitted, horizon))
    assert np.all(found.low < given.low)
    assert "widened" in found.extra["diagnostics"]


def test_a_search_that_was_stopped_is_told() -> None:
    fitted = fit_form(L96, Form("add", "none", "none", False, 0))
    assert fitted is not None
    told = answer(fitted, Horizon(1), found=False, **(NOTHING | {"planned": 3, "seasons": {"periods": [3, 6]}})).extra
    assert told["search"] == "stopped by timeout after 1 of 3 models"
    assert told["periods"] == [3, 6]


@pytest.mark.compiled_only("simulates")
def test_a_trend_that_overflows_is_refused() -> None:
    fitted = fit_form(2.0 ** np.arange(40.0), Form("mul", "mul", "none", False, 0))
    assert fitted is not None
    with pytest.raises(NotConverged, match="overflows within 700 rows; use damped=1"):
        answer(fitted, Horizon(700), found=False, **NOTHING)
