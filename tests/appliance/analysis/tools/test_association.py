from __future__ import annotations

from typing import Any

import pytest

from appliance.analysis.tools import association
from kernels.contract import AlgorithmError
from tests.appliance.bodies import dump

BASKETS = [["A", "B"], ["A", "B"], ["B", "C"], ["A", "C"], ["A", "C", "D"]]
MATRIX = [[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [1, 0, 1, 1]]


def body(**changes: Any) -> bytes:
    whole = {"data": BASKETS, "option": {"min_support": 0.4, "min_confidence": 0.5}, "schema": 7, **changes}
    return dump({name: value for name, value in whole.items() if value is not None})


@pytest.mark.parametrize(("data", "names"), [(BASKETS, "ABCD"), (MATRIX, range(4))])
def test_the_contracted_rules_of_transactions_and_of_a_matrix(data: Any, names: Any) -> None:
    found = association.answer(body(data=data))
    assert (found["rows"], found["algo"], found["num_transactions"], found["num_items"]) == (4, "apriori", 5, 4)
    assert [each["items"] for each in found["itemsets"]] == [
        [names[item] for item in items] for items in ([0], [1], [2], [0, 1], [0, 2])
    ]
    first = found["rules"][0]
    assert (first["antecedents"], first["consequents"]) == ([names[0]], [names[1]])
    assert (first["conviction"], first["leverage"]) == (pytest.approx(0.8), pytest.approx(-0.08))


def test_numbers_can_be_items_if_it_is_said_that_they_are() -> None:
    found = association.answer(body(data=[[7, 8], [7]], option={"data_format": "transactions", "max_rules": 1}))
    assert [(rule["antecedents"], rule["consequents"]) for rule in found["rules"]] == [(["8"], ["7"])]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": None}, "^'data' is required in payload$"),
        ({"data": []}, "^no input data provided$"),
        ({"data": [[], []]}, "^no input data provided$"),
        ({"data": [7]}, "'data' must be a list of lists"),
        ({"option": {"min_support": 2}}, r"^min_support must be between 0\.0 and 1\.0$"),
        ({"option": {"min_confidence": -1}}, r"^min_confidence must be between 0\.0 and 1\.0$"),
        ({"option": {"max_rules": 0}}, "^max_rules must be >= 1$"),
        ({"option": {"max_rules": 1.5}}, "max_rules must be an integer, got 1.5"),
        ({"option": {"min_support": "x"}}, "min_support must be a number, got x"),
        ({"option": {"min_support": float("nan")}}, "min_support must be a number, got nan"),
        ({"option": [7]}, "'option' must be an object"),
        ({"option": {"data_format": "x"}}, "data_format must be one of auto, matrix, transactions, got 'x'"),
        ({"data": [[0] * 201]}, r"^Too many features \(201\), max 200 allowed to prevent excessive computation$"),
        ({"data": [[0, 2]]}, "a matrix must be of 0 and 1, row 0 is not"),
        ({"data": [[0, 1], [1]]}, "the rows of a matrix must be of one length, got 2 and others"),
        ({"data": [["A", None]]}, "items must be texts or integers, transaction 0 has others"),
    ],
)
def test_what_is_not_in_order_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AlgorithmError, match=told):
        association.answer(body(**changes))
