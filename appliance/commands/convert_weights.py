"""Rewrite a model's taos.pth as model.safetensors, which loads at once and is shared between processes.

The names of the tensors stay as they are. Nothing in the file is executed: only tensors are read from it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from models import table

EPILOG = f"""
examples:
  taosanode convert-weights /usr/local/taos/taosanode/model/{table.OURS[0].name}/taos.pth
      write model.safetensors into the same folder
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", type=Path, metavar="FILE.pth", help="a saved state dict")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="what to write, by default model.safetensors beside the source",
    )


def run(given: argparse.Namespace) -> int:
    """Convert; an existing output is replaced only when the new one is complete."""
    from appliance.model_servers import torch_runtime

    try:
        torch_runtime.find()
    except torch_runtime.TorchMissing as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    from models import convert
    from models.files import CheckpointError

    output = given.output or given.source.parent / "model.safetensors"
    try:
        count = convert.to_safetensors(given.source, output)
    except (CheckpointError, OSError) as error:
        sys.stderr.write(f"taosanode: {error}\n")
        return 1
    sys.stderr.write(f"{output}: {count} tensors\n")
    return 0
