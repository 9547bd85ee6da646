"""The forms of scikit-learn and statsforecast, held to what those libraries call."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.base import clone

import taosanode

VALUES = [10 + 5 * math.sin(at * math.pi / 6) for at in range(48)]


def test_detector_is_one_of_scikit_learn() -> None:
    series = np.array([*VALUES, 99.0])
    detector = clone(taosanode.Detector("ksigma", k=4)).set_params(k=3)
    assert detector.get_params() == {"algo": "ksigma", "k": 3}
    flags = detector.fit_predict(series.reshape(-1, 1))
    assert np.flatnonzero(flags == -1).tolist() == [48]
    assert np.argmin(detector.score_samples(series)) == 48
    np.testing.assert_array_equal(detector.predict(series), detector.flags_)
    assert repr(detector) == "Detector('ksigma', k=3)"


def test_forecaster_answers_as_statsforecast_asks() -> None:
    model = taosanode.HoltWinters(trend="add", alias="hw")
    assert (repr(model), model.alias) == ("hw", "hw")
    told = model.forecast(y=np.array(VALUES), h=3, X=None, X_future=None, level=[95, 80], fitted=False)
    assert list(told) == ["mean", "lo-80", "hi-80", "lo-95", "hi-95"]
    fitted = model.new().fit(np.array(VALUES), None)
    np.testing.assert_array_equal(fitted.predict(h=3)["mean"], told["mean"])
    direct = taosanode.forecast(VALUES, h=3, algo="holtwinters", trend="add")
    np.testing.assert_array_equal(told["lo-95"], direct.low)


def test_classes_are_named_for_their_algorithms() -> None:
    named = (taosanode.Arima, taosanode.Auto, taosanode.HoltWinters, taosanode.Zero)
    assert [kind().algo for kind in named] == ["arima", "auto", "holtwinters", "zero"]
    assert taosanode.Forecaster("zero").alias == "zero"


def test_what_it_cannot_do_is_told() -> None:
    model = taosanode.Arima()
    with pytest.raises(taosanode.AlgorithmError, match="fit comes before predict"):
        model.predict(3)
    with pytest.raises(taosanode.AlgorithmError, match="Arima takes no covariates"):
        model.fit(VALUES, np.ones(48))
    with pytest.raises(taosanode.AlgorithmError, match="Arima tells no fitted values"):
        model.forecast(VALUES, 3, fitted=True)
