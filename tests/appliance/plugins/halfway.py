"""An operator's algorithm in the node's own form."""

from dataclasses import dataclass

import numpy as np

from kernels._jit import kernel
from kernels.contract import Detection, Detector, as_series, option
from operator_algorithms._shared import LIMIT


@dataclass(frozen=True, slots=True)
class Params:
    factor: float = option(LIMIT, "how far above the middle is too far")


@kernel("f8(f8[::1])")
def _middle(x):
    return (x.min() + x.max()) / 2.0


def detect(series, params):
    x = as_series(series)
    score = np.maximum(x - params.factor * _middle(x), 0.0)
    return Detection(np.where(score > 0, -1, 1).astype(np.int8), score)


ALGORITHM = Detector("halfway", "above half of the range", Params, detect)
