import json
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.contract import BadParameter, BadSeries, Task, TooShort
from kernels.options import defaults
from models.anomaly import _autoencoder, sample_ad_model
from models.anomaly._autoencoder import Autoencoder, Trained
from models.anomaly.sample_ad_model import Params, build

GOLDEN = json.loads((Path(__file__).parent.parent.parent / "golden" / "sample_ad_model.json").read_text())
DETECTOR = build(Path("no such folder"))


def naive(score, limit):
    """Of the runs of rows beyond the limit, the highest first, as many as a tenth of all rows holds, and one."""
    runs = [list(run) for beyond, run in groupby(range(len(score)), lambda row: score[row] > limit) if beyond]
    flags, left = [1] * len(score), len(score) // 10
    for count, run in enumerate(sorted(runs, key=lambda run: -max(score[row] for row in run))):
        left -= len(run)
        if count and left < 0:
            break
        for row in run:
            flags[row] = -1
    return flags


def detect(values, **options):
    return DETECTOR.run(Task.of(values), Params(**options))


def beats(rows=1200, season=60, seed=0, noise=0.02):
    random = np.random.default_rng(seed)
    phase = np.arange(rows) % season / season
    shape = np.exp(-0.5 * ((phase - 0.3) / 0.05) ** 2) - 0.4 * np.exp(-0.5 * ((phase - 0.5) / 0.08) ** 2)
    return shape + noise * random.standard_normal(rows)


def trained(threshold=0.5, stride=2):
    """A model whose code is empty: the decoder always answers zero, and an error is the window's distance from it."""
    shape = _autoencoder.Shape(window=4, hidden=2, code=1, limit=8.0)
    judge = Trained(centre=10.0, spread=2.0, stride=stride, threshold=threshold)
    return Autoencoder(shape, judge, {k: np.zeros(v, np.float32) for k, v in shape.tensors(judge).items()})


def stored(folder, name, model):
    (folder / name).mkdir()
    _autoencoder.write(model, folder / name)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name):
    found = detect(GOLDEN[name]["values"])
    # single precision of the code; the reference is in double
    np.testing.assert_allclose(found.score, GOLDEN[name]["score"], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.flags < 0, np.array(GOLDEN[name]["score"]) > 1.0)
    assert (found.flags < 0).any()


@pytest.mark.parametrize("rows", [64, 65, 200, 700])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 1.0])
def test_the_strongest_runs_beyond_the_threshold_are_flagged(rows, threshold):
    values = beats(rows)
    values[rows // 2] += 3.0
    found = detect(values, threshold=threshold)
    assert found.flags.tolist() == naive(found.score.tolist(), threshold)


@pytest.mark.parametrize("odd", [3, 12])
def test_odd_beats_are_found_be_they_few_or_many(odd):
    values, firsts = beats(6000, noise=0.01), 60 * np.random.default_rng(odd).permutation(np.arange(1, 99))[:odd]
    for first in firsts:
        values[first : first + 60] = values[first : first + 60][::-1]
    flagged = detect(values).flags < 0
    assert all(flagged[first : first + 60].any() for first in firsts)
    assert flagged.sum() < 70 * odd


def test_a_beat_of_another_shape_is_found_though_its_values_are_ordinary():
    values = beats()
    values[600:660] = values[600:660][::-1]
    flagged = np.flatnonzero(detect(values).flags < 0)
    assert len(flagged)
    assert flagged.min() >= 590
    assert flagged.max() < 670


def test_a_missing_beat_is_found():
    values = beats(4000, noise=0.05)
    values[720:780] = values[720]
    found = detect(values)
    assert (found.flags[735:750] < 0).all()
    assert 700 <= np.argmax(found.score) < 800
    assert (found.flags < 0).sum() < 60


def test_a_spike_in_a_short_series_is_found():
    values = np.sin(np.arange(128) / 3.0) + 0.05 * np.random.default_rng(1).standard_normal(128)
    values[70] += 6.0
    assert np.flatnonzero(detect(values).flags < 0).tolist() == [70]


def test_a_series_without_anomalies_is_left_alone():
    assert (detect(beats(4000)).flags == 1).all()


@pytest.mark.parametrize("value", [0.0, 7.25, -1e300, 5e-324])
def test_constant_series_has_no_anomaly(value):
    found = detect(np.full(100, value))
    assert (found.flags == 1).all()
    assert (found.score == 0.0).all()


def test_unit_and_offset_do_not_matter():
    values = beats()
    values[600:660] = values[600:660][::-1]
    plain = detect(values)
    for other in (detect(1024.0 * values), detect(2.0**-300 * values), detect(values + 1e6)):
        # an offset of a million costs six digits
        np.testing.assert_allclose(other.score, plain.score, rtol=1e-3)


@given(
    arrays(
        np.float64,
        st.integers(64, 150),
        elements=st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, 1.0, -1.0])),
    )
)
@settings(max_examples=150, deadline=None)
def test_any_finite_series_gets_a_finite_answer(values):
    before = values.copy()
    found = detect(values)
    assert found.flags.dtype == np.int8
    assert found.flags.shape == found.score.shape == values.shape
    assert np.isin(found.flags, (-1, 1)).all()
    assert np.isfinite(found.score).all()
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("rows", [1, 10, 63])
def test_a_series_that_is_too_short_is_refused(rows):
    with pytest.raises(TooShort, match=f"^input data is too short: this model needs at least 64 rows, got {rows}$"):
        detect(np.arange(rows))


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(BadSeries, match="value at row 3 is not finite"):
        detect([1.0, 2.0, 3.0, np.nan] * 30)


