from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.random_models import TINY_TIMEMOE, timemoe_directory
from models.files import CheckpointError
from models.timemoe import Config, State, TimeMoe

GOLDEN = Path(__file__).parent.parent / "golden" / "timemoe"


def naive(weights: dict[str, np.ndarray], config: Config, points: list[float], head: int) -> list[np.ndarray]:
    """Row t: what head `head` says after point t. One token at a time, everything recomputed, float64."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    d = config.hidden_size // heads

    def silu(x: np.ndarray) -> np.ndarray:
        return x / (1.0 + np.exp(-x))

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        return x / math.sqrt(np.mean(x**2) + config.rms_norm_eps) * w[name]

    def glu(x: np.ndarray, name: str) -> np.ndarray:
        gate, up, down = (w[f"{name}.{part}_proj.weight"] for part in ("gate", "up", "down"))
        return down @ (silu(gate @ x) * (up @ x))

    def rotate(x: np.ndarray, position: int) -> np.ndarray:
        out = x.copy()
        for j in range(d // 2):
            angle = position * config.rope_theta ** (-2.0 * j / d)
            a, b = x[j], x[j + d // 2]
            out[j], out[j + d // 2] = a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)
        return out

    embed = "model.embed_layer."
    states = [
        silu(w[embed + "gate_layer.weight"][:, 0] * x) * (w[embed + "emb_layer.weight"][:, 0] * x) for x in points
    ]
    for layer in range(config.num_hidden_layers):
        name = f"model.layers.{layer}."
        keys, values, after = [], [], []
        for t, h in enumerate(states):
            x = norm(h, name + "input_layernorm.weight")
            q, k, v = (
                (w[f"{name}self_attn.{p}_proj.weight"] @ x + w[f"{name}self_attn.{p}_proj.bias"]).reshape(-1, d)
                for p in "qkv"
            )
            keys.append([rotate(k[g], t) for g in range(groups)])
            values.append(v)
            mixed = []
            for i in range(heads):
                g = i // (heads // groups)
                score = np.array([rotate(q[i], t) @ keys[s][g] / math.sqrt(d) for s in range(t + 1)])
                share = np.exp(score - score.max())
                share /= share.sum()
                mixed.append(sum(share[s] * values[s][g] for s in range(t + 1)))
            h = h + w[name + "self_attn.o_proj.weight"] @ np.concatenate(mixed)
            x = norm(h, name + "post_attention_layernorm.weight")
            if config.use_dense:
                after.append(h + glu(x, name + "ffn_layer"))
                continue
            logit = w[name + "ffn_layer.gate.weight"] @ x
            p = np.exp(logit - logit.max())
            p /= p.sum()
            best = np.argsort(-p)[: config.num_experts_per_tok]
            out = sum(p[e] * glu(x, f"{name}ffn_layer.experts.{e}") for e in best)
            open_by = 1.0 / (1.0 + np.exp(-(w[name + "ffn_layer.shared_expert_gate.weight"] @ x)))
            after.append(h + out + open_by * glu(x, name + "ffn_layer.shared_expert"))
        states = after
    return [w[f"lm_heads.{head}.out_layer.weight"] @ norm(h, "model.norm.weight") for h in states]


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return dict(np.load(GOLDEN / "vectors.npz"))


@pytest.fixture(scope="module")
def model() -> TimeMoe:
    return TimeMoe.open(GOLDEN)


@torch.inference_mode()
@pytest.mark.parametrize("change", [{}, {"use_dense": True}, {"num_key_value_heads": 4, "hidden_act": "silu"}], ids=str)
@pytest.mark.parametrize("length", [1, 2, 19])
def test_every_head_agrees_with_the_naive_model(tmp_path: Path, change: dict[str, Any], length: int) -> None:
    ours = TimeMoe.open(timemoe_directory(tmp_path, {**TINY_TIMEMOE, **change}, torch.float32))
    weights = {name: parameter.numpy() for name, parameter in ours.named_parameters()}
    points = np.random.default_rng(length).normal(size=length)
    states = ours.states(torch.tensor(points[None], dtype=torch.float32), State(ours, 1, length), keep=length)
    for head, module in enumerate(ours.lm_heads):
        expected = np.stack(naive(weights, ours.config, list(points), head))
        # float32 against float64 over two layers of states of order 1
        np.testing.assert_allclose(module(states)[0].numpy(), expected, atol=2e-5)


@torch.inference_mode()
def test_one_pass_gives_the_reference_states_and_heads(model: TimeMoe, golden: dict[str, np.ndarray]) -> None:
    points = torch.from_numpy(golden["fwd_L33_input"])
    states = model.states(points, State(model, 3, 33), keep=33)
    np.testing.assert_allclose(states[:, -1], golden["fwd_L33_hidden_last"], atol=1e-5)
    for head, length in ((0, 1), (3, 64)):
        np.testing.assert_allclose(model.lm_heads[head](states), golden[f"fwd_L33_head{length}"], atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("key", ["gen_L33_N7", "gen_L33_N96", "gen_L5_N24"])
@pytest.mark.parametrize("backtest", [False, True])
def test_generation_equals_the_reference(
    model: TimeMoe, golden: dict[str, np.ndarray], key: str, backtest: bool
) -> None:
    _, length, steps = key.split("_")
    points = torch.from_numpy(golden[f"fwd_{length}_input"])
    made = model.generate(points, int(steps[1:]), backtest=backtest)
    np.testing.assert_allclose(made.ahead, golden[key], atol=1e-5)


@torch.inference_mode()
def test_zeros_are_a_series_like_any_other(model: TimeMoe, golden: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(model.generate(torch.zeros(1, 33), 24).ahead, golden["gen_zeros_L33_N24"], atol=1e-5)


@torch.inference_mode()
def test_the_router_sees_the_reference_logits(model: TimeMoe, golden: dict[str, np.ndarray]) -> None:
    seen: list[torch.Tensor] = []
    gate = model.model.layers[0].ffn_layer.gate
    handle = gate.register_forward_hook(lambda _module, _input, output: seen.append(output))
    try:
        model.states(torch.from_numpy(golden["fwd_L33_input"]), State(model, 3, 33), keep=1)
    finally:
        handle.remove()
    np.testing.assert_allclose(seen[0].view(3, 33, -1), golden["router_layer0_L33"], atol=1e-5)


@torch.inference_mode()
def test_backtests_are_those_of_the_shorter_series(model: TimeMoe) -> None:
    points = torch.from_numpy(np.random.default_rng(3).normal(size=(2, 40)).astype(np.float32))
    made = model.generate(points, 32)
    for index, origin in enumerate(made.origins):
        alone = model.generate(points[:, :origin], 32, backtest=False).ahead
        np.testing.assert_allclose(made.backtest[:, index], alone, atol=1e-5)
    assert made.origins == list(range(20, 40))


@torch.inference_mode()
def test_a_series_in_a_batch_is_answered_as_alone(model: TimeMoe) -> None:
    points = torch.from_numpy(np.random.default_rng(4).normal(size=(5, 21)).astype(np.float32))
    together = model.generate(points, 40).ahead
    for row in range(5):
        np.testing.assert_allclose(together[row], model.generate(points[row : row + 1], 40).ahead[0], atol=1e-5)


def test_context_and_horizon_stay_within_the_trained_length(model: TimeMoe) -> None:
    assert model.context_length(100, 96) == 100
    assert model.context_length(10_000, 96) == 4000
    assert model.context_length(10_000, 4096) == 2048


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 0}, "hidden_size must be >= 1, got 0"),
        ({"hidden_size": "16"}, "hidden_size must be of type int, got '16'"),
        ({"hidden_size": 18}, "does not split into even attention heads"),
        ({"num_key_value_heads": 3}, "must be a multiple of num_key_value_heads"),
        ({"num_experts_per_tok": 4}, "must not exceed num_experts"),
        ({"hidden_act": "relu"}, "hidden_act must be one of silu, gelu, got relu"),
        ({"horizon_lengths": [8, 1]}, "ascending list"),
        ({"rope_theta": -1}, "must be > 0"),
        ({"input_size": 2}, "input_size must be 1, got 2"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message.replace("[", r"\[")):
        Config.read({**TINY_TIMEMOE, **change})


def test_a_single_head_length_and_missing_fields_are_understood() -> None:
    config = Config.read({"horizon_lengths": 16, "num_attention_heads": 6})
    assert config.horizon_lengths == (16,)
    assert config.num_key_value_heads == 6
    assert config.hidden_size == 384


def test_without_a_config_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json in"):
        TimeMoe.open(tmp_path)
