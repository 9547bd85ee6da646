"""A forecaster whose parameters are kept, learned from one series of a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from appliance.analysis.deployed import tensors
from appliance.files.compare import scores
from appliance.files.series import FileSeries
from appliance.files.train import reading
from appliance.files.train.learned import Learned, params
from appliance.protocol import fields, times
from kernels.contract import AlgorithmError, Series, Task
from kernels.forecast import _arima_trained, _prophet_trained, _theta_trained, arima, prophet, theta
from kernels.options import declared
from kernels.trained import Trained

SUFFIX, TARGET, READ = tensors.SUFFIX, False, reading.series
AT_LEAST = 10  # rows, of the series and of what is left for learning
CONF = 0.95
LEARNERS: dict[str, tuple[type[Any], Any]] = {
    "arima": (arima.Params, _arima_trained.train),
    "theta": (theta.Params, _theta_trained.train),
    "prophet": (prophet.Params, prophet.train),
}


def learn(kind: str, series: FileSeries, given: Sequence[str], share: float) -> Learned:
    """Learn from all rows; how well is found out before, by what the first of them say of the last.

    given : options of the forecaster; a season is looked for unless they say otherwise.
    share : of the rows that are held back for that.

    Raises
    ------
    UsageError, AlgorithmError : an option, too few rows, or rows that are not evenly spaced.
    """
    made, train = LEARNERS[kind]
    found = [f"{fields.PERIOD}=auto"] if fields.PERIOD in [one.name for one in declared(made)] else []
    options = params(made, [*found, *given])
    step = times.usual_step(series.data, "training")
    task = dataclasses.replace(series.data, start=int(series.times[-1]) + step, step=step, rows=1)
    model = train(task, options)
    count = min(round(share * len(series.times)), len(series.times) - AT_LEAST)
    told = [_judged(task, lambda part: train(part, options), count)] if count > 0 else []
    told.append(_described(model))
    moments = np.datetime_as_string(series.times[[0, -1]].astype(f"datetime64[{series.precision}]"))
    about: tensors.Told = {
        "rows": len(series.times),
        "from": str(moments[0]),
        "to": str(moments[1]),
        "step": times.lasting(step, series.precision),
        "model": told[-1],
    }
    return Learned(tensors.write(kind, model, about), told)


def _judged(task: Task, train: Any, count: int) -> str:
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
        answer = train(known).run(known)
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


def _described(model: Trained) -> str:
    if isinstance(model, _arima_trained.Process):
        return f"{model.name}, errors of {model.sigma:.4g}"
    if isinstance(model, _theta_trained.Smoother):
        season = f", a season of {len(model.profile)} rows" if len(model.profile) > 1 else ""
        return (
            f"{model.form}: rate {model.rate:.4g}, drift {model.drift:.4g} a row{season}, errors of {model.sigma:.4g}"
        )
    assert isinstance(model, _prophet_trained.Course)
    seasons = ", ".join(f"{name} of order {order}" for name, order in model.seasons) or "none"
    return f"{model.growth} trend with {len(model.changes)} changepoints; seasons: {seasons}"
