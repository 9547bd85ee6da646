from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kernels import registry
from kernels.contract import Detector, Forecaster, defaults


def test_every_public_module_is_an_algorithm_under_its_own_name() -> None:
    found = registry.discover()
    assert {"iqr", "ksigma"} <= set(found)
    for name, algorithm in found.items():
        assert isinstance(algorithm, (Detector, Forecaster))
        assert name == algorithm.name == name.lower()
        assert 0 < len(name.encode()) <= 63
        assert algorithm.desc
        assert algorithm.params() == algorithm.params(**defaults(algorithm.params))


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, **modules: str) -> str:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("")
    for module, text in modules.items():
        (folder / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, loaded)
    return name


def test_module_without_an_algorithm_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "registry_empty", foo="x = 1", _part="x = 2")
    with pytest.raises(TypeError, match="registry_empty.foo has no ALGORITHM"):
        registry.discover((name,))


def test_two_algorithms_of_one_name_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = "from kernels.anomaly.iqr import ALGORITHM"
    name = package(tmp_path, monkeypatch, "registry_twice", a=again, b=again)
    with pytest.raises(TypeError, match="registry_twice.b: an algorithm named iqr exists already"):
        registry.discover((name,))


def test_broken_module_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "registry_broken", a="1 / 0")
    with pytest.raises(ZeroDivisionError):
        registry.discover((name,))
