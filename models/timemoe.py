"""Time-MoE: a causal decoder over single points with a sparse mixture of experts, and heads for several horizons.

Source: X. Shi et al., "Time-MoE: Billion-Scale Time Series Foundation Models with Mixture of Experts", ICLR 2025;
names, shapes and rules of the published checkpoints (Maple728/TimeMoE-50M, -200M).
Cost: O(T^2) time in the number of points fed; the first pass over the context dominates.
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

TRAINED_POINTS = 4096  # context and horizon together


@dataclass(frozen=True, slots=True)
class Config:
    """The fields of `config.json` that shape the model; defaults are TimeMoE-50M's."""

    hidden_size: int = 384
    intermediate_size: int = 1536
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    num_key_value_heads: int = 12
    num_experts: int = 8
    num_experts_per_tok: int = 2
    horizon_lengths: tuple[int, ...] = (1, 8, 32, 64)
    hidden_act: str = "silu"
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-6
    use_dense: bool = False

    def __post_init__(self) -> None:
        if self.hidden_size % (2 * self.num_attention_heads):
            raise CheckpointError(f"config: hidden_size {self.hidden_size} does not split into even attention heads")
        if self.num_attention_heads % self.num_key_value_heads:
            raise CheckpointError("config: num_attention_heads must be a multiple of num_key_value_heads")
        if not self.use_dense and self.num_experts_per_tok > self.num_experts:
            raise CheckpointError("config: num_experts_per_tok must not exceed num_experts")
        if self.hidden_act not in ACTIVATIONS:
            raise CheckpointError(f"config: hidden_act must be one of {', '.join(ACTIVATIONS)}, got {self.hidden_act}")
        if self.rope_theta <= 0 or self.rms_norm_eps <= 0:
            raise CheckpointError("config: rope_theta and rms_norm_eps must be > 0")

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Self:
        """Check a parsed `config.json`."""
        if raw.get("input_size", 1) != 1:
            raise CheckpointError(f"config: input_size must be 1, got {raw['input_size']}")
        default = cls()
        integers = _checkpoint.sizes(
            raw,
            hidden_size=default.hidden_size,
            intermediate_size=default.intermediate_size,
            num_hidden_layers=default.num_hidden_layers,
            num_attention_heads=default.num_attention_heads,
            num_key_value_heads=_checkpoint.pick(raw, "num_attention_heads", default.num_attention_heads),
            num_experts=default.num_experts,
            num_experts_per_tok=default.num_experts_per_tok,
        )
        return cls(
            **integers,
            horizon_lengths=_checkpoint.lengths(raw, "horizon_lengths", default.horizon_lengths),
            hidden_act=_checkpoint.pick(raw, "hidden_act", default.hidden_act),
            rope_theta=_checkpoint.pick(raw, "rope_theta", default.rope_theta),
            rms_norm_eps=_checkpoint.pick(raw, "rms_norm_eps", default.rms_norm_eps),
            use_dense=_checkpoint.pick(raw, "use_dense", default.use_dense),
        )


class RmsNorm(nn.Module):
    """x / rms(x) * weight, the statistics in float32."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size, device="meta"))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., H) for (..., H)."""
        wide = x.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return self.weight * (wide * scale).to(x.dtype)


