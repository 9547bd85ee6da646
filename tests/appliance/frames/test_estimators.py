"""The forms of scikit-learn and statsforecast, held to what those libraries call."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.base import clone, is_outlier_detector
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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


def test_pipelines_and_searches_take_a_detector() -> None:
    rows = np.array([*VALUES, 30.0] * 2).reshape(-1, 1)
    truth = np.where(rows[:, 0] > 20, -1, 1)
    assert is_outlier_detector(taosanode.Detector())
    steps = make_pipeline(StandardScaler(), taosanode.Detector("ksigma", k=3))
    np.testing.assert_array_equal(steps.fit(rows).predict(rows), truth)
    score = make_scorer(f1_score, pos_label=-1)
    found = GridSearchCV(taosanode.Detector("ksigma"), {"k": [1, 3]}, scoring=score, cv=2).fit(rows, truth)
    assert (found.best_params_, found.best_score_) == ({"k": 3}, 1.0)


def test_forecaster_answers_as_statsforecast_asks() -> None:
    model = taosanode.HoltWinters(trend="add", seasonal="none", alias="hw")
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
    for model in (taosanode.Arima(period=12, alias="a"), taosanode.Forecaster("zero", alias="b")):
        copied = clone(model)
        assert (copied.algo, copied.alias, copied.options) == (model.algo, model.alias, model.options)
    assert taosanode.Arima().set_params(alias="c", period=7).get_params() == {"alias": "c", "period": 7}


def test_holt_winters_finds_trend_and_season_unless_they_are_given() -> None:
    mean = taosanode.HoltWinters(period=12).forecast(np.array(VALUES), 12)["mean"]
    np.testing.assert_allclose(mean, VALUES[:12], atol=0.1)
    assert taosanode.HoltWinters(seasonal="none").options == {"trend": "auto", "seasonal": "none"}


def test_covariates_are_known_ahead() -> None:
    beside = np.random.default_rng(0).normal(size=(53, 1))
    model = taosanode.Arima().fit(3.0 * beside[:48, 0] + VALUES, beside[:48])
    told = model.predict(5, beside[48:], level=[80, 95])
    assert list(told) == ["mean", "lo-80", "hi-80", "lo-95", "hi-95"]
    columns = {"t": np.arange(53), "x": beside[:, 0], "y": [*(3.0 * beside[:48, 0] + VALUES), *[np.nan] * 5]}
    direct = taosanode.forecast(columns, algo="arima", time="t", value="y", covariate="x", precision="ms")
    np.testing.assert_allclose(told["mean"], direct["forecast"])
    with pytest.raises(taosanode.AlgorithmError, match="fit and predict both take covariates, or neither"):
        model.predict(5)
    with pytest.raises(taosanode.AlgorithmError, match=r"covariates of shape \(4, 1\) are expected, got \(5, 1\)"):
        model.predict(4, beside[48:])
    assert model.new()._series is None
    alone = taosanode.HoltWinters(period=12)
    passed_over = alone.forecast(VALUES, 5, beside[:48], beside[48:])["mean"]
    np.testing.assert_array_equal(passed_over, alone.forecast(VALUES, 5)["mean"])


def test_what_it_cannot_do_is_told() -> None:
    model = taosanode.Arima()
    with pytest.raises(taosanode.AlgorithmError, match="fit comes before predict"):
        model.predict(3)
    with pytest.raises(taosanode.AlgorithmError, match=r"covariates of shape \(48, 1\) are expected, got \(48,\)"):
        model.fit(VALUES, np.ones(48))
    with pytest.raises(taosanode.AlgorithmError, match="number of rows should between 10 and 40000, actual 1 rows"):
        model.forecast([1.0], 3)
    with pytest.raises(taosanode.AlgorithmError, match="Arima tells no fitted values"):
        model.forecast(VALUES, 3, fitted=True)
