"""What an algorithm of an operator's own is written with: ``from taosanode import Algorithm, Task, ...``.

Names that are here stay from release to release; where they come from may change.
"""

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

__all__ = [
    "ANOMALY",
    "CORRELATION",
    "FORECAST",
    "IMPUTATION",
    "Algorithm",
    "AlgorithmError",
    "BadParameter",
    "BadSeries",
    "Correlation",
    "Detection",
    "Filling",
    "Forecast",
    "Needs",
    "NoOptions",
    "NotConverged",
    "Options",
    "Series",
    "Task",
    "TooShort",
    "as_columns",
    "as_pair",
    "as_series",
    "check",
    "kernel",
    "option",
]
