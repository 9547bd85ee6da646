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


def with_models(monkeypatch, build) -> None:
    """Let `models.anomaly` hold one more module."""
    modules = registry.modules
    extra = types.SimpleNamespace(build=build)
    monkeypatch.setattr(
        registry, "modules", lambda package: [extra] if package == "models.anomaly" else modules(package)
    )


def test_detectors_with_weights_are_built_from_the_model_folder(tmp_path, monkeypatch):
    seen = []

    def build(model_dir):
        seen.append(model_dir)
        return Algorithm("weighty", "", ANOMALY, NoOptions, lambda t, p: Detection(np.ones(9, np.int8), np.zeros(9)))

    with_models(monkeypatch, build)
    assert "weighty" in catalog.build(settings(tmp_path)).names
    assert seen == [tmp_path / "model"]


def test_two_algorithms_of_ours_with_one_name_are_a_bug(tmp_path, monkeypatch):
    iqr = next(one for one in registry.discover() if one.name == "iqr")
    with_models(monkeypatch, lambda model_dir: dataclasses.replace(iqr))
    with pytest.raises(TypeError, match="two algorithms of anomaly-detection named iqr"):
        catalog.build(settings(tmp_path))


def test_a_kind_that_is_not_announced_is_loaded_when_it_is_asked_for(tmp_path, monkeypatch):
    asked = []
    discover = registry.discover

    def seen(*packages):
        asked.append(packages)
        return discover(*packages)

    monkeypatch.setattr(registry, "discover", seen)
    found = catalog.build(settings(tmp_path), defer=True)
    assert "kernels.imputation" not in asked[0]
    assert "kalman" not in found.names
    assert {"kalman", "linear", "dtw"} <= found.reserved
    assert list(found.of_kind("imputation")) == ["kalman", "linear"]
    assert len(asked) == 1  # names cost nothing
    fillers = found.of_kind("imputation")
    assert fillers["kalman"].name == "kalman"
    assert fillers.get("nonesuch") is None
    assert asked[1:] == [("kernels.imputation",)]


def test_a_kind_that_is_announced_is_there_from_the_beginning(tmp_path):
    announced = dataclasses.replace(settings(tmp_path), detail_types=("imputation",))
    assert "kalman" in catalog.build(announced, defer=True).names
