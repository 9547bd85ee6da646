from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.analysis.deployed import schema
from appliance.analysis.deployed.schema import BadModel
from kernels.contract import BadSeries
from tests.appliance.analysis.deployed.configs import LINE, LOGISTIC, POLYNOMIAL, TREE, with_params

TABLE = np.array([[1.0, 2.0], [6.0, 3.0], [0.0, 3.5]])


def test_a_line_is_computed_by_its_formula():
    model = schema.read(LINE)
    assert (model.kind, model.width) == ("regression", 2)
    np.testing.assert_array_equal(model.predict(TABLE), TABLE @ [2.0, -1.0] + 0.5)


def test_features_are_listed_by_name_unless_there_are_many():
    assert schema.read({**LINE, "features": ["b", "a"]}).summary["features"] == ["b", "a"]
    many = {**with_params(LINE, coef=[1.0] * 65), "features": [str(at) for at in range(65)]}
    assert schema.read(many).summary["features"] == 65


def test_a_polynomial_is_a_sum_of_products_of_scaled_features():
    plain = with_params(POLYNOMIAL, mean=None, scale=None)
    x, y = TABLE.T
    np.testing.assert_allclose(schema.read(plain).predict(TABLE), 3.0 * x + 2.0 * x * y**2 - 1.0 + 0.5, rtol=1e-14)
    x, y = (x - 1.0) / 2.0, (y + 1.0) / 4.0
    scaled = schema.read(POLYNOMIAL)
    assert (scaled.kind, scaled.width) == ("regression", 2)
    np.testing.assert_allclose(scaled.predict(TABLE), 3.0 * x + 2.0 * x * y**2 - 1.0 + 0.5, rtol=1e-14)
    with pytest.raises(BadSeries, match="leaves the range"):
        scaled.predict(np.array([[1e200, 1e200]]))


def test_two_classes_are_told_apart_by_the_sign_and_more_by_the_largest_score():
    assert schema.read(LOGISTIC).predict(TABLE) == ["cold", "hot", "cold"]
    three = with_params(LOGISTIC, classes=[1, 2, 3], coef=[[1, 0], [0, 1], [0, 0]], intercept=[0, 0, 2.5])
    assert schema.read(three).predict(TABLE) == [3, 1, 2]


def test_a_tree_goes_left_up_to_its_threshold():
    assert schema.read(TREE).predict(TABLE) == [10, 10, 20]
    number = {**TREE, "algo": "decision_tree_regression"}
    assert schema.read(with_params(number, classes=None, value=[0.0, 1.5, 2.5])).predict(TABLE).tolist() == [
        1.5,
        1.5,
        2.5,
    ]


def test_a_tree_of_single_precision_compares_rounded_values():
    value = np.array([[0.0, 0.1]])  # above 0.1 once it is rounded to single precision
    tree = with_params(TREE, threshold=[0.1, 0.0, 0.0])
    assert schema.read(tree).predict(value) == [10]
    assert schema.read(with_params(tree, dtype="float32")).predict(value) == [20]


def test_a_result_out_of_range_is_no_answer():
    with pytest.raises(BadSeries, match="leaves the range"):
        schema.read(with_params(LINE, coef=[1e300, 0.0])).predict(np.array([[1e300, 0.0]]))


CYCLE = "are no tree: each node but 0 has one parent, which is before it"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "config must be an object"),
        ({}, "algo must be one of linear_regression, ridge"),
        ({"algo": "svr", "params": {}}, "got 'svr'"),
        ({"algo": "ridge"}, "params must be an object"),
        (with_params(LINE, alpha=1), "unknown params.alpha; there are: coef, intercept"),
        (with_params(LINE, coef=[]), "params.coef must be a list of 1 to 4096 numbers, got 0"),
        (with_params(LINE, coef=[1, float("nan")]), r"params.coef\[1\] must be a finite number, got nan"),
        (with_params(LINE, coef=[10**400]), r"params.coef\[0\] must be a finite number"),
        (with_params(LINE, coef=[True]), r"params.coef\[0\] must be a finite number, got True"),
        (with_params(LINE, intercept="1"), "params.intercept must be a finite number, got '1'"),
        (with_params(POLYNOMIAL, powers=[[1, 0]]), r"params.powers must be 3 list\(s\) of exponents, one for each of"),
        (with_params(POLYNOMIAL, powers=[[1, 0], [1], [0, 0]]), "the lists of params.powers must be of one length"),
        (
            with_params(POLYNOMIAL, powers=[[1, 0], [9, 2], [0, 0]]),
            r"params.powers\[1\] must hold integers >= 0, 10 tog",
        ),
        (with_params(POLYNOMIAL, powers=[[1, 0], [1, -1], [0, 0]]), r"params.powers\[1\] must hold integers >= 0"),
        (with_params(POLYNOMIAL, scale=[1.0, 0.0]), "params.scale must not hold 0"),
        (with_params(POLYNOMIAL, mean=[1.0]), "params.mean must be a list of 2 numbers, got 1"),
        ({**LINE, "features": ["a"]}, "features names 1 features, params has 2"),
        ({**LINE, "features": ["a", "a"]}, "features must be a list of different names"),
        (with_params(LOGISTIC, classes=["a", "a"]), "names a label twice"),
        (with_params(LOGISTIC, classes=["a", [1]]), "a label is a number, true, false or short text, got a list"),
        (with_params(LOGISTIC, coef=[[1.0], [1.0]]), "one for each class, one alone for two"),
        (with_params(LOGISTIC, classes=[1, 2, 3], coef=[[1], [1, 2], [1]], intercept=[0, 0, 0]), "one length"),
        (with_params(LOGISTIC, intercept=[0.0, 1.0]), "params.intercept must be a list of 1 numbers, got 2"),
        (with_params(TREE, left=[0, -1, -1]), CYCLE),
        (with_params(TREE, right=[1, -1, -1]), CYCLE),
        (with_params(TREE, left=[1, 0, -1], feature=[1, 0, -1]), CYCLE),
        (with_params(TREE, feature=[2, -1, -1]), r"params.feature\[0\] must be an integer -1 to 1, got 2"),
        (with_params(TREE, feature=[-1, -1, -1]), "params.feature is -1 at a node that has children"),
        (with_params(TREE, value=[0, 0, 2]), r"params.value\[2\] must be an integer 0 to 1, got 2"),
        (with_params(TREE, threshold=[1.0]), "params.threshold must be a list of 3 numbers, got 1"),
        (with_params(TREE, n_features=0), "params.n_features must be an integer 1 to 4096, got 0"),
        (with_params(TREE, dtype="float16"), "params.dtype must be float32 or float64"),
    ],
)
def test_what_is_no_model_is_refused_with_the_place(config, message):
    with pytest.raises(BadModel, match=message):
        schema.read(config)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PARTS = (
    "coef",
    "intercept",
    "powers",
    "mean",
    "scale",
    "classes",
    "n_features",
    "feature",
    "threshold",
    "left",
    "right",
    "value",
    "dtype",
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([LINE, POLYNOMIAL, LOGISTIC, TREE]),
    st.dictionaries(st.sampled_from(PARTS), ANY, min_size=1, max_size=3),
    ANY,
)
def test_whatever_is_in_a_model_it_is_refused_or_answers(base, changes, features):
    config = {**base, "params": {**base["params"], **changes}, "features": features}
    try:
        model = schema.read(config)
    except BadModel:
        return
    assert len(model.predict(np.zeros((2, model.width)))) == 2
