import numpy as np
import pytest

from models import _autoencoder_data


def test_the_same_seed_gives_the_same_series():
    first, again = (_autoencoder_data.example(np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first[0].values, again[0].values)
    assert first[1] == again[1]


def test_every_series_is_finite_and_varies():
    random = np.random.default_rng(1)
    for _ in range(200):
        values, season = _autoencoder_data.normal_series(random, 512)
        assert values.shape == (512,)
        assert np.isfinite(values).all()
        assert values.std() > 0.0
        assert season == 0.0 or 6.0 < season < 252.0


def test_anomalies_are_few_and_marked():
    random = np.random.default_rng(2)
    shares = []
    for _ in range(200):
        example, _ = _autoencoder_data.example(random, 1024)
        assert np.isfinite(example.values).all()
        assert example.anomalous.shape == example.values.shape
        shares.append(example.anomalous.mean())
    assert 0.02 < np.mean(shares) < 0.2
    assert np.mean(np.array(shares) > 0.0) > 0.9


@pytest.mark.parametrize("colour", [0.0, 0.5, 0.9])
def test_noise_has_unit_variance_and_the_wanted_autocorrelation(colour):
    noise = _autoencoder_data._noise(np.random.default_rng(3), 100_000, colour)
    assert noise.std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(colour, abs=0.02)


@pytest.mark.parametrize("shape", _autoencoder_data.SHAPES)
def test_every_shape_is_a_function_of_the_phase(shape):
    values = shape(np.random.default_rng(5), np.linspace(0.0, 1.0, 50))
    assert values.shape == (50,)
    assert np.isfinite(values).all()
