from __future__ import annotations

import pytest

from appliance.analysis.deployed import predicting
from appliance.analysis.deployed.store import Store
from kernels.contract import AlgorithmError
from tests.appliance.analysis.deployed.configs import LINE, LOGISTIC, TREE
from tests.appliance.bodies import dump

COLUMNS = [["a", "DOUBLE", 8], ["b", "DOUBLE", 8]]


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path)
    for name, config in (("line", LINE), ("warm", LOGISTIC), ("tree", TREE)):
        found.add(name, config)
    return found


def asked(store, algo, kind, schema=COLUMNS, data=((1, 6, 0), (2, 3, 3.5)), **more):
    body = {"algo": algo, "schema": schema, "data": data, "option": "x=1", **more}
    sent = dump({key: value for key, value in body.items() if value is not None})
    return predicting.answer(store, kind, sent, lambda: False)


def test_each_row_gets_a_number_or_a_label(store):
    answer = asked(store, "line", "regression")
    assert {**answer, "res": list(answer["res"])} == {
        "algo": "line",
        "option": "x=1",
        "res": [0.5, 9.5, -3.0],
        "rows": 3,
    }
    assert asked(store, "warm", "classification")["res"] == ["cold", "hot", "cold"]
    assert asked(store, "tree", "classification")["res"] == [10, 10, 20]


def test_columns_go_by_name_where_the_model_knows_them_and_else_in_order(store):
    swapped = asked(store, "warm", "classification", schema=COLUMNS[::-1], data=([0, 0], [1, 6]))
    assert swapped["res"] == ["cold", "hot"]
    unnamed = [["val", "DOUBLE", 8], ["val1", "DOUBLE", 8]]
    assert asked(store, "warm", "classification", schema=unnamed)["res"] == ["cold", "hot", "cold"]


def test_times_are_a_feature_where_the_model_has_that_many_and_else_left_out(store):
    times = ["ts", "TIMESTAMP", 8]
    assert list(asked(store, "line", "regression", [times, COLUMNS[0]], ([10], [1]))["res"]) == [19.5]
    assert list(asked(store, "line", "regression", [times, *COLUMNS], ([10], [1], [2]))["res"]) == [0.5]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algo": None}, "missing required field: algo"),
        ({"schema": None}, "missing required field: schema"),
        ({"data": None}, "missing required field: data"),
        ({"algo": "other"}, "failed to load model: other"),
        ({"algo": "tree"}, "model tree is one for classification, not for regression"),
        ({"schema": [["c", "INT", 4]], "data": [[1]]}, "the model has 2 features, got 1 columns"),
        ({"schema": 3}, "invalid schema info"),
        ({"data": [1, 2]}, "data must be a list of columns"),
        ({"data": {"a": 1}}, "data must be a list of columns"),
        ({"data": [[1, 2], [1]]}, "data inconsistent"),
        ({"data": [[], []]}, "number of rows should between 1 and 40000, actual 0 rows"),
        ({"data": [[1, None], [1, 2]]}, "column a, row 1: a number is expected, got null"),
        ({"data": [[1, float("nan")], [1, 2]]}, "column a, row 1: nan is not a finite number"),
    ],
)
def test_what_cannot_be_answered_is_refused(store, changes, message):
    given = {"algo": "line", "kind": "regression", **changes}
    with pytest.raises(AlgorithmError, match=message):
        asked(store, **given)


def test_a_feature_that_is_missing_by_name_is_not_guessed(store):
    with pytest.raises(AlgorithmError, match="the model's feature b is no column of the data"):
        asked(store, "warm", "classification", schema=[COLUMNS[0], ["c", "DOUBLE", 8]])
