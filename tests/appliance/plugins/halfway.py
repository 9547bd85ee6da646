"""An operator's algorithm in the node's own form."""

from dataclasses import dataclass

import numpy as np

from operator_algorithms._shared import LIMIT
from taosanode import ANOMALY, Algorithm, Detection, Options, as_series, kernel, option


@dataclass(frozen=True, slots=True)
class Params(Options):
    factor: float = option(LIMIT, "how far above the middle is too far", gt=0)


@kernel("f8(f8[::1])")
def _middle(x):
    return (x.min() + x.max()) / 2.0


def detect(task, params):
    x = as_series(task.series)
    score = np.maximum(x - params.factor * _middle(x), 0.0)
    return Detection(np.where(score > 0, -1, 1).astype(np.int8), score)


ALGORITHM = Algorithm("halfway", "above half of the range", ANOMALY, Params, detect)
