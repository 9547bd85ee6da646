"""The named peer of the Time-MoE benchmark: the published model written down plainly.

Attention with its whole matrix of scores, a loop over the experts with `torch.where`, keys and values grown by
`torch.cat`, every layer computed at every point. It reads the weights of an already loaded model.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as fn

from models.timemoe import TimeMoe


class EagerTimeMoe:
    """Same weights, same numbers, no care for speed."""

    def __init__(self, model: TimeMoe) -> None:
        self.config = model.config
        self.w = dict(model.named_parameters())

    def generate(self, points: Tensor, steps: int) -> Tensor:
        """Return (B, steps) for normalised (B, T)."""
        past: list[tuple[Tensor, Tensor] | None] = [None] * self.config.num_hidden_layers
        done: list[Tensor] = []
        feed, remaining = points, steps
        while remaining:
            lengths = self.config.horizon_lengths
            head = max((i for i, n in enumerate(lengths) if n <= remaining), default=0)
            state = self._states(feed, past)[:, -1]
            feed = fn.linear(state, self.w[f"lm_heads.{head}.out_layer.weight"])[:, :remaining]
            done.append(feed)
            remaining -= feed.shape[1]
        return torch.cat(done, dim=1)

    def _states(self, points: Tensor, past: list[tuple[Tensor, Tensor] | None]) -> Tensor:
        x = points.unsqueeze(-1)
        embed = "model.embed_layer."
        h = fn.silu(fn.linear(x, self.w[embed + "gate_layer.weight"])) * fn.linear(
            x, self.w[embed + "emb_layer.weight"]
        )
        for layer in range(self.config.num_hidden_layers):
            name = f"model.layers.{layer}."
            h = h + self._attention(self._norm(h, name + "input_layernorm.weight"), name + "self_attn.", past, layer)
            h = h + self._experts(self._norm(h, name + "post_attention_layernorm.weight"), name + "ffn_layer.")
        return self._norm(h, "model.norm.weight")

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.config.rms_norm_eps) * self.w[name]

    def _attention(self, h: Tensor, name: str, past: list[tuple[Tensor, Tensor] | None], layer: int) -> Tensor:
        batch, fed, hidden = h.shape
        heads = self.config.num_attention_heads
        d = hidden // heads
        q, k, v = (
            fn.linear(h, self.w[f"{name}{p}_proj.weight"], self.w[f"{name}{p}_proj.bias"])
            .view(batch, fed, heads, d)
            .transpose(1, 2)
            for p in "qkv"
        )
        before = past[layer]
        first = 0 if before is None else before[0].shape[2]
        q, k = self._rotate(q, first), self._rotate(k, first)
        if before is not None:
            k, v = torch.cat((before[0], k), dim=2), torch.cat((before[1], v), dim=2)
        past[layer] = (k, v)
        score = q @ k.transpose(2, 3) / math.sqrt(d)
        hidden_from = torch.ones(fed, k.shape[2], dtype=torch.bool).tril(k.shape[2] - fed).logical_not()
        out = torch.softmax(score.masked_fill(hidden_from, -torch.inf), dim=-1) @ v
        return fn.linear(out.transpose(1, 2).reshape(batch, fed, hidden), self.w[name + "o_proj.weight"])

    def _rotate(self, x: Tensor, first: int) -> Tensor:
        d = x.shape[-1]
        frequency = self.config.rope_theta ** (-torch.arange(0, d, 2) / d)
        angle = torch.outer(torch.arange(first, first + x.shape[2]), frequency).repeat(1, 2)
        left, right = x.chunk(2, dim=-1)
        return x * angle.cos() + torch.cat((-right, left), dim=-1) * angle.sin()

    def _experts(self, h: Tensor, name: str) -> Tensor:
        tokens = h.reshape(-1, h.shape[-1])
        share = torch.softmax(fn.linear(tokens, self.w[name + "gate.weight"]), dim=-1)
        weight, chosen = share.topk(self.config.num_experts_per_tok, dim=-1)
        out = torch.zeros_like(tokens)
        for expert in range(self.config.num_experts):
            row, place = torch.where(chosen == expert)
            answer = self._glu(tokens[row], f"{name}experts.{expert}.")
            out.index_add_(0, row, answer * weight[row, place].unsqueeze(-1))
        open_by = torch.sigmoid(fn.linear(tokens, self.w[name + "shared_expert_gate.weight"]))
        return (out + open_by * self._glu(tokens, name + "shared_expert.")).view_as(h)

    def _glu(self, x: Tensor, name: str) -> Tensor:
        gate, up, down = (self.w[f"{name}{part}_proj.weight"] for part in ("gate", "up", "down"))
        return fn.linear(fn.silu(fn.linear(x, gate)) * fn.linear(x, up), down)
