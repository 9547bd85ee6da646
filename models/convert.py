"""Rewrites a torch file of weights as safetensors."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors.torch import save_file

from models._checkpoint import read_pth


def to_safetensors(source: Path, output: Path) -> int:
    """Convert a saved state dict, names and dtypes unchanged; return how many tensors it holds.

    Raises
    ------
    CheckpointError : the source is not a plain dict of tensors.
    """
    tensors = {name: tensor.clone().contiguous() for name, tensor in read_pth(source).items()}
    partial = output.with_name(output.name + ".partial")
    save_file(tensors, partial, metadata={"format": "pt"})
    shutil.copymode(source, partial)  # safetensors lets nobody but the owner read
    partial.replace(output)
    return len(tensors)
