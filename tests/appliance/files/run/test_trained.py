from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed import tensors
from appliance.analysis.deployed.algorithms import Live
from appliance.analysis.deployed.schema import BadModel
from appliance.analysis.deployed.store import Store
from appliance.analysis.kinds import BY_TYPE
from appliance.files.run import trained
from appliance.files.run.local import Local
from appliance.files.run.question import Question, read
from appliance.files.series import FileSeries, UsageError
from appliance.host.settings import Settings
from kernels.contract import ANOMALY, FORECAST
from kernels.forecast import theta
from kernels.forecast._theta_trained import Smoother
from tests.appliance.analysis.deployed.configs import LINE

HOURS = np.arange(20, dtype=np.int64) * 3_600_000
MODEL = tensors.write("theta", Smoother("STM", False, 0.5, 1.0, 2.0, 0, 3.6e12, np.zeros(1)), {})
OWN = Catalog.of([theta.ALGORITHM])


@pytest.fixture
def settings(tmp_path) -> Settings:
    Store(tmp_path / "dynamic").add("Sales", MODEL)
    (tmp_path / "My.safetensors").write_bytes(MODEL)
    (tmp_path / "heat.json").write_bytes(orjson.dumps(LINE))
    (tmp_path / "broken.safetensors").write_bytes(MODEL[:9])
    return Settings(dynamic_model_dir=tmp_path / "dynamic")


def test_a_model_answers_by_its_name_and_by_its_file_as_a_node_answers(settings, tmp_path) -> None:
    series = FileSeries("", HOURS, "ms", {"v": np.arange(20.0)})
    here = str(tmp_path / "My.safetensors")
    node = Live(OWN.of_kind(FORECAST), FORECAST, Store(settings.dynamic_model_dir))
    for name in ("sales", here):
        found = trained.with_models(OWN, settings, [name])
        engine = Local(BY_TYPE[FORECAST], found, settings, Question(name))
        answered = engine.answer(name, series)
        expected = node["sales"].run(answered.task, None)
        np.testing.assert_array_equal(answered.answer.value, expected.value)
        assert answered.algorithm == name
        assert [*found.of_kind(FORECAST)] == ["theta"]  # what is meant by all


def test_a_name_is_in_small_letters_and_a_file_as_it_is() -> None:
    assert read("Sales,k=2", []) == ("sales", "k=2")
    assert read("Folder/My.safetensors", []) == ("Folder/My.safetensors", "")


@pytest.mark.parametrize(
    ("name", "kind", "error", "message"),
    [
        ("none.safetensors", FORECAST, UsageError, r"none\.safetensors: No such file or directory"),
        ("broken.safetensors", FORECAST, UsageError, r"broken\.safetensors: no safetensors file"),
        ("heat.json", FORECAST, BadModel, r"heat\.json is one for regression, not for forecast"),
        ("My.safetensors", ANOMALY, BadModel, r"My\.safetensors is one for forecast, not for anomaly-detection"),
    ],
)
def test_what_cannot_answer_is_named(settings, tmp_path, name, kind, error, message) -> None:
    path = str(Path(tmp_path, name))
    catalog = trained.with_models(Catalog({FORECAST: {}, ANOMALY: {}}), settings, [path])
    with pytest.raises(error, match=message):
        catalog.of_kind(kind)[path]
