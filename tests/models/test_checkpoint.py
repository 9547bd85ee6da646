from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models import _checkpoint
from models.files import CheckpointError
from models.tdtsfm import TdTsfm

CHECKPOINT = Path(__file__).parent.parent / "checkpoints" / "tdtsfm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(CHECKPOINT / name, tmp_path / name)
    return tmp_path


def _rewrite(folder: Path, change: dict[str, torch.Tensor | None]) -> None:
    tensors = {**load_file(folder / "model.safetensors"), **change}
    save_file({k: v.clone() for k, v in tensors.items() if v is not None}, folder / "model.safetensors")


NORM = "Taos_model.Taos_norm.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({NORM: None}, r"missing tensor model\.norm\.weight \(1 in all\)"),
        ({"Taos_extra.weight": torch.zeros(2)}, r"unknown tensor Taos_extra\.weight"),
        ({NORM: torch.zeros(31)}, r"Taos_model\.Taos_norm\.weight has shape \[31\], expected \[32\]"),
        ({NORM: torch.zeros(32, dtype=torch.int8)}, r"holds torch\.int8, floats are expected"),
    ],
)
def test_the_file_must_hold_exactly_the_models_tensors(
    folder: Path, change: dict[str, torch.Tensor | None], message: str
) -> None:
    _rewrite(folder, change)
    with pytest.raises(CheckpointError, match=message):
        TdTsfm.open(folder)


def test_a_torch_file_gives_the_same_model(folder: Path) -> None:
    expected = TdTsfm.open(folder).state_dict()
    torch.save(load_file(folder / "model.safetensors"), folder / "taos.pth")
    (folder / "model.safetensors").unlink()
    for name, tensor in TdTsfm.open(folder).state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("executed"),))


@pytest.mark.parametrize("content", [{"a": Evil()}, [1, 2], {"a": 1}])
def test_a_torch_file_of_anything_but_tensors_is_refused(
    folder: Path, content: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "model.safetensors").unlink()
    torch.save(content, folder / "taos.pth")
    with pytest.raises(CheckpointError, match=r"taos\.pth: "):
        TdTsfm.open(folder)
    assert not (folder / "executed").exists()


@pytest.mark.parametrize("content", [b"", b"rubbish" * 100, pickle.dumps({"a": 1})])
@pytest.mark.parametrize("name", ["model.safetensors", "taos.pth"])
def test_rubbish_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="not a"):
        TdTsfm.open(tmp_path)


def test_weights_are_converted_to_the_wanted_dtype(folder: Path) -> None:
    model = TdTsfm.open(folder, torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize(("text", "message"), [("[]", "an object is expected"), ("{", "config.json: ")])
def test_a_broken_config_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=message):
        _checkpoint.read_config(tmp_path)


def test_a_folder_without_weights_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"put model\.safetensors and config\.json there, or taos\.pth"):
        TdTsfm.open(tmp_path)
