import json
import pickle

import numpy as np
import pytest
from safetensors.numpy import save

from models.anomaly import _autoencoder
from models.anomaly._autoencoder import Adaptive, Autoencoder, BadModel, Shape, Trained

SHAPE = Shape(window=8, hidden=5, code=3, limit=2.0)
ADAPTIVE = Adaptive(ridge=0.01, usual=0.9)
SPAN = 8
TRAINED = Trained(centre=10.0, spread=2.0, stride=3, threshold=0.5)


def naive_errors(model, windows):
    """Straight from the formulas, one window at a time, in double precision."""
    weights = {name: tensor.astype(float) for name, tensor in model.weights.items()}
    codes = []
    for window in windows.astype(float):
        clipped = [min(max(value, -model.shape.limit), model.shape.limit) for value in window]
        hidden = [
            max(0.0, sum(a * v for a, v in zip(row, clipped, strict=True)) + bias)
            for row, bias in zip(weights["encoder.0.weight"], weights["encoder.0.bias"], strict=True)
        ]
        codes.append(
            [1.0]
            + [
                sum(b * h for b, h in zip(row, hidden, strict=True)) + bias
                for row, bias in zip(weights["encoder.1.weight"], weights["encoder.1.bias"], strict=True)
            ]
        )
    codes = np.array(codes)
    if isinstance(model.judge, Trained):
        return rms(windows, codes @ weights["decoder.weight"].T)
    errors = rms(windows, codes @ naive_ridge(codes, windows, model.judge.ridge))
    usual = errors <= np.quantile(errors, model.judge.share(len(windows), SPAN))
    return rms(windows, codes @ naive_ridge(codes[usual], windows[usual], model.judge.ridge))


def naive_ridge(codes, windows, ridge):
    """Least squares on the data with sqrt(penalty) times the identity appended."""
    penalty = ridge * np.mean(np.sum(codes**2, axis=0))
    size = codes.shape[1]
    rows = np.vstack([codes, np.sqrt(penalty) * np.eye(size)])
    return np.linalg.lstsq(rows, np.vstack([windows, np.zeros((size, windows.shape[1]))]), rcond=None)[0]


def rms(windows, decoded):
    return np.array([np.sqrt(np.mean((w - d) ** 2)) for w, d in zip(windows, decoded, strict=True)])


def random_model(judge, shape=SHAPE, seed=0):
    random = np.random.default_rng(seed)
    return Autoencoder(
        shape, judge, {name: random.normal(size=size).astype(np.float32) for name, size in shape.tensors(judge).items()}
    )


