"""Opens a model directory: a config and one file of weights, every name and shape checked, nothing executed.

`model.safetensors` is mapped into memory: tensors already in the wanted dtype are used where they lie in the file, so
they are paged in when first needed and shared by all processes of the machine. `taos.pth` is read with torch's
restricted loader, which refuses anything but tensors.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from models.files import CheckpointError, weights_file

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def read_config(folder: Path) -> dict[str, Any]:
    """Return the directory's `config.json`; an empty dict where there is none."""
    path = folder / "config.json"
    if not path.exists():
        return {}
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{path}: an object is expected")
    return config


def pick(config: Mapping[str, Any], key: str, default: Any) -> Any:
    """Return a config field, refusing a value of another type than the default's (an int passes as a float)."""
    value = config.get(key)
    if value is None:
        return default
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise CheckpointError(f"config: {key} must be of type {type(default).__name__}, got {value!r}")
    return value


def sizes(config: Mapping[str, Any], **fields: int) -> dict[str, int]:
    """Return integer config fields, each with its default, refusing what is not positive."""
    found = {key: pick(config, key, default) for key, default in fields.items()}
    for key, value in found.items():
        if value < 1:
            raise CheckpointError(f"config: {key} must be >= 1, got {value}")
    return found


def lengths(config: Mapping[str, Any], key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """Return a config field that is one head length or an ascending list of them."""
    value = config.get(key, list(default))
    value = [value] if type(value) is int else value
    ascending = isinstance(value, list) and value and all(type(v) is int and v >= 1 for v in value)
    if not ascending or sorted(set(value)) != value:
        raise CheckpointError(f"config: {key} must be an ascending list of positive integers, got {value!r}")
    return tuple(value)


def device() -> torch.device:
    """Return the first GPU torch sees, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bfloat16_is_fast() -> bool:
    """Tell whether this machine's processor, or its GPU, computes in bfloat16 natively."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def fill(module: torch.nn.Module, folder: Path, dtype: torch.dtype, name: Callable[[str], str]) -> None:
    """Put the directory's weights into a module that was built on the `meta` device.

    Parameters
    ----------
    module : its parameters' names and shapes are what the file must hold, no more and no less.
    dtype : what the weights are converted to.
    name : name in the file -> name in the module.

    Raises
    ------
    CheckpointError : no file, or a tensor that is missing, unknown, misshapen or not of floats; it names the tensor.
    """
    path = weights_file(folder)
    wanted = {key: tuple(parameter.shape) for key, parameter in module.named_parameters()}
    weights: dict[str, torch.Tensor] = {}
    place = device()
    with _open(path) as tensors:
        for stored, tensor in tensors:
            key = name(stored)
            if key not in wanted:
                raise CheckpointError(f"{path}: unknown tensor {stored}")
            if tuple(tensor.shape) != wanted[key]:
                raise CheckpointError(f"{path}: {stored} has shape {list(tensor.shape)}, expected {list(wanted[key])}")
            if not tensor.is_floating_point():
                raise CheckpointError(f"{path}: {stored} holds {tensor.dtype}, floats are expected")
            weights[key] = tensor.to(device=place, dtype=dtype)
    missing = sorted(wanted.keys() - weights.keys())
    if missing:
        raise CheckpointError(f"{path}: missing tensor {missing[0]} ({len(missing)} in all)")
    module.load_state_dict(weights, assign=True)
    module.requires_grad_(False)


def read_pth(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a saved state dict, refusing to run code from it."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path}: not a plain state dict of tensors: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise CheckpointError(f"{path}: a dict of tensors is expected")
    return state


@contextmanager
def _open(path: Path) -> Iterator[Iterator[tuple[str, torch.Tensor]]]:
    if path.suffix == ".pth":
        yield iter(read_pth(path).items())
        return
    try:
        file = safe_open(path, framework="pt", device="cpu")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not a safetensors file: {error}") from error
    with file as opened:
        yield ((key, opened.get_tensor(key)) for key in opened.keys())  # noqa: SIM118  (not a dict)
