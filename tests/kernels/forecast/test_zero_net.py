from __future__ import annotations

from math import exp, log1p
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from kernels.contract import Series
from kernels.forecast import _zero_net
from kernels.forecast._zero_features import OF_SERIES, OF_STEP
from kernels.forecast._zero_net import SHARES, Weights

HALF = len(SHARES) // 2


def stored(width: int, step_width: int, of_series: int = 5, of_step: int = 3, seed: int = 0) -> dict[str, Series]:
    """Random weights under the names, and in the layout, of the file: (outputs, inputs)."""
    random = np.random.default_rng(seed)

    def matrix(outputs: int, inputs: int) -> Series:
        return random.normal(size=(outputs, inputs)) / np.sqrt(inputs)

    weights = {"series_in.weight": matrix(width, of_series), "series_in.bias": random.normal(size=width)}
    weights |= {"step_in.weight": matrix(step_width, of_step)}
    weights |= {"between.weight": matrix(step_width, width), "between.bias": random.normal(size=step_width)}
    weights |= {"out.weight": matrix(len(SHARES), step_width), "out.bias": random.normal(size=len(SHARES))}
    for name, size in (("series", width), ("step", step_width)):
        for at in range(2):
            weights[f"{name}_blocks.{at}.a.weight"] = matrix(size, size)
            weights[f"{name}_blocks.{at}.a.bias"] = random.normal(size=size)
            weights[f"{name}_blocks.{at}.b.weight"] = matrix(size, size)
    for name, size in (("series", of_series), ("step", of_step)):
        weights[f"{name}_mean"], weights[f"{name}_scale"] = random.normal(size=size), random.random(size) + 0.5
    return weights


def silu(x: Series) -> Series:
    return np.array([value / (1.0 + exp(-value)) for value in x])


def naive(w: dict[str, Series], series: Series, step: Series) -> Series:
    """Quantiles of one series and one step, from the equations."""
    x = np.clip((series - w["series_mean"]) * w["series_scale"], -6.0, 6.0)
    x = silu(w["series_in.weight"] @ x + w["series_in.bias"])
    for at in range(2):
        inner = silu(w[f"series_blocks.{at}.a.weight"] @ x + w[f"series_blocks.{at}.a.bias"])
        x = x + w[f"series_blocks.{at}.b.weight"] @ inner
    y = np.clip((step - w["step_mean"]) * w["step_scale"], -6.0, 6.0)
    y = silu(w["between.weight"] @ x + w["between.bias"] + w["step_in.weight"] @ y)
    for at in range(2):
        inner = silu(w[f"step_blocks.{at}.a.weight"] @ y + w[f"step_blocks.{at}.a.bias"])
        y = y + w[f"step_blocks.{at}.b.weight"] @ inner
    raw = w["out.weight"] @ y + w["out.bias"]
    told = np.empty(len(SHARES))
    told[HALF] = raw[0]
    for k in range(HALF):
        told[HALF + k + 1] = told[HALF + k] + log1p(exp(raw[1 + k]))
        told[HALF - k - 1] = told[HALF - k] - log1p(exp(raw[1 + HALF + k]))
    return told


def loaded(folder: Path, weights: dict[str, Series], kind: type = np.float32) -> Weights:
    folder.mkdir(exist_ok=True)
    save_file({name: value.astype(kind) for name, value in weights.items()}, folder / _zero_net.FILE)
    return _zero_net.read(folder)


def test_equals_the_naive_network(tmp_path: Path) -> None:
    weights, random = stored(8, 6), np.random.default_rng(1)
    series, step, view = random.normal(size=(2, 5)), 4.0 * random.normal(size=(9, 3)), np.repeat([1, 0], [2, 7])
    told = _zero_net.quantiles(loaded(tmp_path, weights), series, step, view)
    assert told.shape == (9, len(SHARES))
    for row in range(9):
        np.testing.assert_allclose(told[row], naive(weights, series[view[row]], step[row]), atol=1e-4)


def test_quantiles_do_not_cross_whatever_the_weights(tmp_path: Path) -> None:
    for seed in range(5):
        weights = {name: 5.0 * value for name, value in stored(8, 6, seed=seed).items()}
        random = np.random.default_rng(seed)
        series, step = 9.0 * random.normal(size=(3, 5)), 9.0 * random.normal(size=(12, 3))
        told = _zero_net.quantiles(loaded(tmp_path, weights), series, step, np.repeat(np.arange(3), 4))
        assert (np.diff(told, axis=-1) >= 0.0).all()


def test_weights_in_half_precision_are_read(tmp_path: Path) -> None:
    weights = stored(8, 6)
    half, full = loaded(tmp_path / "a", weights, np.float16), loaded(tmp_path / "b", weights)
    assert {str(value.dtype) for value in half.values()} == {"float32"}
    for name in weights:
        np.testing.assert_allclose(half[name], full[name], rtol=1e-3, atol=1e-6)


def test_without_weights_there_is_an_error_and_no_forecast(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _zero_net.read(tmp_path)


def test_what_comes_with_the_program_is_small_and_fits_the_features() -> None:
    weights = _zero_net.shipped()
    assert (_zero_net.SHIPPED / _zero_net.FILE).stat().st_size <= 2_000_000
    assert weights["series_in.weight"].shape[0] == OF_SERIES
    assert weights["step_in.weight"].shape[0] == OF_STEP
    assert all(np.isfinite(value).all() for value in weights.values())
    assert _zero_net.shipped() is weights
