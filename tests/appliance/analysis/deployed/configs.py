"""Small models with answers that can be seen at once."""

from __future__ import annotations

from typing import Any

LINE: dict[str, Any] = {"algo": "lasso", "params": {"coef": [2.0, -1.0], "intercept": 0.5}}
POLYNOMIAL: dict[str, Any] = {
    "algo": "polynomial_regression",
    "params": {
        "coef": [3.0, 2.0, -1.0],
        "intercept": 0.5,
        "powers": [[1, 0], [1, 2], [0, 0]],
        "mean": [1.0, -1.0],
        "scale": [2.0, 4.0],
    },
}
LOGISTIC: dict[str, Any] = {
    "algo": "logistic_regression",
    "features": ["a", "b"],
    "params": {"classes": ["cold", "hot"], "coef": [[1.0, 0.0]], "intercept": [-5.0]},
}
TREE: dict[str, Any] = {
    "algo": "decision_tree",
    "params": {
        "n_features": 2,
        "feature": [1, -1, -1],
        "threshold": [3.0, 0.0, 0.0],
        "left": [1, -1, -1],
        "right": [2, -1, -1],
        "value": [0, 0, 1],
        "classes": [10, 20],
    },
}


def with_params(config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A model with other parameters; a change to None removes one."""
    params = {**config["params"], **changes}
    return {**config, "params": {key: value for key, value in params.items() if value is not None}}
