from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from appliance.protocol.options import params, parse
from kernels.contract import BadParameter, BadSeries, Series, Task, TooShort
from kernels.forecast.ets import Params, forecast
from tests.kernels.forecast.contracted import L96, PASSENGERS, refused_by_all
from tests.kernels.forecast.models import few

MODELS = ["".join(letters) for letters in product("AM", "NAM", "NAM")]


def naive(y: Series, told: dict[str, Any], rows: int) -> tuple[float, list[float]]:
    """Run the weighted averages of table 2.2 from the reported parameters: mean squared error and forecasts."""
    found = told["diagnostics"]["params"]
    trend, seasonal, phi = told["trend"], told["seasonal"], found.get("phi", 1.0)
    level, growth = found["initial_level"], found.get("initial_growth", 1.0 if trend == "mul" else 0.0)
    seasons = list(found.get("initial_seasons", [0.0]))
    expected: list[float] = []
    for t in range(len(y) + rows):
        s = seasons.pop(0)
        damped = growth**phi if trend == "mul" else phi * growth
        grown = level * damped if trend == "mul" else level + damped
        expected.append(grown * s if seasonal == "mul" else grown + s)
        e = y[t] - expected[-1] if t < len(y) else 0.0
        k = e / s if seasonal == "mul" else e
        growth = damped + found.get("beta", 0.0) * (k / level if trend == "mul" else k)
        level = grown + found["alpha"] * k
        seasons.append(s + found.get("gamma", 0.0) * (e / grown if seasonal == "mul" else e))
    return float(np.mean((y - expected[: len(y)]) ** 2)), expected[len(y) :]


@pytest.mark.parametrize(
    ("model", "damped"),
    few([(model, damped) for model in MODELS for damped in (0, 1) if not damped or model[1] != "N"]),
)
def test_all_thirty_forms_forecast_what_follows_from_their_parameters(model: str, damped: int) -> None:
    y = PASSENGERS[:60]
    answer = forecast(Task.of(y, rows=14), Params(model, damped, 12 if model[2] != "N" else 0))
    trend = model[1] + "d" * damped
    assert answer.extra["model_info"] == f"ETS({model[0]},{trend},{model[2]})"
    mse, future = naive(y, dict(answer.extra), 14)
    np.testing.assert_allclose(answer.value, future, rtol=1e-8)
    assert answer.mse == pytest.approx(mse, rel=1e-8)
    assert np.all(answer.low < answer.value)
    assert np.all(answer.value < answer.high)


# contracted values of rows 1, 5 and 10; and further forms of statsforecast 2.1.1
WANTED: list[tuple[str, Series, dict[str, Any], list[float]]] = [
    ("contracted", PASSENGERS, {"model": "MAM", "period": 12, "damped": 0}, [448.3132, 494.3822, 476.8072]),
    ("contracted", PASSENGERS, {"model": "AAN", "damped": 0}, [434.2388, 443.21, 454.4239]),
    ("contracted", L96, {}, [19.6019] * 3),
    ("AutoETS", PASSENGERS, {"model": "MNM", "period": 12}, [442.3572, 477.6028, 448.2226]),
    ("AutoETS", PASSENGERS, {"model": "ANA", "period": 12}, [439.9817, 492.8512, 459.9239]),
    ("AutoETS", PASSENGERS, {"model": "AAA", "period": 12, "damped": 0}, [453.0888, 507.5075, 488.6873]),
    ("AutoETS", PASSENGERS, {"model": "MAM", "period": 12, "damped": 1}, [436.5054, 481.3485, 463.1566]),
]


@pytest.mark.compiled_only("seconds as plain Python")
@pytest.mark.parametrize(("source", "y", "options", "wanted"), WANTED)
def test_the_same_form_of_another_implementation_is_near(
    source: str, y: Series, options: dict[str, Any], wanted: list[float]
) -> None:
    answer = forecast(Task.of(y, rows=10), Params(**options))
    np.testing.assert_allclose(answer.value[[0, 4, 9]], wanted, rtol=0.03)


@pytest.mark.compiled_only("seconds as plain Python")
def test_the_contracted_errors_are_met() -> None:
    assert forecast(Task.of(PASSENGERS, rows=1), Params("AAN", 0)).mse == pytest.approx(1123.7077, rel=1e-3)
    assert forecast(Task.of(L96, rows=1), Params()).mse == pytest.approx(37.784, rel=1e-3)


@pytest.mark.compiled_only("15 fits")
def test_what_is_found_is_likelier_than_what_the_contract_has() -> None:
    answer = forecast(Task.of(PASSENGERS, rows=10), Params(period=12))
    np.testing.assert_allclose(answer.value[[0, 4]], [442.3572, 477.6028], rtol=0.03)
    np.testing.assert_allclose([answer.low[0], answer.high[0]], [399.0994, 485.6149], rtol=0.03)
    # theirs is ETS(M,N,M) of mse 182.861, and has 448.2226 here
    assert answer.value[9] == pytest.approx(448.2226, rel=0.05)
    assert answer.extra["model_info"] == "ETS(M,A,M)"
    assert answer.mse is not None
    assert answer.mse < 182.861
    same = forecast(Task.of(PASSENGERS, rows=10), Params("MNM", period=12))
    assert answer.extra["diagnostics"]["aicc"] < same.extra["diagnostics"]["aicc"]


@pytest.mark.compiled_only("many fits")
def test_letters_that_are_given_are_kept() -> None:
    told = forecast(Task.of(PASSENGERS, rows=1), Params("MZZ", damped=1, period=12)).extra
    assert told["model_info"][4] == "M"
    assert told["damped"] == 1 or told["trend"] == "none"
    told = forecast(Task.of(PASSENGERS - 300.0, rows=1), Params(period=12)).extra
    assert "M" not in told["model_info"]


def test_a_form_is_spelt_as_in_sql() -> None:
    assert params(Params, parse("model=zaz,damped=True")) == Params("ZAZ", 1)
    assert params(Params, parse("damped=0")).damped == 0


def test_the_fewest_rows_and_a_constant_are_answered() -> None:
    assert np.all(np.isfinite(forecast(Task.of([3.0, 4.0], rows=2)).value))
    np.testing.assert_allclose(forecast(Task.of(np.full(12, 7.0), rows=3), Params("ANN")).value, 7.0)


def test_nonsense_is_refused() -> None:
    refused_by_all(forecast, Params)
    for text in ("model=NNN", "model=ZZ", "model=AZQ", "model=ZNNA"):
        with pytest.raises(BadParameter, match="model parameter is not a valid ETS model, got"):
            params(Params, parse(text))
    for text in ("damped=2", "damped=maybe"):
        with pytest.raises(BadParameter, match="damped parameter can only be 0 or 1, got"):
            params(Params, parse(text))
    with pytest.raises(BadParameter, match="damped=1 needs a trend, got model=ANN"):
        Params("ANN", damped=1)
    with pytest.raises(BadParameter, match="model=AAA has a season and needs period >= 2, got 0"):
        forecast(Task.of(PASSENGERS, rows=1), Params("AAA"))
    with pytest.raises(TooShort, match="a trend needs at least 4 rows, got 3"):
        forecast(Task.of(PASSENGERS[:3], rows=1), Params("AAN"))
    with pytest.raises(BadSeries, match="multiplicative ETS components require strictly positive input data"):
        forecast(Task.of([1.0, 0.0, 2.0, 3.0], rows=1), Params("MNN"))
