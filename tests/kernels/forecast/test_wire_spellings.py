"""How options are spelt in SQL."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.protocol.options import params, parse
from kernels.contract import BadParameter
from kernels.forecast import arima, holtwinters


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (holtwinters.Params, "trend=ADD,seasonal=Mul,period=24", holtwinters.Params("add", "mul", 24)),
        (holtwinters.Params, "trend=auto,damped=1,period=Auto", holtwinters.Params("auto", "none", "auto", 1)),
        (holtwinters.Params, "period=none,damped=AUTO", holtwinters.Params(period="none")),
        (arima.Params, "period=24.0,p=1,P=auto,max_P=1", arima.Params(24, p=1, max_P=1)),
        (arima.Params, "period=NONE,d=1", arima.Params("none", d=1)),
    ],
)
def test_options_are_understood(kind: type, text: str, wanted: Any) -> None:
    assert params(kind, parse(text)) == wanted


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (holtwinters.Params, "trend=up", "trend parameter can only be 'mul' or 'add', or 'none' or 'auto', got up"),
        (holtwinters.Params, "period=often", "period must be an integer or auto or none, got 'often'"),
        (holtwinters.Params, "damped=2", "damped must be 0 or 1 or auto, got '2'"),
        (arima.Params, "period=2.5", "period must be an integer or auto or none, got '2.5'"),
        (arima.Params, "p=many", "p must be an integer or auto, got 'many'"),
        (arima.Params, "p=21", "p must be 0 to 20 or auto, got 21"),
    ],
)
def test_nonsense_is_refused(kind: type, text: str, message: str) -> None:
    with pytest.raises(BadParameter) as refused:
        params(kind, parse(text))
    assert str(refused.value) == message
