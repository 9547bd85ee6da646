from __future__ import annotations

import numpy as np
import pytest

from appliance.protocol import options
from kernels.anomaly import _share, ecod, hbos, iforest, pca
from kernels.contract import BadParameter, BadSeries, Task


def test_rows_above_the_quantile_are_flagged() -> None:
    found = _share.flagged(np.arange(20.0), 0.1)
    assert np.flatnonzero(found.flags < 0).tolist() == [18, 19]
    assert (_share.flagged(np.ones(20), 0.5).flags == 1).all()


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(BadSeries, match="columns of one length are needed"):
        _share.columns(Task({"a": np.ones(3), "b": np.ones(4)}))


@pytest.mark.parametrize(
    ("params", "given", "told"),
    [
        (ecod.Params, {"contamination": "abc"}, "contamination must be a number, got: 'abc'"),
        (ecod.Params, {"contamination": "nan"}, "contamination must be a number, got: 'nan'"),
        (ecod.Params, {"contamination": "0.6"}, "contamination value out of range, valid range (0, 0.5], got 0.6"),
        (hbos.Params, {"n_bins": "1"}, "n_bins should be >= 2, got 1"),
        (hbos.Params, {"n_bins": "x"}, "n_bins must be an integer, got: 'x'"),
        (iforest.Params, {"n_estimators": "1.5"}, "n_estimators must be an integer, got: '1.5'"),
        (iforest.Params, {"n_estimators": "0"}, "n_estimators should be greater than 0, got 0"),
        (iforest.Params, {"random_state": "-1"}, "random_state must be >= 0, got -1"),
        (
            pca.Params,
            {"n_components": "x"},
            "n_components must be a positive integer or a float in (0, 1) for variance ratio, got 'x'",
        ),
        (
            pca.Params,
            {"n_components": "nan"},
            "n_components must be a positive integer or a float in (0, 1) for variance ratio, got nan",
        ),
        (pca.Params, {"standardization": "2"}, "standardization must be 0/1 or true/false, got: '2'"),
    ],
)
def test_what_cannot_be_is_refused_in_the_contracted_words(params: type, given: dict[str, str], told: str) -> None:
    with pytest.raises(BadParameter) as refused:
        options.params(params, given)
    assert str(refused.value) == told


def test_what_can_be_is_read() -> None:
    assert options.params(pca.Params, {"n_components": "0.5", "standardization": "No"}) == pca.Params(
        n_components=0.5, standardization=False
    )
    assert options.params(pca.Params, {"n_components": "3"}).n_components == 3
    assert options.params(pca.Params, {"n_components": "none"}).n_components is None
    assert options.params(iforest.Params, {"n_estimators": "7"}).n_estimators == 7