def test_options_as_the_list_shows_them():
    assert defaults(DETECTOR) == {"model": "sample_ad_model", "threshold": 1.0}


def test_no_model_is_refused():
    with pytest.raises(BadParameter, match=r"^model needs to be specified$"):
        Params(model="")


@pytest.mark.parametrize("threshold", [0.0, -1.0, 11.0, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(BadParameter, match=r"^threshold must be 0\.1 to 10, got "):
        Params(threshold=threshold)


@pytest.mark.parametrize(
    "name", ["..", "../other", "a/b", "/etc", ".hidden", "a\\b", "a b", "a\n", "ü", "-x", "a" * 129, "x\0", "~"]
)
def test_a_name_that_could_leave_the_folder_is_refused(name):
    with pytest.raises(BadParameter, match="^failed to load model: ") as refused:
        Params(model=name)
    assert len(str(refused.value)) < 300


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadParameter, match="^failed to load model: pumps: there is no such folder"):
        build(tmp_path).run(Task.of(beats()), Params("pumps"))


def test_a_damaged_model_is_named_with_the_reason(tmp_path):
    stored(tmp_path, "pumps", trained())
    (tmp_path / "pumps" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadParameter, match="^failed to load model: pumps: model.safetensors is damaged"):
        build(tmp_path).run(Task.of(beats()), Params("pumps"))
    (tmp_path / "pumps" / "model.safetensors").unlink()
    with pytest.raises(BadParameter, match="^failed to load model: pumps: model.safetensors cannot be read"):
        build(tmp_path).run(Task.of(beats()), Params("pumps"))


def test_the_models_folder_of_another_kind_of_model_is_refused(tmp_path):
    (tmp_path / "timemoe").mkdir()
    (tmp_path / "timemoe" / "config.json").write_text('{"model_type": "time_moe"}')
    (tmp_path / "timemoe" / "model.safetensors").write_bytes(b"")
    with pytest.raises(BadParameter, match="^failed to load model: timemoe: config.json has no format"):
        build(tmp_path).run(Task.of(beats()), Params("timemoe"))


def test_the_manuals_name_means_the_shipped_model():
    values = beats()
    values[400] += 2.0
    found, expected = detect(values, model="sample-ad-autoencoder"), detect(values)
    np.testing.assert_array_equal(found.score, expected.score)


def test_a_trained_model_judges_by_its_own_scale_and_stride(tmp_path):
    stored(tmp_path, "pumps", trained())
    values = np.full(20, 10.0)
    values[8:12] = 30.0  # ten spreads off; each window of 8 rows is 4 means of 2
    found = build(tmp_path).run(Task.of(values), Params("pumps"))
    expected = np.full(20, 1)
    expected[[8, 9, 10, 11]] = -1
    np.testing.assert_array_equal(found.flags, expected)
    assert found.score[10] == pytest.approx(np.sqrt(100.0 / 4.0) / 0.5)  # every window on row 10 holds a whole block


def test_a_trained_model_needs_one_window(tmp_path):
    stored(tmp_path, "pumps", trained())
    detector = build(tmp_path)
    assert len(detector.run(Task.of(np.full(8, 10.0)), Params("pumps")).flags) == 8
    with pytest.raises(TooShort, match="input data is too short: this model needs at least 8 rows, got 7"):
        detector.run(Task.of(np.full(7, 10.0)), Params("pumps"))


def test_a_model_is_loaded_once_and_again_when_its_files_change(tmp_path, monkeypatch):
    loads = []
    monkeypatch.setattr(
        sample_ad_model._autoencoder,
        "read",
        lambda folder, read=_autoencoder.read: (loads.append(folder.name), read(folder))[1],
    )
    stored(tmp_path, "pumps", trained(threshold=0.5))
    models = sample_ad_model.Models(tmp_path)
    assert models.get("pumps") is models.get("pumps")
    assert loads == ["pumps"]
    _autoencoder.write(trained(threshold=0.25), tmp_path / "pumps")
    os.utime(tmp_path / "pumps" / "config.json", ns=(1, 1))
    assert models.get("pumps").judge.threshold == 0.25
    assert loads == ["pumps", "pumps"]


def test_torch_is_not_imported():
    code = "import sys, models.anomaly.sample_ad_model as m; m.build(m.Path('x')); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_shipped_weights_are_small():
    assert sum(file.stat().st_size for file in sample_ad_model.SHIPPED_FOLDER.iterdir()) < 1_000_000


def test_what_is_available_is_told_with_size_and_state(tmp_path):
    (tmp_path / "other").mkdir()
    own, broken = tmp_path / "own", tmp_path / "spoilt"
    for folder in (own, broken):
        folder.mkdir()
        _autoencoder.write(_autoencoder.read(sample_ad_model.SHIPPED_FOLDER), folder)
    (broken / "model.safetensors").write_bytes(b"x")
    shipped, first, second = sample_ad_model.available(tmp_path)
    assert (shipped["name"], shipped["status"], shipped["dtype"]) == ("sample_ad_model", "READY", "float32")
    assert (first["name"], first["size"]) == ("own", (own / "model.safetensors").stat().st_size)
    assert (second["name"], second["status"], second["size"]) == ("spoilt", "UNAVAIL", None)
    assert "damaged" in second["error"]
