"""What the two decoders share: rotary positions, cached causal attention, the gated feed-forward, the choice of head.

Shapes: B series, T tokens fed now, H hidden size, d size of one attention head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"silu": fn.silu, "gelu": fn.gelu}  # gelu: the exact, erf form


class Generated(NamedTuple):
    """What one pass hands back, in the units of the normalised series: a forecast, and a backtest of the same model.

    ahead : float32 (B, steps): the forecast.
    backtest : float32 (B, origins, reach), reach <= steps: forecasts of the points that follow each origin.
    origins : how many points of the context lie before each forecast of the backtest, in any order.
    """

    ahead: Tensor
    backtest: Tensor
    origins: list[int]


class Linear(nn.Module):
    """y = x W^T + b, without initial values: the weights come from a file."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, device="meta"))
        self.bias = nn.Parameter(torch.empty(outputs, device="meta")) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., outputs) for (..., inputs)."""
        return fn.linear(x, self.weight, self.bias)


class GatedFeedForward(nn.Module):
    """down(act(gate(h)) * up(h)): Shazeer, "GLU Variants Improve Transformer" (2020), eq. 6."""

    def __init__(self, hidden: int, inner: int, act: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.gate_proj = Linear(hidden, inner)
        self.up_proj = Linear(hidden, inner)
        self.down_proj = Linear(inner, hidden)
        self.act = act

    def forward(self, h: Tensor) -> Tensor:
        """Return (..., H) for (..., H)."""
        return self.down_proj(self.act(self.gate_proj(h)) * self.up_proj(h))  # type: ignore[no-any-return]


class Past:
    """One layer's keys and values of the tokens fed so far, in a buffer made once for the whole forecast."""

    def __init__(self, batch: int, heads: int, capacity: int, head_size: int, like: Tensor) -> None:
        self.keys = like.new_empty(batch, heads, capacity, head_size)
        self.values = torch.empty_like(self.keys)
        self.used = 0

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add (B, heads, T, d) and return everything so far."""
        end = self.used + keys.shape[2]
        self.keys[:, :, self.used : end] = keys
        self.values[:, :, self.used : end] = values
        self.used = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class Rotary:
    """Rotary position embedding, "rotate half" layout: Su et al., "RoFormer" (2021), eq. 34."""

    def __init__(self, head_size: int, theta: float, positions: int, like: Tensor) -> None:
        frequency = theta ** (-torch.arange(0, head_size, 2, dtype=torch.float32, device=like.device) / head_size)
        angle = torch.outer(torch.arange(positions, dtype=torch.float32, device=like.device), frequency)
        angle = torch.cat((angle, angle), dim=-1)  # (positions, d)
        self.cos, self.sin = angle.cos().to(like.dtype), angle.sin().to(like.dtype)

    def __call__(self, x: Tensor, first: int) -> Tensor:
        """Rotate (B, heads, T, d) whose first token stands at position `first`."""
        here = slice(first, first + x.shape[2])
        left, right = x.chunk(2, dim=-1)
        return x * self.cos[here] + torch.cat((-right, left), dim=-1) * self.sin[here]


class Attention(nn.Module):
    """Causal self-attention with key/value groups."""

    def __init__(self, hidden: int, heads: int, groups: int) -> None:
        super().__init__()
        self.heads, self.groups, self.head_size = heads, groups, hidden // heads
        self.q_proj = Linear(hidden, hidden, bias=True)
        self.k_proj = Linear(hidden, groups * self.head_size, bias=True)
        self.v_proj = Linear(hidden, groups * self.head_size, bias=True)
        self.o_proj = Linear(hidden, hidden)

    def forward(self, h: Tensor, past: Past, rotary: Rotary, keep: int) -> Tensor:
        """Attend from the newest `keep` of the T tokens to all tokens up to each; return (B, keep, H)."""
        batch, fed, hidden = h.shape
        first = past.used
        k = rotary(self._split(self.k_proj(h), self.groups), first)
        keys, values = past.append(k, self._split(self.v_proj(h), self.groups))
        q = rotary(self._split(self.q_proj(h[:, fed - keep :]), self.heads), first + fed - keep)
        if self.groups < self.heads:
            keys = keys.repeat_interleave(self.heads // self.groups, dim=1)  # (B, heads, all, d)
            values = values.repeat_interleave(self.heads // self.groups, dim=1)
        whole = keep == past.used  # then torch needs no mask; nor does one token that may look at everything
        mask = None if whole or keep == 1 else _causal(keep, past.used, h.device)
        out = fn.scaled_dot_product_attention(q, keys, values, attn_mask=mask, is_causal=whole)
        out = out.transpose(1, 2).reshape(batch, keep, hidden)
        return self.o_proj(out)  # type: ignore[no-any-return]

    def _split(self, x: Tensor, heads: int) -> Tensor:
        return x.view(*x.shape[:2], heads, self.head_size).transpose(1, 2)  # (B, heads, T, d)


def _causal(queries: int, keys: int, device: torch.device) -> Tensor:
    """Which of `keys` tokens each of the newest `queries` may see."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def pick_head(lengths: Sequence[int], remaining: int) -> int:
    """Return the index of the head for the next step: the last of the leading ones that do not overshoot, else 0."""
    chosen = 0
    for index, length in enumerate(lengths):
        if length > remaining:
            break
        chosen = index
    return chosen