@pytest.mark.parametrize("judge", [ADAPTIVE, TRAINED])
@pytest.mark.parametrize("count", [1, 17, 300])
def test_errors_are_those_of_the_formulas(judge, count):
    windows = np.random.default_rng(count).normal(scale=2.0, size=(count, 8)).astype(np.float32)
    model = random_model(judge)
    # the code is computed in single precision
    np.testing.assert_allclose(model.errors(windows, SPAN), naive_errors(model, windows), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("judge", [ADAPTIVE, TRAINED])
def test_products_computed_in_slices_are_whole(judge):
    shape = Shape(window=32, hidden=64, code=8, limit=8.0)
    windows = np.random.default_rng(5).normal(size=(5000, 32)).astype(np.float32)
    model = random_model(judge, shape)
    np.testing.assert_allclose(
        model.errors(windows, SPAN), naive_errors_by_matrices(model, windows), rtol=2e-4, atol=1e-5
    )


def naive_errors_by_matrices(model, windows):
    weights = {name: tensor.astype(float) for name, tensor in model.weights.items()}
    hidden = np.clip(windows.astype(float), -model.shape.limit, model.shape.limit) @ weights["encoder.0.weight"].T
    code = np.maximum(hidden + weights["encoder.0.bias"], 0.0) @ weights["encoder.1.weight"].T
    codes = np.column_stack([np.ones(len(windows)), code + weights["encoder.1.bias"]])
    if isinstance(model.judge, Trained):
        return rms(windows, codes @ weights["decoder.weight"].T)
    errors = rms(windows, codes @ naive_ridge(codes, windows, model.judge.ridge))
    usual = errors <= np.quantile(errors, model.judge.share(len(windows), SPAN))
    return rms(windows, codes @ naive_ridge(codes[usual], windows[usual], model.judge.ridge))


def test_the_share_of_usual_windows_leaves_room_for_one_anomaly():
    assert [ADAPTIVE.share(windows, span=8) for windows in (10, 40, 80, 10_000)] == [0.5, 0.6, 0.8, 0.9]


@pytest.mark.parametrize("judge", [ADAPTIVE, TRAINED])
def test_what_is_written_reads_back(tmp_path, judge):
    model = random_model(judge)
    _autoencoder.write(model, tmp_path)
    found = _autoencoder.read(tmp_path)
    assert (found.shape, found.judge) == (model.shape, model.judge)
    for name, tensor in model.weights.items():
        np.testing.assert_array_equal(found.weights[name], tensor)
    assert _autoencoder.looks_like_one(tmp_path)


def rewrite(folder, change):
    settings = json.loads((folder / "config.json").read_text())
    change(settings)
    (folder / "config.json").write_text(json.dumps(settings))


CONFIG_FAULTS = {
    "has no format": lambda s: s.update(format="other"),
    "config.json lacks shape": lambda s: s.pop("shape"),
    "config.json lacks adaptive": lambda s: s.pop("adaptive"),
    "config.json holds unknown extra": lambda s: s.update(extra=1),
    "shape must be an object": lambda s: s.update(shape=[8, 5, 3]),
    "shape lacks code": lambda s: s["shape"].pop("code"),
    "shape holds unknown depth": lambda s: s["shape"].update(depth=2),
    "shape.hidden must be an integer": lambda s: s["shape"].update(hidden=5.0),
    "shape.code must be an integer": lambda s: s["shape"].update(code=True),
    "code must be 1 to 7, got 8": lambda s: s["shape"].update(code=8),
    "window must be 4 to 1024, got 1000000": lambda s: s["shape"].update(window=1_000_000),
    "adaptive.ridge must be a number": lambda s: s["adaptive"].update(ridge="0.1"),
    "ridge must be 1e-09 to 1000, got nan": lambda s: s["adaptive"].update(ridge=float("nan")),
    "usual must be 0.5 to 0.99, got 0.1": lambda s: s["adaptive"].update(usual=0.1),
    "encoder.0.weight must be float32 (6, 8), got float32 (5, 8)": lambda s: s["shape"].update(hidden=6),
}


@pytest.mark.parametrize("message", CONFIG_FAULTS)
def test_a_wrong_setting_is_refused_by_name(tmp_path, message):
    _autoencoder.write(random_model(ADAPTIVE), tmp_path)
    rewrite(tmp_path, CONFIG_FAULTS[message])
    with pytest.raises(BadModel) as refused:
        _autoencoder.read(tmp_path)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("stride", 0, "stride must be 1 to 1000000, got 0"),
        ("spread", 0.0, "spread must be 1e-300 to 1.7e+308, got 0.0"),
        ("threshold", float("inf"), "threshold must be 1e-06 to 1e+06, got inf"),
        ("centre", 10**400, "centre must be"),
    ],
)
def test_a_wrong_setting_of_a_trained_model_is_refused(tmp_path, key, value, message):
    _autoencoder.write(random_model(TRAINED), tmp_path)
    rewrite(tmp_path, lambda s: s["trained"].update({key: value}))
    with pytest.raises(BadModel) as refused:
        _autoencoder.read(tmp_path)
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\xff", "[" * 100_000])
def test_a_config_that_is_not_ours_is_refused(tmp_path, text):
    _autoencoder.write(random_model(ADAPTIVE), tmp_path)
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadModel, match=r"^config.json (is not JSON|has no format)"):
        _autoencoder.read(tmp_path)
    assert not _autoencoder.looks_like_one(tmp_path)


def with_tensors(folder, change):
    model = random_model(ADAPTIVE)
    _autoencoder.write(model, folder)
    weights = dict(model.weights)
    change(weights)
    (folder / "model.safetensors").write_bytes(save(weights))


def spoil(weights, value):
    weights["encoder.1.weight"] = weights["encoder.1.weight"].copy()
    weights["encoder.1.weight"][1, 2] = value


TENSOR_FAULTS = {
    "model.safetensors lacks encoder.1.bias": lambda w: w.pop("encoder.1.bias"),
    "model.safetensors holds unknown more": lambda w: w.update(more=np.zeros(2, np.float32)),
    "encoder.0.bias must be float32 (5,), got float64 (5,)": lambda w: w.update(
        {"encoder.0.bias": w["encoder.0.bias"].astype(float)}
    ),
    "encoder.0.bias must be float32 (5,), got float32 (5, 1)": lambda w: w.update(
        {"encoder.0.bias": w["encoder.0.bias"][:, None].copy()}
    ),
    "encoder.1.weight holds values that are not finite": lambda w: spoil(w, np.nan),
    "not finite or beyond 1000": lambda w: spoil(w, 1e30),
}


@pytest.mark.parametrize("message", TENSOR_FAULTS)
def test_a_wrong_tensor_is_refused_by_name(tmp_path, message):
    with_tensors(tmp_path, TENSOR_FAULTS[message])
    with pytest.raises(BadModel) as refused:
        _autoencoder.read(tmp_path)
    assert message in str(refused.value)


class Trap:
    """Unpickling one would leave a trace."""

    def __reduce__(self):
        return (pytest.fail, ("the file was unpickled",))


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, pickle.dumps(Trap()), b"\xff" * 8 + b"{}"])
def test_a_file_that_is_not_safetensors_is_refused_and_never_unpickled(tmp_path, content):
    _autoencoder.write(random_model(ADAPTIVE), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(BadModel, match="model.safetensors is damaged"):
        _autoencoder.read(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadModel, match="config.json cannot be read: No such file"):
        _autoencoder.read(tmp_path)


def test_a_huge_file_is_not_loaded(tmp_path):
    _autoencoder.write(random_model(ADAPTIVE), tmp_path)
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.truncate(_autoencoder.LARGEST_FILE + 1)
    with pytest.raises(BadModel, match="model.safetensors is larger than 16777216 bytes"):
        _autoencoder.read(tmp_path)
