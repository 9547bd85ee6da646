from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed.algorithms import Live, added
from appliance.analysis.deployed.schema import BadModel
from appliance.analysis.deployed.store import Store
from kernels import registry
from kernels.contract import ANOMALY, FORECAST, Task
from tests.appliance.analysis.deployed.configs import LINE
from tests.appliance.analysis.deployed.test_settled import ORDERS
from tests.appliance.analysis.deployed.test_tensors import FILE, FOREST, TABLE

CATALOG = Catalog.of(registry.discover("kernels.anomaly", "kernels.forecast"))


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path)
    for name, model in (("forest", FILE), ("orders", ORDERS), ("line", LINE)):
        found.add(name, model)
    return found


def test_a_deployed_model_is_among_the_algorithms_of_its_kind_until_it_goes(store):
    live = Live(CATALOG.of_kind(ANOMALY), ANOMALY, store)
    np.testing.assert_array_equal(live["FOREST"].run(Task.of(TABLE), None).score, FOREST.run(Task.of(TABLE)).score)
    assert live["ksigma"] is CATALOG.of_kind(ANOMALY)["ksigma"]
    assert [*live][-1] == "forest"
    assert len(live) == len(CATALOG.of_kind(ANOMALY)) + 1
    store.remove("forest")
    assert "forest" not in live
    assert live.get("../forest") is None


def test_a_model_of_another_kind_is_refused_as_what_it_is(store):
    live = Live(CATALOG.of_kind(ANOMALY), ANOMALY, store)
    for name, kind in (("orders", FORECAST), ("line", "regression")):
        with pytest.raises(BadModel, match=f"model {name} is one for {kind}, not for anomaly-detection"):
            live[name]


def test_a_catalogue_is_told_with_the_models_and_the_node_s_own_names_win(store):
    (store._folder / "arima.safetensors").write_bytes(FILE)  # put there by hand
    (store._folder / "ksigma.safetensors").write_bytes(FILE)
    told = added(CATALOG, store.listed())
    assert told.of_kind(FORECAST)["orders"].desc == "dynamic generated model training from arima"
    assert told.of_kind(ANOMALY)["ksigma"].desc == CATALOG.of_kind(ANOMALY)["ksigma"].desc
    assert "line" not in told.names
    assert "orders" not in CATALOG.of_kind(FORECAST)
