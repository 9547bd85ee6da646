"""Model directories with random weights, of any size: for measuring, and for tests where no weights may be had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from models import tdtsfm, timemoe

TIMEMOE_50M: dict[str, Any] = {"model_type": "time_moe"}  # the defaults are its sizes
TINY_TIMEMOE: dict[str, Any] = {
    "model_type": "time_moe",
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_experts": 3,
    "num_experts_per_tok": 2,
    "horizon_lengths": [1, 8, 32],
}
TINY_TIMER: dict[str, Any] = {
    "model_type": "timer",
    "input_token_len": 8,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "output_token_lens": [8, 32],
    "hidden_act": "silu",
}


def timemoe_directory(folder: Path, config: dict[str, Any], dtype: torch.dtype = torch.bfloat16) -> Path:
    """Write `config.json` and `model.safetensors` as published ones are."""
    _write(timemoe.TimeMoe(timemoe.Config.read(config)), folder, dtype)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def timer_directory(folder: Path, config: dict[str, Any]) -> Path:
    """Write a directory as Timer is published."""
    _write(tdtsfm.TdTsfm(tdtsfm.Config.read(config)), folder, torch.float32)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def tdtsfm_directory(folder: Path) -> Path:
    """Write TDtsfm 1.0 in full size: `taos.pth` and nothing else."""
    weights = _random(tdtsfm.TdTsfm(tdtsfm.Config()), torch.float32)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({_prefixed(name): tensor for name, tensor in weights.items()}, folder / "taos.pth")
    return folder


def _prefixed(name: str) -> str:
    bare = ("weight", "bias")
    return ".".join(part if part.isdigit() or part in bare else tdtsfm.PREFIX + part for part in name.split("."))


def _write(model: nn.Module, folder: Path, dtype: torch.dtype) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_random(model, dtype), folder / "model.safetensors", metadata={"format": "pt"})


def _random(model: nn.Module, dtype: torch.dtype, seed: int = 7) -> dict[str, torch.Tensor]:
    """Weights of the scale that training starts from; the norms' are 1."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, parameter in model.named_parameters():
        drawn = torch.randn(parameter.shape, generator=generator)
        scale = 1.0 if "emb" in name else 1.0 / max(parameter.shape[-1], 1) ** 0.5
        weights[name] = (1.0 + 0.1 * drawn if "norm" in name else drawn * scale).to(dtype)
    return weights
