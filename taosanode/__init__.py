"""For Python: `detect`, `forecast`, `impute`, `correlate` and `compare` over data frames and arrays.

And what an algorithm of an operator's own is written with: ``from taosanode import Algorithm, Task, ...``.

Names that are here stay from release to release; where they come from may change.
"""

from typing import TYPE_CHECKING, Any

from kernels._jit import kernel
from kernels.contract import (
    ANOMALY,
    CORRELATION,
    FORECAST,
    IMPUTATION,
    Algorithm,
    AlgorithmError,
    BadParameter,
    BadSeries,
    Correlation,
    Detection,
    Filling,
    Forecast,
    Needs,
    NotConverged,
    Series,
    Task,
    TooShort,
    as_columns,
    as_pair,
    as_series,
)
from kernels.options import NoOptions, Options, check, option

if TYPE_CHECKING:
    from appliance.frames.calls import (
        SeriesWarning,
        compare,
        correlate,
        detect,
        forecast,
        impute,
        list_algorithms,
        plot,
    )
    from appliance.frames.estimators import Arima, Auto, Detector, Forecaster, HoltWinters, Zero

CALLS = ("SeriesWarning", "compare", "correlate", "detect", "forecast", "impute", "list_algorithms", "plot")
ESTIMATORS = ("Arima", "Auto", "Detector", "Forecaster", "HoltWinters", "Zero")

__all__ = [
    "ANOMALY",
    "CORRELATION",
    "FORECAST",
    "IMPUTATION",
    "Algorithm",
    "AlgorithmError",
    "Arima",
    "Auto",
    "BadParameter",
    "BadSeries",
    "Correlation",
    "Detection",
    "Detector",
    "Filling",
    "Forecast",
    "Forecaster",
    "HoltWinters",
    "Needs",
    "NoOptions",
    "NotConverged",
    "Options",
    "Series",
    "SeriesWarning",
    "Task",
    "TooShort",
    "Zero",
    "as_columns",
    "as_pair",
    "as_series",
    "check",
    "compare",
    "correlate",
    "detect",
    "forecast",
    "impute",
    "kernel",
    "list_algorithms",
    "option",
    "plot",
]


def __getattr__(name: str) -> Any:
    """Load what analyses frames when it is first asked for: an operator's algorithm needs none of it."""
    if name in CALLS:
        from appliance.frames import calls as module
    elif name in ESTIMATORS:
        from appliance.frames import estimators as module  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)
