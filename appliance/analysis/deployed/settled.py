"""A forecaster of the node's own whose options were settled elsewhere, as JSON: it is fitted anew to every request.

The form is the one that nodes of TDengine know: `best_params` with the orders of an ARIMA, `seasonal_order_s` for the
rows in a season, and `freq`, which means nothing here, since a request says when its rows are. For others it has the
options of that name.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

from appliance.analysis.deployed.analyser import Analyser
from appliance.analysis.deployed.schema import MAX_LABEL, BadModel
from appliance.protocol import fields, options
from kernels.contract import FORECAST, Algorithm, AlgorithmError
from kernels.options import NoOptions

NAMES = ("arima", "theta", "prophet")
BEST, SEASON, STEP = "best_params", "seasonal_order_s", fields.FREQ
PARTS = (BEST, SEASON, STEP)


def is_one(config: Any) -> bool:
    """Tell whether a configuration is meant to be one of these."""
    return isinstance(config, Mapping) and str(config.get(fields.ALGO)).lower() in NAMES


def read(config: Mapping[str, Any]) -> Analyser:
    """Return the forecaster that a configuration describes; raises BadModel."""
    name, best = str(config[fields.ALGO]).lower(), config.get(BEST)
    if not isinstance(best, Mapping):
        raise BadModel(f"{BEST} must be an object: the options of {name}; a trained model is a safetensors file")
    given = dict(best)
    season = given.pop(SEASON, config.get(SEASON))
    if season is not None:
        given.setdefault(fields.PERIOD, season)
    algorithm: Algorithm = importlib.import_module(f"kernels.forecast.{name}").ALGORITHM
    known = [each.name for each in dataclasses.fields(algorithm.params)]
    for option, value in given.items():
        if option not in known:
            raise BadModel(f"unknown {BEST}.{option[:80]}; there are: {', '.join(known)}")
        if type(value) not in (int, float, str, bool) or len(str(value)) > MAX_LABEL:
            raise BadModel(f"{BEST}.{option} must be a number or a word")
    try:
        params = options.params(algorithm.params, {option: str(value).lower() for option, value in given.items()})
    except AlgorithmError as error:
        raise BadModel(f"{BEST}: {error}") from error
    summary = {fields.ALGO: name, **given}
    return Analyser(name, FORECAST, summary, algorithm.needs, NoOptions, lambda task, _: algorithm.run(task, params))
