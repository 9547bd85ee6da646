"""An application with the real detectors and a forecaster simple enough to know its answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from falcon import testing

from appliance.app import create_app
from appliance.catalog import Catalog
from appliance.metrics import Metrics
from appliance.observer import Observer
from appliance.resources.metrics import MetricsText
from appliance.scoreboard import Scoreboard
from appliance.settings import Settings
from appliance.slots import Slots
from kernels import registry
from kernels.contract import Detection, Detector, Forecast, Forecaster, Horizon, NoParams, Series


def _flat(series: Series, horizon: Horizon, params: NoParams) -> Forecast:
    value = np.full(horizon.rows, series[-1])
    return Forecast(value, value - horizon.conf, value + horizon.conf, mse=1.0)


def _broken(series: Series, params: NoParams) -> Detection:
    raise RuntimeError("a bug")


def _endless(series: Series, horizon: Horizon, params: NoParams) -> Forecast:
    value = np.full(horizon.rows, np.inf)
    return Forecast(value, value, value)


EXTRA = [
    Forecaster("flat", "the last value again", NoParams, _flat),
    Forecaster("endless", "runs out of the float range", NoParams, _endless),
    Detector("broken", "raises what it should not", NoParams, _broken),
]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog({**registry.discover(), **{algorithm.name: algorithm for algorithm in EXTRA}})


Node = Callable[[Catalog, Settings], testing.TestClient]


@pytest.fixture
def node() -> Node:
    """What makes an application of a catalogue and settings."""

    def make(catalog: Catalog, settings: Settings) -> testing.TestClient:
        scoreboard, metrics = Scoreboard(), Metrics()
        number = scoreboard.reserve()
        row = scoreboard.take(number)
        observer = Observer(row, metrics.recorder(number), catalog.algorithms)
        app = create_app(catalog, settings, Slots(2, 8, row.slots), observer, MetricsText(metrics, scoreboard))
        return testing.TestClient(app)

    return make


@pytest.fixture
def client(catalog: Catalog, node: Node) -> testing.TestClient:
    return node(catalog, Settings(max_body=4 * 1024 * 1024, detail_types=()))
