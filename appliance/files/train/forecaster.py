"""A forecaster whose parameters are kept, learned from one series of a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from appliance.analysis.deployed import tensors
from appliance.files.compare import scores
from appliance.files.series import FileSeries
from appliance.files.train import reading
from appliance.files.train.learned import Learned, listed, params
from appliance.protocol import fields, times
from kernels import registry
from kernels.contract import AlgorithmError, Series, Task
from kernels.options import declared
from kernels.trained import Trained

SUFFIX, TARGET, READ = tensors.SUFFIX, False, reading.series
AT_LEAST = 10  # rows, of the series and of what is left for learning
CONF = 0.95


def learn(kind: str, series: FileSeries, given: Sequence[str], share: float) -> Learned:
    """Learn from all rows; how well is found out before, by what the first of them say of the last.

    given : options of the forecaster; a season is looked for unless they say otherwise.
    share : of the rows that are held back for that.

    Raises
    ------
    UsageError, AlgorithmError : an option, too few rows, or rows that are not evenly spaced.
    """
    learner = registry.learner(kind)
    found = [f"{fields.PERIOD}=auto"] if fields.PERIOD in [one.name for one in declared(learner.params)] else []
    options = params(learner.params, [*found, *given])
    step = times.usual_step(series.data, "training")
    start = int(series.times[-1]) + step
    task = Task(series.columns, series.times, series.precision, start, step, known=series.known)
    model = learner.train(task, options)
    count = min(round(share * len(series.times)), len(series.times) - AT_LEAST)
    told = [_judged(task, lambda part: learner.train(part, options), count)] if count > 0 else []
    told.append(model.told)
    moments = np.datetime_as_string(series.times[[0, -1]].astype(f"datetime64[{series.precision}]"))
    about: tensors.Told = {
        "rows": len(series.times),
        "from": str(moments[0]),
        "to": str(moments[1]),
        "step": times.lasting(step, series.precision),
        "model": model.told,
        **({"covariates": listed([*series.known])} if series.known else {}),
    }
    return Learned(tensors.write(kind, model, about), told)


def _judged(task: Task, train: Callable[[Task], Trained], count: int) -> str:
    """Say how far from the last rows the forecast of a model is that has not seen them."""
    x, n = task.series, len(task.times)
    known = dataclasses.replace(
        task,
        columns={name: column[: n - count] for name, column in task.columns.items()},
        times=task.times[: n - count],
        start=int(task.times[n - count]),
        rows=count,
        levels=(CONF,),
    )
    try:
        answer: Any = train(known).run(known)
    except AlgorithmError as error:
        return f"not judged, the first {n - count} rows are too few to learn from: {error}"
    missed, season = x[n - count :] - answer.value, max(answer.period, 1)
    naive = scores.seasonal_naive(x[: n - count], count, season, CONF)[0]
    inside = 100.0 * float(np.mean((answer.low <= x[n - count :]) & (x[n - count :] <= answer.high)))
    repeated = "the last row" if season == 1 else f"the last {season} rows"
    return (
        f"held back the last {count} rows: mean error {_mean(missed)}, {_mean(x[n - count :] - naive)} if {repeated} "
        f"were repeated; {inside:.0f} % inside the interval of {100 * CONF:g} %"
    )


def _mean(errors: Series) -> str:
    return f"{float(np.mean(np.abs(errors))):.4g}"
