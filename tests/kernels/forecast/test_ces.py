from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.protocol.options import params, parse
from kernels.contract import BadParameter, NotConverged, Series, Task, TooShort
from kernels.forecast.ces import Params, forecast
from kernels.numerics.normal import two_sided_quantile
from tests.kernels.forecast.contracted import L96, PASSENGERS, refused_by_all


def naive(y: Series, a0: float, a1: float, rows: int) -> list[float]:
    """Run the form without season forth, back and forth from its parameter, then ahead."""
    level, ahead = float(np.mean(y[:10])), []
    potential = level / 1.1
    for value in [*y, *y[::-1], *y, *[None] * rows]:
        if value is None:
            ahead.append(level)
        e = 0.0 if value is None else value - level
        level, potential = level - (1 - a1) * potential + (a0 - a1) * e, level + (1 - a0) * potential + (a0 + a1) * e
    return ahead


@pytest.mark.parametrize("n", [12, 24])
def test_forecasts_follow_from_the_reported_parameter(n: int) -> None:
    answer = forecast(Task.of(L96[:n], rows=5))
    np.testing.assert_allclose(answer.value, naive(L96[:n], *answer.extra["alpha"], 5), rtol=1e-9)


# contracted values of rows 1, 5 and 10; and AutoCES of statsforecast 2.1.1
WANTED: list[tuple[str, Series, dict[str, Any], list[float]]] = [
    ("contracted", PASSENGERS, {"period": 12}, [453.0182, 519.7828, 501.2504]),
    ("contracted", PASSENGERS, {"model": "N"}, [425.491, 409.3186, 390.3257]),
    ("contracted", L96, {}, [19.4359, 18.6328, 17.8476]),
    ("AutoCES", PASSENGERS, {"model": "S", "period": 12}, [445.9959, 523.1925, 506.7555]),
    ("AutoCES", PASSENGERS, {"model": "F", "period": 12}, [453.0182, 519.7828, 501.2504]),
]


@pytest.mark.compiled_only("hundreds of runs")
@pytest.mark.parametrize(("source", "y", "options", "wanted"), WANTED)
def test_the_same_form_of_another_implementation_is_near(
    source: str, y: Series, options: dict[str, Any], wanted: list[float]
) -> None:
    answer = forecast(Task.of(y, rows=10), Params(**options))
    np.testing.assert_allclose(answer.value[[0, 4, 9]], wanted, rtol=0.03)
    assert answer.extra["model_info"] == "CES"


@pytest.mark.compiled_only("hundreds of runs")
def test_the_form_that_is_found_is_one_of_those_that_can_be_named() -> None:
    found = forecast(Task.of(PASSENGERS, rows=5), Params(period=12))
    named = forecast(Task.of(PASSENGERS, rows=5), Params(found.extra["form"], 12))
    np.testing.assert_array_equal(found.value, named.value)
    assert found.mse == pytest.approx(135.859, rel=0.05)


@pytest.mark.compiled_only("hundreds of runs")
def test_intervals_widen_with_the_steps_and_the_coverage() -> None:
    half = {conf: (a := forecast(Task.of(L96, rows=8, conf=conf))).high - a.value for conf in (0.5, 0.9)}
    assert np.all(np.diff(half[0.9]) > 0.0)
    np.testing.assert_allclose(half[0.9] / half[0.5], two_sided_quantile(0.9) / two_sided_quantile(0.5))


@pytest.mark.parametrize("model", ["N", "S", "P", "F", "Z"])
def test_a_constant_and_the_fewest_rows_are_answered(model: str) -> None:
    answer = forecast(Task.of(np.full(8, 7.0), rows=3), Params(model, 4))
    np.testing.assert_allclose(answer.value, 7.0, rtol=0.02)
    assert np.all(np.isfinite(forecast(Task.of([3.0, 4.0], rows=2)).value))
    np.testing.assert_array_equal(forecast(Task.of(np.zeros(8), rows=3), Params(model, 4)).value, 0.0)


@pytest.mark.compiled_only("hundreds of runs")
def test_a_forecast_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(NotConverged, match="the forecast leaves the range of numbers within 10000 rows"):
        forecast(Task.of(1.2 ** np.arange(200.0), rows=10_000), Params("N"))


def test_nonsense_is_refused() -> None:
    refused_by_all(forecast, Params)
    with pytest.raises(BadParameter, match="model parameter can only be 'N', 'S', 'P', 'F' or 'Z', got Q"):
        params(Params, parse("model=q"))
    assert params(Params, parse("model=f")).model == "F"
    with pytest.raises(BadParameter, match="model=F has a season and needs period >= 2, got 0"):
        forecast(Task.of(PASSENGERS, rows=1), Params("F"))
    with pytest.raises(TooShort, match="number of input data is less than the required periods"):
        forecast(Task.of(PASSENGERS[:23], rows=1), Params(period=12))
