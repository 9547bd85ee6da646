import dataclasses
import types

import numpy as np
import pytest

from appliance.analysis import catalog
from appliance.host.settings import Settings
from kernels import registry
from kernels.contract import Detection, Detector, Forecaster, NoParams


def settings(tmp_path) -> Settings:
    return Settings(model_dir=tmp_path / "model", algorithm_dir=tmp_path / "algo")


def test_catalogue_holds_everything_the_registry_finds(tmp_path):
    found = catalog.build(settings(tmp_path))
    assert set(registry.discover()) <= set(found.algorithms)
    assert found.broken == {}


def test_algorithms_come_by_kind_in_name_order(tmp_path):
    found = catalog.build(settings(tmp_path))
    detectors = [algorithm.name for algorithm in found.of_kind(Detector)]
    assert detectors == sorted(detectors)
    assert {"iqr", "ksigma"} <= set(detectors)
    assert not set(detectors) & {algorithm.name for algorithm in found.of_kind(Forecaster)}


def test_operators_algorithms_join_and_cannot_take_a_name_of_ours(tmp_path):
    (tmp_path / "algo").mkdir()
    for name in ("mine", "iqr"):
        (tmp_path / "algo" / f"{name}.py").write_text(
            f"from kernels.contract import *\nALGORITHM = Detector('{name}', 'by the operator', NoParams, print)"
        )
    found = catalog.build(settings(tmp_path))
    assert found.algorithms["mine"].desc == "by the operator"
    assert found.algorithms["iqr"].desc != "by the operator"
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
        return Detector("weighty", "", NoParams, lambda s, p: Detection(np.ones(len(s), np.int8), np.zeros(len(s))))

    with_models(monkeypatch, build)
    assert "weighty" in catalog.build(settings(tmp_path)).algorithms
    assert seen == [tmp_path / "model"]


def test_two_algorithms_of_ours_with_one_name_are_a_bug(tmp_path, monkeypatch):
    iqr = registry.discover()["iqr"]
    with_models(monkeypatch, lambda model_dir: dataclasses.replace(iqr))
    with pytest.raises(TypeError, match="two algorithms named iqr"):
        catalog.build(settings(tmp_path))
