import dataclasses
import types

import numpy as np
import pytest

from appliance.analysis import catalog
from appliance.host.settings import Settings
from kernels import registry
from kernels.contract import ANOMALY, FORECAST, Algorithm, Detection
from kernels.options import NoOptions


def settings(tmp_path) -> Settings:
    return Settings(model_dir=tmp_path / "model", algorithm_dir=tmp_path / "algo")


def test_catalogue_holds_everything_the_registry_finds(tmp_path):
    found = catalog.build(settings(tmp_path))
    assert {(one.kind, one.name) for one in registry.discover()} <= {(one.kind, one.name) for one in found}
    assert found.broken == {}


def test_algorithms_come_by_kind_in_name_order(tmp_path):
    found = catalog.build(settings(tmp_path))
    detectors = list(found.of_kind(ANOMALY))
    assert detectors == sorted(detectors)
    assert {"iqr", "ksigma"} <= set(detectors)
    assert set(detectors) & set(found.of_kind(FORECAST)) <= {"auto"}  # a name may be there in several kinds


def test_operators_algorithms_join_and_cannot_take_a_name_of_ours(tmp_path):
    (tmp_path / "algo").mkdir()
    for name in ("mine", "iqr"):
        (tmp_path / "algo" / f"{name}.py").write_text(
            f"from taosanode import *\nALGORITHM = Algorithm('{name}', 'by the operator', ANOMALY, NoOptions, print)"
        )
    found = catalog.build(settings(tmp_path))
    assert found.of_kind(ANOMALY)["mine"].desc == "by the operator"
    assert found.of_kind(ANOMALY)["iqr"].desc != "by the operator"
    assert list(found.broken) == [str(tmp_path / "algo" / "iqr.py")]


def with_models(monkeypatch, name, build) -> None:
    """Let `models.anomaly` hold one more module."""
    names, module = registry.names, registry.module
    extra = types.SimpleNamespace(build=build)
    monkeypatch.setattr(registry, "names", lambda of: [*names(of), *([name] if of == "models.anomaly" else [])])
    monkeypatch.setattr(
        registry, "module", lambda of, one: extra if (of, one) == ("models.anomaly", name) else module(of, one)
    )


def test_detectors_with_weights_are_built_from_the_model_folder_when_they_are_asked_for(tmp_path, monkeypatch):
    seen = []

    def build(model_dir):
        seen.append(model_dir)
        return Algorithm("weighty", "", ANOMALY, NoOptions, lambda t, p: Detection(np.ones(9, np.int8), np.zeros(9)))

    with_models(monkeypatch, "weighty", build)
    detectors = catalog.build(settings(tmp_path)).of_kind(ANOMALY)
    assert "weighty" in detectors
    assert seen == []
    assert detectors["weighty"].name == "weighty"
    assert seen == [tmp_path / "model"]


def test_an_algorithm_that_does_not_load_is_not_taken_for_one_that_is_not_there(tmp_path, monkeypatch):
    with_models(monkeypatch, "weighty", lambda model_dir: {}["absent"])
    with pytest.raises(ImportError, match="anomaly-detection weighty cannot be loaded: KeyError 'absent'"):
        catalog.build(settings(tmp_path)).of_kind(ANOMALY).get("weighty")


def test_an_algorithm_of_another_kind_than_its_folder_is_a_bug(tmp_path, monkeypatch):
    forecaster = Algorithm("weighty", "", FORECAST, NoOptions, lambda t, p: None)
    with_models(monkeypatch, "weighty", lambda model_dir: forecaster)
    with pytest.raises(TypeError, match="anomaly-detection weighty is expected, got forecast weighty"):
        catalog.build(settings(tmp_path), serve=True)


def test_two_algorithms_of_ours_with_one_name_are_a_bug(tmp_path, monkeypatch):
    with_models(monkeypatch, "iqr", lambda model_dir: None)
    with pytest.raises(TypeError, match="two algorithms of anomaly-detection named iqr"):
        catalog.build(settings(tmp_path))


def test_a_node_loads_all_that_it_announces_and_the_other_kinds_when_they_are_asked_for(tmp_path, monkeypatch):
    asked = []
    algorithm = registry.algorithm

    def seen(package, name):
        asked.append(f"{package}.{name}")
        return algorithm(package, name)

    monkeypatch.setattr(registry, "algorithm", seen)
    found = catalog.build(settings(tmp_path), serve=True)
    assert {"kernels.anomaly.iqr", "kernels.forecast.arima"} <= set(asked)
    assert not [name for name in asked if name.startswith("kernels.imputation")]
    assert "kalman" not in found.names
    asked.clear()
    assert len(list(found)) == len(found)
    assert asked == []
    fillers = found.of_kind("imputation")
    assert list(fillers) == ["kalman", "linear"]
    assert fillers.get("nonesuch") is None
    assert fillers["kalman"].name == "kalman"
    assert asked == ["kernels.imputation.kalman"]


def test_a_kind_that_is_announced_is_there_from_the_beginning(tmp_path):
    announced = dataclasses.replace(settings(tmp_path), detail_types=("imputation",))
    assert "kalman" in catalog.build(announced, serve=True).names
