from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.random_models import TINY_TIMEMOE, TINY_TIMER, timemoe_directory, timer_directory
from kernels.contract import BadSeries, Horizon
from models import _checkpoint, pretrained
from models.files import CheckpointError
from models.pretrained import Pretrained, forecast, open_model

GOLDEN = Path(__file__).parent.parent / "golden" / "timemoe"


@pytest.fixture(scope="module")
def timemoe() -> Pretrained:
    return open_model(GOLDEN)


@pytest.fixture(scope="module", params=["time_moe", "timer"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pretrained:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "timer":
        return open_model(timer_directory(folder, TINY_TIMER))
    return open_model(timemoe_directory(folder, TINY_TIMEMOE))


@pytest.mark.parametrize(
    "key", ["L5_N24", "L33_N1", "L33_N7", "L33_N24", "L33_N200", "L512_N24", "L512_N96", "L512_N200"]
)
def test_timemoe_answers_as_the_reference_server(timemoe: Pretrained, key: str) -> None:
    golden = np.load(GOLDEN / "vectors.npz")
    length, steps = key.split("_")
    series = golden[f"srv_{length}_input"].astype(np.float64)
    for row, found in enumerate(forecast(timemoe, list(series), Horizon(int(steps[1:])))):
        # of the input's standard deviation: what is promised for a whole forecast
        np.testing.assert_allclose(found.value, golden[f"srv_{key}"][row], atol=1e-4 * series[row].std())


def test_every_architecture_is_a_pretrained_model(tiny: Pretrained) -> None:
    assert isinstance(tiny, Pretrained)


def test_a_constant_series_goes_on(tiny: Pretrained) -> None:
    for length in (1, 3, 500):
        found = forecast(tiny, [np.full(length, 0.1)], Horizon(7))[0]
        assert (found.value == 0.1).all()
        assert (found.low == 0.1).all()
        assert (found.high == 0.1).all()


def test_a_short_series_is_mirrored_up_to_what_the_model_needs(tiny: Pretrained) -> None:
    short = np.array([4.0, 7.0, 5.0])
    for n in {2, 3, 7, tiny.shortest + 1}:
        one = np.resize(short, n)
        filled = list(one)
        while len(filled) < tiny.shortest:  # further and further back in the mirrored series
            at = (n - 1 - len(filled)) % (2 * (n - 1))
            filled.insert(0, float(one[min(at, 2 * (n - 1) - at)]))
        ours, theirs = (forecast(tiny, [np.array(series)], Horizon(5))[0] for series in (one, filled))
        for mine, other in ((ours.value, theirs.value), (ours.low, theirs.low), (ours.high, theirs.high)):
            np.testing.assert_array_equal(mine, other)


def test_series_of_many_lengths_are_answered_as_alone(tiny: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "TOKENS_AT_ONCE", 100)
    rng = np.random.default_rng(2)
    many = [rng.normal(size=length) for length in (40, 17, 40, 96, 8, 40, 33)] + [np.ones(20)]
    for one, found in zip(many, forecast(tiny, many, Horizon(12)), strict=True):
        alone = forecast(tiny, [one], Horizon(12))[0]
        for ours, theirs in ((found.value, alone.value), (found.low, alone.low), (found.high, alone.high)):
            np.testing.assert_allclose(ours, theirs, atol=2e-4)


@pytest.mark.parametrize("scale", [1e-3, 1e6])
@pytest.mark.parametrize("shift", [0.0, -5e3, 1e9])
def test_forecasts_follow_scale_and_offset(tiny: Pretrained, scale: float, shift: float) -> None:
    one = np.sin(np.arange(64) / 5) + np.random.default_rng(4).normal(size=64) / 4
    plain = forecast(tiny, [one], Horizon(9))[0]
    moved = forecast(tiny, [one * scale + shift], Horizon(9))[0]
    # what an offset of 1e9 leaves of values of order 1e-3: some 1e-7 of the 64-bit mantissa
    tolerance = 1e-4 * scale + 1e-15 * abs(shift) * 64
    np.testing.assert_allclose(moved.value, plain.value * scale + shift, atol=tolerance, rtol=0)
    np.testing.assert_allclose(moved.high, plain.high * scale + shift, atol=10 * tolerance, rtol=0)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, st.integers(8, 40), elements=st.floats(allow_nan=False, allow_infinity=False)),
    st.integers(1, 70),
    st.floats(0.01, 1.0),
)
def test_whatever_finite_comes_in_finite_goes_out(tiny: Pretrained, series: np.ndarray, rows: int, conf: float) -> None:
    found = forecast(tiny, [series], Horizon(rows, conf))[0]
    for values in (found.value, found.low, found.high):
        assert values.shape == (rows,)
        assert np.isfinite(values).all()
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_more_coverage_is_wider(tiny: Pretrained) -> None:
    one = np.random.default_rng(5).normal(size=80)
    narrow, wide = (forecast(tiny, [one], Horizon(10, conf))[0] for conf in (0.5, 0.95))
    assert (wide.high - wide.low > narrow.high - narrow.low).all()


def test_intervals_cover_noise_around_a_season(tiny: Pretrained) -> None:
    rng = np.random.default_rng(6)
    time = np.arange(280)
    many = [3 * np.sin(2 * np.pi * (time + rng.integers(24)) / 24) + rng.normal(size=280) for _ in range(64)]
    found = forecast(tiny, [one[:256] for one in many], Horizon(24, 0.9))
    covered = [np.mean((f.low <= one[256:]) & (one[256:] <= f.high)) for f, one in zip(found, many, strict=True)]
    # 64 x 24 dependent points: about three standard errors
    assert np.mean(covered) == pytest.approx(0.9, abs=0.06)


def test_what_is_not_finite_is_refused(tiny: Pretrained) -> None:
    with pytest.raises(BadSeries, match="not finite"):
        forecast(tiny, [np.array([1.0, np.nan] * 8)], Horizon(1))


def test_an_unknown_architecture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    with pytest.raises(CheckpointError, match="model_type 'llama' is none of timer, taos, time_moe"):
        open_model(tmp_path)


def test_bfloat16_is_refused_where_it_would_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_checkpoint, "bfloat16_is_fast", lambda: False)
    with pytest.raises(CheckpointError, match="does not compute in bfloat16"):
        open_model(GOLDEN, "bfloat16")


def test_bfloat16_stays_near_float32(timemoe: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_checkpoint, "bfloat16_is_fast", lambda: True)
    half = open_model(GOLDEN, "bfloat16")
    assert next(half.parameters()).dtype == torch.bfloat16
    one = np.sin(np.arange(100) / 7)
    ours, theirs = (forecast(model, [one], Horizon(32))[0].value for model in (half, timemoe))
    assert np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs - one.mean())
