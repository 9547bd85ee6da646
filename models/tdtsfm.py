"""TDtsfm 1.0, and Timer of which it is a copy in shape: a causal decoder over patches of 96 points.

Source: Y. Liu et al., "Timer: Generative Pre-trained Transformers Are Large Time Series Models", ICML 2024; names and
constants of the published checkpoints. TDtsfm's names are Timer's with "Taos_" before every part.
Dropout is never applied (the original server leaves it on: its answers are random).
Cost: one token per 96 points; the time goes into reading the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from models import _checkpoint
from models._layers import ACTIVATIONS, Attention, GatedFeedForward, Generated, Linear, Past, Rotary, pick_head
from models.files import CheckpointError

PREFIX = "Taos_"
THETA = 10000.0  # the published code reads rope_theta and never passes it on
SHIFTS = 4  # the backtest has an origin at every quarter of a patch


@dataclass(frozen=True, slots=True)
class Config:
    """The fields of `config.json` that shape the model; defaults are TDtsfm 1.0's, which ships without one."""

    input_token_len: int = 96
    hidden_size: int = 1024
    num_attention_heads: int = 8
    intermediate_size: int = 2048
    num_hidden_layers: int = 8
    hidden_act: str = "gelu"
    output_token_lens: tuple[int, ...] = (96,)

    def __post_init__(self) -> None:
        if self.hidden_size % (2 * self.num_attention_heads):
            raise CheckpointError(f"config: hidden_size {self.hidden_size} does not split into even attention heads")
        if any(length % self.input_token_len for length in self.output_token_lens):
            raise CheckpointError(
                f"config: output_token_lens {list(self.output_token_lens)} must be multiples of input_token_len"
            )
        if self.hidden_act not in ACTIVATIONS:
            raise CheckpointError(f"config: hidden_act must be one of {', '.join(ACTIVATIONS)}, got {self.hidden_act}")

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Self:
        """Check a parsed `config.json`, with or without the prefix before its keys."""
        raw = {key.removeprefix(PREFIX): value for key, value in raw.items()}
        default = cls()
        integers = _checkpoint.sizes(
            raw,
            input_token_len=default.input_token_len,
            hidden_size=default.hidden_size,
            num_attention_heads=default.num_attention_heads,
            intermediate_size=default.intermediate_size,
            num_hidden_layers=default.num_hidden_layers,
        )
        return cls(
            **integers,
            hidden_act=_checkpoint.pick(raw, "hidden_act", default.hidden_act),
            output_token_lens=_checkpoint.lengths(raw, "output_token_lens", default.output_token_lens),
        )


class LayerNorm(nn.Module):
    """Layer normalisation with weight and bias, eps 1e-5."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size, device="meta"))
        self.bias = nn.Parameter(torch.empty(size, device="meta"))

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., H) for (..., H)."""
        return fn.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Layer(nn.Module):
    """Post-norm attention and feed-forward."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden, heads = config.hidden_size, config.num_attention_heads
        self.self_attn = Attention(hidden, heads, heads)
        self.ffn_layer = GatedFeedForward(hidden, config.intermediate_size, ACTIVATIONS[config.hidden_act])
        self.norm1 = LayerNorm(hidden)
        self.norm2 = LayerNorm(hidden)

    def forward(self, h: Tensor, past: Past, rotary: Rotary) -> Tensor:
        """Return (B, T, H) for (B, T, H)."""
        h = self.norm1(h + self.self_attn(h, past, rotary, h.shape[1]))
        return self.norm2(h + self.ffn_layer(h))  # type: ignore[no-any-return]


class PatchEmbedding(nn.Module):
    """Consecutive patches, each through one linear map."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.emb = Linear(config.input_token_len, config.hidden_size)
        self.patch = config.input_token_len

    def forward(self, points: Tensor) -> Tensor:
        """Return (B, T, H) for (B, T * patch)."""
        return self.emb(points.view(len(points), -1, self.patch))  # type: ignore[no-any-return]


