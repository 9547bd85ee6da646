from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from appliance import cli
from appliance.model_servers import torch_runtime

CHECKPOINT = Path(__file__).parent.parent.parent / "checkpoints" / "tdtsfm"


def test_a_torch_file_becomes_safetensors_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tensors = load_file(CHECKPOINT / "model.safetensors")
    torch.save(tensors, tmp_path / "taos.pth")
    (tmp_path / "taos.pth").chmod(0o644)
    assert cli.main(["taosanode", "convert-weights", str(tmp_path / "taos.pth")]) == cli.OK
    assert f"model.safetensors: {len(tensors)} tensors" in capsys.readouterr().err
    assert load_file(tmp_path / "model.safetensors").keys() == tensors.keys()
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644  # the service is another user


@pytest.mark.parametrize("name", ["missing.pth", "rubbish.pth"])
def test_what_cannot_be_converted_is_told(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rubbish.pth").write_bytes(b"rubbish")
    assert cli.main(["taosanode", "convert-weights", str(tmp_path / name)]) == cli.FAILED
    assert name in capsys.readouterr().err


def test_without_torch_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch_runtime.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["taosanode", "convert-weights", str(tmp_path / "taos.pth")]) == cli.FAILED
    assert "torch is not installed" in capsys.readouterr().err
