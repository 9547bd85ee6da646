from __future__ import annotations

import pytest
import torch

from models._layers import Attention, Past, Rotary, pick_head


def naive_heads(lengths: list[int], wanted: int) -> list[int]:
    """The lengths of the heads used for `wanted` steps."""
    used = []
    while wanted > 0:
        best = lengths[0]
        for length in lengths:
            if length > wanted:
                break
            best = length
        used.append(min(best, wanted))
        wanted -= best
    return used


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (1, [1]),
        (7, [1] * 7),
        (8, [8]),
        (24, [8, 8, 8]),
        (63, [32, 8, 8, 8] + [1] * 7),
        (96, [64, 32]),
        (100, [64, 32] + [1] * 4),
        (200, [64, 64, 64, 8]),
    ],
)
def test_heads_are_chosen_as_published(wanted: int, expected: list[int]) -> None:
    lengths = [1, 8, 32, 64]
    assert naive_heads(lengths, wanted) == expected
    used = []
    while wanted:
        used.append(lengths[pick_head(lengths, wanted)])
        wanted -= used[-1]
    assert used == expected


def test_a_first_head_that_is_too_long_is_used_all_the_same() -> None:
    assert pick_head([96], 5) == 0


@torch.inference_mode()
@pytest.mark.parametrize("parts", [[12], [5, 7], [1, 1, 10], [11, 1]])
@pytest.mark.parametrize("groups", [4, 2, 1])
def test_feeding_in_parts_changes_nothing(parts: list[int], groups: int) -> None:
    torch.manual_seed(1)
    attention = Attention(16, 4, groups).to_empty(device="cpu")
    for parameter in attention.parameters():
        parameter.normal_(std=0.3)
    h = torch.randn(3, 12, 16)
    rotary = Rotary(4, 10000.0, 12, h)
    whole = attention(h, Past(3, groups, 12, 4, h), rotary, keep=12)
    past = Past(3, groups, 12, 4, h)
    pieces = [attention(piece, past, rotary, keep=piece.shape[1]) for piece in h.split(parts, dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole)
    newest = attention(h, Past(3, groups, 12, 4, h), rotary, keep=4)
    torch.testing.assert_close(newest, whole[:, -4:])