class Body(nn.Module):
    """Embedding, layers and final norm, named as in the file."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embed_layer = PatchEmbedding(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = LayerNorm(config.hidden_size)


class State:
    """What one forecast in progress has seen: the keys and values of every layer."""

    def __init__(self, model: TdTsfm, batch: int, patches: int) -> None:
        config, like = model.config, model.model.norm.weight
        heads = config.num_attention_heads
        head_size = config.hidden_size // heads
        self.rotary = Rotary(head_size, THETA, patches, like)
        self.layers = [Past(batch, heads, patches, head_size, like) for _ in range(config.num_hidden_layers)]

    def keep_first(self, batch: int) -> None:
        """Go on with the first `batch` series only."""
        for past in self.layers:
            past.keys, past.values = past.keys[:batch], past.values[:batch]


class TdTsfm(nn.Module):
    """The whole model; `models.pretrained.forecast` is what calls it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.shortest = config.input_token_len  # points
        self.model = Body(config)
        self.lm_heads = nn.ModuleList(Linear(config.hidden_size, length) for length in config.output_token_lens)

    @classmethod
    def open(cls, folder: Path, dtype: torch.dtype = torch.float32) -> Self:
        """Load a directory with `model.safetensors` or `taos.pth`, and a `config.json` unless it is TDtsfm 1.0."""
        model = cls(Config.read(_checkpoint.read_config(folder)))
        _checkpoint.fill(model, folder, dtype, name=lambda stored: stored.replace(PREFIX, ""))
        return model

    def context_length(self, length: int, steps: int) -> int:
        """Return how many of a series' newest points are used: all whole patches.

        `max_position_embeddings` of a configuration is no bound: the published code makes its rotary table longer
        when a context needs it.
        """
        return length - length % self.config.input_token_len

    def states(self, points: Tensor, state: State) -> Tensor:
        """Feed (B, T * patch) further points, already normalised; return the final states, (B, T, H)."""
        h = self.model.embed_layer(points.to(self.model.norm.weight.dtype))  # (B, T, H)
        for layer, past in zip(self.model.layers, state.layers, strict=True):
            h = layer(h, past, state.rotary)
        return self.model.norm(h)  # type: ignore[no-any-return]

    def generate(self, points: Tensor, steps: int, *, backtest: bool = True) -> Generated:
        """Forecast series, and look back at what the same pass predicted at earlier points.

        Every pass normalises the points it is fed by their own mean and standard deviation, while the keys and values
        of earlier passes stay as they were: a full recomputation gives other values beyond the first head.

        Parameters
        ----------
        points : float32 (B, T), T a positive multiple of the patch length, of order 1.
        steps : how many points to predict, each chosen head's output being fed back until there are enough.
        backtest : also return the predictions made after each patch, and those of the series cut short by 1/4, 2/4
            and 3/4 of a patch. The shortened series go along in the same pass, filled up at their start by mirroring.

        Returns
        -------
        Generated, with one origin per row of the backtest.
        """
        lengths, patch = self.config.output_token_lens, self.config.input_token_len
        batch, context = points.shape
        shifts = [index * patch // SHIFTS for index in range(SHIFTS)] if backtest else [0]
        rows = torch.cat([_shorten(points, shift) for shift in shifts])  # (shifts * B, T)
        state = State(self, len(rows), (context + steps + max(lengths)) // patch + 1)
        rows, mean, std = _normalise(rows)
        h = self.states(rows, state)  # (shifts * B, patches, H)
        state.keep_first(batch)
        proxy = next((i for i, length in enumerate(lengths) if length >= steps), len(lengths) - 1)
        told = self.lm_heads[proxy](h).float() * std.unsqueeze(-1) + mean.unsqueeze(-1)  # (shifts * B, patches, reach)
        told = told[:, :, :steps].unflatten(0, (len(shifts), batch)).transpose(0, 1).flatten(1, 2)
        origins = [end - shift for shift in shifts for end in range(patch, context + patch, patch)]
        known = [index for index, origin in enumerate(origins) if origin < context and backtest]

        h, mean, std = h[:batch], mean[:batch], std[:batch]
        done: list[Tensor] = []
        remaining = steps
        while True:
            index = pick_head(lengths, remaining)
            ahead = self.lm_heads[index](h[:, -1]).float() * std + mean  # (B, length)
            done.append(ahead[:, :remaining])
            remaining -= ahead.shape[1]
            if remaining <= 0:
                return Generated(torch.cat(done, dim=1), told[:, known], [origins[index] for index in known])
            ahead, mean, std = _normalise(ahead)
            h = self.states(ahead, state)


def _normalise(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return each row with its mean 0 and standard deviation (ddof 1) 1, and both, (B, 1).

    A row of equal values becomes zeros with standard deviation 0: whatever the head says, that value is predicted.
    """
    std, mean = torch.std_mean(points, dim=1, keepdim=True)
    return (points - mean) / torch.where(std > 0, std, 1.0), mean, std


def _shorten(points: Tensor, by: int) -> Tensor:
    """Drop the newest `by` points of (B, T) and mirror as many before the first."""
    mirrored = points[:, 1 : by + 1].flip(1)
    return torch.cat((mirrored, points[:, : points.shape[1] - by]), dim=1)


MODEL = TdTsfm