class PointEmbedding(nn.Module):
    """Each point on its own: silu(x Wgate) * (x Wemb)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.emb_layer = Linear(1, config.hidden_size)
        self.gate_layer = Linear(1, config.hidden_size)
        self.act = ACTIVATIONS[config.hidden_act]

    def forward(self, points: Tensor) -> Tensor:
        """Return (B, T, H) for (B, T)."""
        x = points.unsqueeze(-1)  # (B, T, 1)
        return self.act(self.gate_layer(x)) * self.emb_layer(x)  # type: ignore[no-any-return]


class MixtureOfExperts(nn.Module):
    """Every token goes to its k likeliest experts, weighted by their probability as it is, and to a shared one."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        act = ACTIVATIONS[config.hidden_act]
        hidden, inner = config.hidden_size, config.intermediate_size
        self.chosen = config.num_experts_per_tok
        self.gate = Linear(hidden, config.num_experts)
        self.experts = nn.ModuleList(
            GatedFeedForward(hidden, inner // self.chosen, act) for _ in range(config.num_experts)
        )
        self.shared_expert = GatedFeedForward(hidden, inner, act)
        self.shared_expert_gate = Linear(hidden, 1)

    def forward(self, h: Tensor) -> Tensor:
        """Return (B, T, H) for (B, T, H)."""
        tokens = h.reshape(-1, h.shape[-1])  # (B*T, H)
        out = torch.sigmoid(self.shared_expert_gate(tokens)) * self.shared_expert(tokens)
        probability = fn.softmax(self.gate(tokens), dim=-1, dtype=torch.float32)  # (B*T, experts)
        weight, expert = probability.topk(self.chosen, dim=-1)  # (B*T, k)
        # Sorted by expert, every expert's tokens are one contiguous block.
        order = expert.flatten().argsort(stable=True)  # (B*T*k,)
        counts = torch.bincount(expert.flatten(), minlength=len(self.experts)).tolist()
        source = order // self.chosen
        blocks = torch.split(tokens[source], counts)
        answers = torch.cat([run(block) for run, block in zip(self.experts, blocks, strict=True) if len(block)])
        answers = answers * weight.flatten()[order].unsqueeze(-1).to(h.dtype)
        out.index_add_(0, source, answers)
        return out.view(h.shape)  # type: ignore[no-any-return]


class Layer(nn.Module):
    """Pre-norm attention and feed-forward."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden, eps = config.hidden_size, config.rms_norm_eps
        self.input_layernorm = RmsNorm(hidden, eps)
        self.self_attn = Attention(hidden, config.num_attention_heads, config.num_key_value_heads)
        self.post_attention_layernorm = RmsNorm(hidden, eps)
        self.ffn_layer = (
            GatedFeedForward(hidden, config.intermediate_size, ACTIVATIONS[config.hidden_act])
            if config.use_dense
            else MixtureOfExperts(config)
        )

    def forward(self, h: Tensor, past: Past, rotary: Rotary, keep: int) -> Tensor:
        """Return the newest `keep` of T states: (B, keep, H) for (B, T, H)."""
        attended = self.self_attn(self.input_layernorm(h), past, rotary, keep)
        h = h[:, h.shape[1] - keep :] + attended  # (B, keep, H)
        return h + self.ffn_layer(self.post_attention_layernorm(h))  # type: ignore[no-any-return]


class Body(nn.Module):
    """Embedding, layers and final norm, named as in the file."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embed_layer = PointEmbedding(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)


class Head(nn.Module):
    """State after a point -> the points that follow it."""

    def __init__(self, config: Config, length: int) -> None:
        super().__init__()
        self.out_layer = Linear(config.hidden_size, length)

    def forward(self, h: Tensor) -> Tensor:
        """Return (B, T, length) for (B, T, H)."""
        return self.out_layer(h)  # type: ignore[no-any-return]


class State:
    """What one forecast in progress has seen: the keys and values of every layer."""

    def __init__(self, model: TimeMoe, batch: int, capacity: int) -> None:
        config, like = model.config, model.model.norm.weight
        head_size = config.hidden_size // config.num_attention_heads
        self.rotary = Rotary(head_size, config.rope_theta, capacity, like)
        self.layers = [
            Past(batch, config.num_key_value_heads, capacity, head_size, like) for _ in range(config.num_hidden_layers)
        ]


class TimeMoe(nn.Module):
    """The whole model; `models.pretrained.forecast` is what calls it."""

    shortest = 1  # points

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.model = Body(config)
        self.lm_heads = nn.ModuleList(Head(config, length) for length in config.horizon_lengths)

    @classmethod
    def open(cls, folder: Path, dtype: torch.dtype = torch.float32) -> Self:
        """Load a directory with `config.json` and `model.safetensors`, as published."""
        raw = _checkpoint.read_config(folder)
        if not raw:
            raise CheckpointError(f"no config.json in {folder}: it comes with model.safetensors, put it there")
        model = cls(Config.read(raw))
        _checkpoint.fill(model, folder, dtype, name=lambda stored: stored)
        return model

    def context_length(self, length: int, steps: int) -> int:
        """Return how many of a series' newest points are used: with the horizon, as many as it was trained on."""
        return min(length, max(TRAINED_POINTS - steps, TRAINED_POINTS // 2))

    def states(self, points: Tensor, state: State, keep: int) -> Tensor:
        """Feed (B, T) further points; return the newest `keep` final states, (B, keep, H)."""
        h = self.model.embed_layer(points.to(self.model.norm.weight.dtype))  # (B, T, H)
        for layer, past in zip(self.model.layers, state.layers, strict=True):
            last = layer is self.model.layers[-1]  # below it every state is needed, as keys and values above
            h = layer(h, past, state.rotary, keep if last else h.shape[1])
        return self.model.norm(h)  # type: ignore[no-any-return]

    def generate(self, points: Tensor, steps: int, *, backtest: bool = True) -> Generated:
        """Forecast normalised series, and look back at what the same pass predicted at earlier points.

        Parameters
        ----------
        points : float32 (B, T), T >= 1; each row with mean 0 and standard deviation 1.
        steps : how many points to predict, each chosen head's output being fed back until there are enough.
        backtest : also return the predictions made at the newer half of the points, by the shortest head that covers
            `steps` (else the longest). The decoder is causal: they know nothing of later points but the
            normalisation.

        Returns
        -------
        Generated, with one origin per row of the backtest.
        """
        lengths = self.config.horizon_lengths
        batch, context = points.shape
        state = State(self, batch, context + steps)
        origins = range(max(context // 2, 1), context) if backtest else range(0)
        h = self.states(points, state, keep=len(origins) + 1)
        proxy = next((i for i, length in enumerate(lengths) if length >= steps), len(lengths) - 1)
        backtested = self.lm_heads[proxy](h[:, :-1]).float()[:, :, :steps]  # (B, origins, reach)
        done: list[Tensor] = []
        remaining = steps
        while True:
            index = pick_head(lengths, remaining)
            ahead = self.lm_heads[index](h[:, -1:]).float()[:, 0, :remaining]  # (B, length)
            done.append(ahead)
            remaining -= ahead.shape[1]
            if not remaining:
                return Generated(torch.cat(done, dim=1), backtested, list(origins))
            h = self.states(ahead, state, keep=1)


MODEL = TimeMoe
