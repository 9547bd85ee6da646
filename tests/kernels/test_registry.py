from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kernels import registry
from kernels.contract import Algorithm
from kernels.options import defaults


def test_every_public_module_is_an_algorithm_under_its_own_name() -> None:
    found = registry.discover()
    assert {"iqr", "ksigma"} <= {algorithm.name for algorithm in found}
    for algorithm in found:
        assert isinstance(algorithm, Algorithm)
        assert algorithm.name == algorithm.name.lower()
        assert 0 < len(algorithm.name.encode()) <= 63
        assert algorithm.desc
        assert algorithm.params() == algorithm.params(**defaults(algorithm))


def test_the_packages_are_all_but_those_of_shared_parts() -> None:
    names = registry.packages()
    assert {"kernels.anomaly", "kernels.forecast"} <= set(names)
    assert not {f"kernels.{name}" for name in registry.SHARED} & set(names)
    assert list(names) == sorted(names)


def test_a_package_has_algorithms_of_one_kind_in_name_order() -> None:
    for name in registry.packages():
        found = registry.discover(name)
        assert len({algorithm.kind for algorithm in found}) == 1
        modules = [module.__name__ for module in registry.modules(name)]
        assert [f"{name}.{algorithm.name}" for algorithm in found] == modules == sorted(modules)


def test_without_a_name_all_packages_are_searched() -> None:
    assert registry.discover() == registry.discover(*registry.packages())


def test_what_learns_beforehand_is_told_by_its_name_and_learns_what_it_says() -> None:
    assert {"iforest", "arima", "theta", "prophet"} <= set(registry.learners())
    kinds = {algorithm.name: algorithm.kind for algorithm in registry.discover()}
    for name, module in registry.learners().items():
        found = registry.learner(name)
        assert module.endswith(f"._{name}{registry.TRAINED}")
        assert kinds[name] == found.made.KIND


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
        registry.discover(name)


def test_a_file_that_is_not_called_like_its_algorithm_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = "from kernels.anomaly.iqr import ALGORITHM"
    name = package(tmp_path, monkeypatch, "registry_twice", iqr=again, other=again)
    with pytest.raises(TypeError, match="registry_twice.other has an algorithm named iqr: the file must be called"):
        registry.discover(name)


def test_names_are_known_without_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "registry_names", b="1 / 0", a="1 / 0", _part="1 / 0")
    assert registry.names(name) == ["a", "b"]


def test_two_algorithms_of_one_name_in_two_packages_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = "from kernels.anomaly.iqr import ALGORITHM"
    name = package(tmp_path, monkeypatch, "registry_more", iqr=again)
    with pytest.raises(TypeError, match="registry_more.iqr: an algorithm named iqr exists already"):
        registry.discover("kernels.anomaly", name)


def test_one_name_in_two_kinds_is_two_algorithms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forecasts = "import dataclasses, kernels.anomaly.iqr as iqr\n"
    forecasts += "ALGORITHM = dataclasses.replace(iqr.ALGORITHM, kind='forecast')"
    name = package(tmp_path, monkeypatch, "registry_kinds", iqr=forecasts)
    found = registry.discover("kernels.anomaly", name)
    assert [algorithm.kind for algorithm in found if algorithm.name == "iqr"] == ["anomaly-detection", "forecast"]


def test_broken_module_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "registry_broken", a="1 / 0")
    with pytest.raises(ZeroDivisionError):
        registry.discover(name)
