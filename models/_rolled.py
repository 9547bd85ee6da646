"""What one pass of a pretrained model hands back, in the units of the normalised series."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Rolled(NamedTuple):
    """A forecast and the model's own earlier ones.

    ahead : float32 (B, steps): the forecast.
    earlier : float32 (B, cuts, reach), reach <= steps: forecasts of the points after each cut.
    cuts : how many of the fed points lie before each cut, in any order.
    """

    ahead: Tensor
    earlier: Tensor
    cuts: list[int]
