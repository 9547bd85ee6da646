"""What lies in a model directory, read from the files' headers alone, without torch.

Source of the format: https://huggingface.co/docs/safetensors, "Format": 8 bytes little endian length, then a JSON
object {tensor name: {dtype, shape, data_offsets}}, then the data.
"""

from __future__ import annotations

import json
import math
import pickletools
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

WEIGHTS = ("model.safetensors", "taos.pth")  # the first one there is used

_SAFETENSORS_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_TORCH_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
}
_MAX_HEADER = 100_000_000  # bytes; the format's own limit


class CheckpointError(ValueError):
    """A model directory cannot be used; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a file of weights says of itself: size in bytes, dtype(s) such as "float32", number of values."""

    path: Path
    size: int
    dtype: str
    values: int | None


def weights_file(folder: Path) -> Path:
    """Return the file of weights in a model directory."""
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise CheckpointError(f"no weights in {folder}: put {WEIGHTS[0]} and config.json there, or {WEIGHTS[1]}")


def describe(folder: Path) -> Weights:
    """Read the header of a model directory's weights.

    Raises
    ------
    CheckpointError : no weights, or a file that is neither of the two formats.
    """
    path = weights_file(folder)
    try:
        size = path.stat().st_size
        if path.suffix == ".pth":
            return Weights(path, size, _pth_dtype(path), None)
        shapes = _safetensors_shapes(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path}: cannot read its header: {error}") from error
    dtypes = sorted({_SAFETENSORS_DTYPES.get(dtype, dtype.lower()) for dtype, _ in shapes})
    return Weights(path, size, ",".join(dtypes), sum(math.prod(shape) for _, shape in shapes))


def _safetensors_shapes(path: Path) -> list[tuple[str, list[int]]]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
        if length > min(_MAX_HEADER, path.stat().st_size):
            raise ValueError("not a safetensors file")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("not a safetensors file")
    return [(tensor["dtype"], tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"]


def _pth_dtype(path: Path) -> str:
    """Read the storage types out of the pickle's opcodes; nothing is unpickled."""
    with zipfile.ZipFile(path) as archive:
        name = next((n for n in archive.namelist() if n.endswith("/data.pkl")), None)
        if name is None:
            raise ValueError("not a torch file")
        words = [str(arg).split()[-1] for _, arg, _ in pickletools.genops(archive.read(name)) if isinstance(arg, str)]
    return ",".join(sorted({_TORCH_STORAGES[word] for word in words if word in _TORCH_STORAGES}))
