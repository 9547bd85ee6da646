import importlib
import logging
import sys
from pathlib import Path

import pytest

from appliance.analysis import taosanalytics_compat
from appliance.analysis.taosanalytics_compat import (
    AbstractAnomalyDetectionService,
    AbstractForecastService,
    insert_ts_list,
)
from appliance.host.settings import Settings


@pytest.fixture(autouse=True)
def _installed():
    before = set(sys.modules)
    taosanalytics_compat.install(Settings(model_dir=Path("/m"), tsfm={"mine": "http://127.0.0.1:1/x"}))
    yield
    for name in set(sys.modules) - before:
        if name.startswith("taosanalytics"):
            del sys.modules[name]


class Nothing(AbstractForecastService):
    def execute(self):
        return None


@pytest.mark.parametrize("name", ["service", "base", "analytics_base"])
def test_bases_are_offered_under_every_import_name(name):
    module = importlib.import_module(f"taosanalytics.{name}")
    assert module.AbstractForecastService is AbstractForecastService
    assert module.AbstractAnomalyDetectionService is AbstractAnomalyDetectionService


def test_other_modules_of_that_name_are_missed_as_usual():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("taosanalytics.something_else")


def test_times_go_in_front_of_the_values():
    values = [[5.0, 6.0]]
    assert importlib.import_module("taosanalytics.algo.forecast").insert_ts_list is insert_ts_list
    assert insert_ts_list(values, 100, 10, 2) is values
    assert values == [[100, 110], [5.0, 6.0]]


def test_settings_are_those_installed_last():
    for folder in ("/m", "/n"):
        taosanalytics_compat.install(Settings(model_dir=Path(folder), tsfm={"mine": "http://127.0.0.1:1/x"}))
        module = importlib.import_module("taosanalytics.conf")
        for conf in (module.conf, module.Configure.get_instance()):
            assert conf.get_model_directory() == folder
            assert conf.get_tsfm_service("mine") == "http://127.0.0.1:1/x"
            assert conf.get_tsfm_service("other") is None


def test_both_loggers_write_to_the_nodes_log(caplog):
    with caplog.at_level(logging.DEBUG, "operator_algorithms"):
        importlib.import_module("taosanalytics.conf").app_logger.log_inst.info("old %d", 1)
        importlib.import_module("taosanalytics.log").AppLogger.error("new %d", 2)
    assert caplog.messages == ["old 1", "new 2"]


def test_a_base_class_cannot_be_used_itself():
    with pytest.raises(TypeError):
        AbstractForecastService()


def test_defaults_of_a_forecast():
    nothing = Nothing()
    assert (nothing.period, nothing.start_ts, nothing.time_step, nothing.rows, nothing.fc_rows) == (0, 0, 0, 0, 0)
    assert (nothing.conf, nothing.return_conf, nothing.precision) == (0.95, 1, "ms")
    assert nothing.get_params() == {"period": 0, "conf": 0.95, "return_conf": 1}
    assert nothing.input_is_empty()


def test_parameters_become_attributes_of_their_type():
    nothing = Nothing()
    nothing.set_params({"rows": 5, "period": "12", "conf": "0.9", "start_ts": 7, "valid_code": "0", "x": "y"})
    assert (nothing.rows, nothing.fc_rows, nothing.period, nothing.start_ts) == (5, 5, 12, 7)
    assert (nothing.conf, nothing.valid_code, nothing.params["x"]) == (0.9, 0, "y")


def test_input_is_handed_over_as_the_guide_says():
    nothing = Nothing()
    nothing.set_input_list([1.0], [2])
    assert (nothing.list, nothing.ts_list, nothing.input_is_empty()) == ([1.0], [2], False)
