"""Whether torch is there, in the source tree and for the frozen program; tests/package/test_models.py installs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from appliance.model_servers import torch_runtime


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for torch of a frozen program, not made yet."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "lib" / "taosanode"))
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "modules", {key: value for key, value in sys.modules.items() if key != "torch"})
    return tmp_path / "tsfm"


def test_source_tree_has_it_installed() -> None:
    before = list(sys.path)
    torch_runtime.find()
    assert sys.path == before


def test_source_tree_without_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_runtime.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(torch_runtime.TorchMissing, match=r"pip install 'taosanode\[tsfm\]'"):
        torch_runtime.find()


def test_frozen_program_finds_it_beside_itself_once(frozen: Path) -> None:
    (frozen / "torch").mkdir(parents=True)
    (frozen / "torch" / "__init__.py").write_text("")
    torch_runtime.find()
    torch_runtime.find()
    assert sys.path == [str(frozen)]


def test_frozen_program_without_it_names_the_package(frozen: Path) -> None:
    with pytest.raises(torch_runtime.TorchMissing, match="install the package taosanode-tsfm"):
        torch_runtime.find()
