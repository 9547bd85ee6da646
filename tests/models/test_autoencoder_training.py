import numpy as np
import pytest
import torch

from kernels.contract import BadParameter, BadSeries, TooShort
from models import _autoencoder_training as training
from models.anomaly import _autoencoder, _windows
from models.anomaly._autoencoder import Adaptive, Autoencoder, Trained
from models.anomaly.sample_ad_model import SHIPPED_FOLDER, judge

SMALL = {"lessons": 12, "steps": 8}


def daily(rows=2000, season=48, seed=0):
    random = np.random.default_rng(seed)
    phase = np.arange(rows) % season
    return 20.0 + 8.0 * ((phase > 15) & (phase < 30)) + 0.3 * random.standard_normal(rows)


def test_training_gives_the_same_weights_every_time():
    first, again = training.train_shipped(**SMALL), training.train_shipped(**SMALL)
    assert first.judge == again.judge
    for name, tensor in first.weights.items():
        np.testing.assert_array_equal(tensor, again.weights[name])


def test_training_learns_to_tell_windows_apart():
    losses = []

    def watch(loss, optimiser, learnt, descend=training._descend):
        losses.append(float(loss.detach()))
        descend(loss, optimiser, learnt)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_descend", watch)
        training.train_shipped(lessons=40, steps=60)
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


def test_training_and_service_compute_the_same_errors():
    windows = np.random.default_rng(1).standard_normal((200, 32)).astype(np.float32)
    torch.manual_seed(0)
    encoder = training.Encoder(training.SHAPE)
    model = Autoencoder(training.SHAPE, Adaptive(ridge=0.02, usual=training.USUAL), encoder.weights())
    batch = torch.from_numpy(windows)[None]
    with torch.no_grad():
        codes = encoder(batch)
        squares = training._errors(codes, batch, codes, batch, torch.tensor(0.02))
    # both in single precision up to the code
    np.testing.assert_allclose(model.errors(windows, span=1), np.sqrt(squares[0].numpy()), rtol=1e-3)


def test_the_shipped_folder_holds_what_training_makes():
    model = _autoencoder.read(SHIPPED_FOLDER)
    assert model.shape == training.SHAPE
    assert isinstance(model.judge, Adaptive)
    assert model.judge.usual == training.USUAL


def test_main_stores_a_model(tmp_path, monkeypatch):
    train = training.train_shipped
    monkeypatch.setattr(training, "train_shipped", lambda progress: train(progress, **SMALL))
    training.main(tmp_path / "new")
    assert isinstance(_autoencoder.read(tmp_path / "new").judge, Adaptive)


def test_an_own_model_knows_its_data_and_finds_what_is_not_like_it():
    model = training.train_own(daily(), steps=600)
    assert isinstance(model.judge, Trained)
    assert model.judge.stride == 2  # 48 rows in windows of 32
    values = daily(960, seed=9)
    usual = judge(values, model)
    assert (usual.flags < 0).mean() < 0.01
    values[500:520] = 5.0
    assert (judge(values, model).flags[500:520] < 0).any()


def test_an_own_model_flags_no_more_of_its_data_than_tolerated():
    values = daily(1000)
    for tolerance in (0.0, 0.05):
        model = training.train_own(values, tolerance, steps=50)
        assert (judge(values, model).flags < 0).mean() <= tolerance


def test_an_own_model_finds_another_level_that_the_shipped_one_would_take_for_a_new_unit():
    model = training.train_own(daily(), steps=300)
    assert (judge(daily() + 50.0, model).flags < 0).all()


def test_progress_is_reported_for_every_step():
    seen = []
    training.train_own(daily(300), steps=5, progress=lambda done, steps: seen.append((done, steps)))
    assert seen == [(done, 5) for done in range(1, 6)]


def test_a_long_season_is_seen_whole():
    values = np.sin(2 * np.pi * np.arange(4000) / 400)
    model = training.train_own(values, steps=3)
    assert model.judge.stride == _windows.stride_for(4000, season=400, window=32) == 13


def test_data_that_cannot_be_learnt_from_is_refused():
    with pytest.raises(TooShort, match="^input data is too short: training needs at least 256 rows, got 255$"):
        training.train_own(np.arange(255.0))
    with pytest.raises(BadSeries, match="^nothing can be learnt from a constant series: all values are 4.0$"):
        training.train_own(np.full(500, 4.0))
    with pytest.raises(BadSeries, match="value at row 2 is not finite"):
        training.train_own(np.array([1.0, 2.0, np.inf] * 200))
    with pytest.raises(BadParameter, match=r"^tolerance must be 0 to 0\.1, got 0\.5$"):
        training.train_own(daily(), 0.5)
