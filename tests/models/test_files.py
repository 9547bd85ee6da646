from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.files import CheckpointError, describe

TESTS = Path(__file__).parent.parent
CHECKPOINT = TESTS / "checkpoints" / "tdtsfm"


def test_a_safetensors_file_tells_size_dtype_and_values() -> None:
    weights = describe(CHECKPOINT)
    tensors = load_file(CHECKPOINT / "model.safetensors").values()
    assert weights.size == (CHECKPOINT / "model.safetensors").stat().st_size
    assert weights.dtype == "float32"
    assert weights.values == sum(tensor.numel() for tensor in tensors)


def test_several_dtypes_are_all_told(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2), "b": torch.zeros(2, dtype=torch.bfloat16)}, tmp_path / "model.safetensors")
    assert describe(tmp_path).dtype == "bfloat16,float32"


@pytest.mark.parametrize(("dtype", "name"), [(torch.float32, "float32"), (torch.bfloat16, "bfloat16")])
def test_a_torch_file_tells_its_dtype_without_being_unpickled(tmp_path: Path, dtype: torch.dtype, name: str) -> None:
    torch.save({"a": torch.zeros(3, dtype=dtype)}, tmp_path / "taos.pth")
    weights = describe(tmp_path)
    assert (weights.dtype, weights.values) == (name, None)


def test_safetensors_are_preferred(tmp_path: Path) -> None:
    shutil.copy(CHECKPOINT / "model.safetensors", tmp_path)
    (tmp_path / "taos.pth").write_bytes(b"")
    assert describe(tmp_path).path.name == "model.safetensors"


@pytest.mark.parametrize("content", [b"", b"\5", b"\xff" * 64, b"\2\0\0\0\0\0\0\0[]", b'\7\0\0\0\0\0\0\0{"a":1}'])
@pytest.mark.parametrize("name", ["model.safetensors", "taos.pth"])
def test_rubbish_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot read its header"):
        describe(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no weights in"):
        describe(tmp_path)
