from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.convert import to_safetensors
from models.files import CheckpointError


def test_names_values_and_dtypes_stay(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    state = {"a.weight": shared.view(2, 3), "b": shared.view(2, 3).T, "c": torch.zeros(2, dtype=torch.bfloat16)}
    torch.save(state, tmp_path / "taos.pth")
    assert to_safetensors(tmp_path / "taos.pth", tmp_path / "model.safetensors") == 3
    found = load_file(tmp_path / "model.safetensors")
    assert found.keys() == state.keys()
    for name, tensor in state.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0)


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    output = tmp_path / "model.safetensors"
    output.write_bytes(b"old")
    torch.save([1], tmp_path / "taos.pth")
    with pytest.raises(CheckpointError):
        to_safetensors(tmp_path / "taos.pth", output)
    assert output.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"taos.pth", "model.safetensors"}
