from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.random_models import TINY_TIMER, timer_directory
from kernels.contract import Horizon
from models.files import CheckpointError
from models.pretrained import forecast
from models.tdtsfm import Config, State, TdTsfm

TESTS = Path(__file__).parent.parent
CHECKPOINT = TESTS / "checkpoints" / "tdtsfm"


def naive(weights: dict[str, np.ndarray], config: Config, points: np.ndarray, head: int) -> np.ndarray:
    """What head `head` says after all points, which are normalised already. One token at a time, float64."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    heads, patch = config.num_attention_heads, config.input_token_len
    d = config.hidden_size // heads

    def act(x: np.ndarray) -> np.ndarray:
        if config.hidden_act == "silu":
            return x / (1.0 + np.exp(-x))
        return np.array([0.5 * v * (1.0 + math.erf(v / math.sqrt(2.0))) for v in x])

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        return (x - x.mean()) / math.sqrt(x.var() + 1e-5) * w[name + ".weight"] + w[name + ".bias"]

    def rotate(x: np.ndarray, position: int) -> np.ndarray:
        out = x.copy()
        for j in range(d // 2):
            angle = position * 10000.0 ** (-2.0 * j / d)
            a, b = x[j], x[j + d // 2]
            out[j], out[j + d // 2] = a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)
        return out

    states = [
        w["model.embed_layer.emb.weight"] @ points[s : s + patch] for s in range(0, len(points) - patch + 1, patch)
    ]
    for layer in range(config.num_hidden_layers):
        name = f"model.layers.{layer}."
        keys, values, after = [], [], []
        for t, h in enumerate(states):
            q, k, v = (
                (w[f"{name}self_attn.{p}_proj.weight"] @ h + w[f"{name}self_attn.{p}_proj.bias"]).reshape(heads, d)
                for p in "qkv"
            )
            keys.append([rotate(k[i], t) for i in range(heads)])
            values.append(v)
            mixed = []
            for i in range(heads):
                score = np.array([rotate(q[i], t) @ keys[s][i] / math.sqrt(d) for s in range(t + 1)])
                share = np.exp(score - score.max())
                share /= share.sum()
                mixed.append(sum(share[s] * values[s][i] for s in range(t + 1)))
            h = norm(h + w[name + "self_attn.o_proj.weight"] @ np.concatenate(mixed), name + "norm1")
            gate, up, down = (w[f"{name}ffn_layer.{part}_proj.weight"] for part in ("gate", "up", "down"))
            after.append(norm(h + down @ (act(gate @ h) * (up @ h)), name + "norm2"))
        states = after
    return w[f"lm_heads.{head}.weight"] @ norm(states[-1], "model.norm")


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return dict(np.load(TESTS / "golden" / "tdtsfm" / "vectors.npz"))


@pytest.fixture(scope="module")
def model() -> TdTsfm:
    return TdTsfm.open(CHECKPOINT)


@torch.inference_mode()
@pytest.mark.parametrize("act", ["silu", "gelu"])
@pytest.mark.parametrize("patches", [1, 2, 5])
def test_every_head_agrees_with_the_naive_model(tmp_path: Path, act: str, patches: int) -> None:
    ours = TdTsfm.open(timer_directory(tmp_path, {**TINY_TIMER, "hidden_act": act}))
    weights = {name: parameter.numpy() for name, parameter in ours.named_parameters()}
    points = np.random.default_rng(patches).normal(size=8 * patches)
    states = ours.states(torch.tensor(points[None], dtype=torch.float32), State(ours, 1, patches))
    for head, module in enumerate(ours.lm_heads):
        expected = naive(weights, ours.config, points, head)
        # float32 against float64 over two layers of states of order 1
        np.testing.assert_allclose(module(states[0, -1]).numpy(), expected, atol=2e-5)


@torch.inference_mode()
def test_one_pass_gives_the_reference_states_and_head(model: TdTsfm, golden: dict[str, np.ndarray]) -> None:
    states = model.states(torch.from_numpy(golden["fwd_L512_input"]), State(model, 3, 5))
    np.testing.assert_allclose(states, golden["fwd_L512_hidden"], atol=1e-5)
    np.testing.assert_allclose(model.lm_heads[0](states[:, -1]), golden["fwd_L512_head96"], atol=1e-5)


@pytest.mark.parametrize("key", ["L96_N7", "L96_N200", "L100_N24", "L512_N1", "L512_N96", "L512_N200"])
def test_generation_equals_the_reference(model: TdTsfm, golden: dict[str, np.ndarray], key: str) -> None:
    length, steps = key.split("_")
    series = golden[f"gen_{length}_input"].astype(np.float64)
    found = forecast(model, list(series), Horizon(int(steps[1:])))
    for row, one in enumerate(found):
        # of the input's standard deviation: what is promised for a whole forecast
        np.testing.assert_allclose(one.value, golden[f"gen_{key}"][row], atol=1e-4 * series[row].std())


@torch.inference_mode()
@pytest.mark.parametrize("steps", [8, 32, 41])
def test_several_heads_feed_back_patches_normalised_together(tmp_path: Path, steps: int) -> None:
    ours = TdTsfm.open(timer_directory(tmp_path, TINY_TIMER))
    points = torch.from_numpy(np.random.default_rng(steps).normal(size=(2, 24)).astype(np.float32))
    made = ours.generate(points, steps)
    assert made.ahead.shape == (2, steps)
    np.testing.assert_allclose(made.ahead, ours.generate(points, steps, backtest=False).ahead, atol=1e-5)


@torch.inference_mode()
def test_backtests_know_nothing_of_later_patches(model: TdTsfm) -> None:
    points = np.random.default_rng(3).normal(size=(1, 288)).astype(np.float32)
    made = model.generate(torch.from_numpy(points), 96)
    assert sorted(made.origins) == [24, 48, 72, 96, 120, 144, 168, 192, 216, 240, 264]
    # the same series shortened by 24: its last forecast is one of them
    shortened = np.concatenate((points[:, 24:0:-1], points[:, :264]), axis=1)
    alone = model.generate(torch.from_numpy(shortened), 96, backtest=False).ahead
    np.testing.assert_allclose(made.backtest[:, made.origins.index(264)], alone, atol=1e-5)


@torch.inference_mode()
def test_a_constant_tail_is_continued(model: TdTsfm) -> None:
    series = np.concatenate((np.arange(30.0), np.full(96, 3.25)))
    found = forecast(model, [series], Horizon(200))[0]
    np.testing.assert_allclose(found.value, 3.25, rtol=1e-6)


def test_input_below_one_patch_is_answered(model: TdTsfm) -> None:
    assert model.shortest == 96
    assert np.isfinite(forecast(model, [np.arange(5.0)], Horizon(1))[0].value).all()


def test_all_whole_patches_are_fed(model: TdTsfm) -> None:
    assert model.context_length(96, 1) == 96
    assert model.context_length(191, 96) == 96
    assert model.context_length(10**6, 97) == 10**6 - 64


@torch.inference_mode()
def test_a_context_longer_than_the_configured_positions_is_read_whole(tmp_path: Path) -> None:
    ours = TdTsfm.open(timer_directory(tmp_path, {**TINY_TIMER, "max_position_embeddings": 4}))
    weights = {name: parameter.numpy() for name, parameter in ours.named_parameters()}
    points = np.random.default_rng(8).normal(size=8 * 12)
    normal = (points - points.mean()) / points.std(ddof=1)
    expected = naive(weights, ours.config, normal, 0) * points.std(ddof=1) + points.mean()
    np.testing.assert_allclose(forecast(ours, [points], Horizon(8))[0].value, expected, atol=2e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 18}, "does not split into even attention heads"),
        ({"hidden_act": "tanh"}, "hidden_act must be one of silu, gelu, got tanh"),
        ({"output_token_lens": [8, 12]}, "must be multiples of input_token_len"),
        ({"output_token_lens": []}, "ascending list"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        Config.read({**TINY_TIMER, **change})


def test_without_a_config_it_is_tdtsfm_1() -> None:
    model = TdTsfm(Config.read({}))
    assert sum(parameter.numel() for parameter in model.parameters()) == 84_142_080
    assert len(dict(model.named_parameters())) == 116
