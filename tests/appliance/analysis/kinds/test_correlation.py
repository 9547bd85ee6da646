from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.analysis.kinds.correlation import KIND, PAIR
from appliance.protocol import documents
from appliance.protocol.documents import BadRequest
from appliance.protocol.requests import Request
from kernels.contract import DISTANCE, STATISTIC, AlgorithmError, Correlation

TASK = KIND.example(np.arange(3.0))
PATH = np.array([[0, 0], [1, 1], [2, 2]])
LAGS = np.array([-1, 0])


def reply(answer: Correlation) -> dict[str, Any]:
    return KIND.write(Request("x", "", {}, False, TASK), answer)


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (Correlation(-0.5, p_value=0.2), {"rows": 1, "correlation_coefficient": -0.5, "p_value": 0.2}),
        (Correlation(3.0, DISTANCE, path=PATH), {"rows": 3, "distance": 3.0, "path": PATH}),
        (
            Correlation(0.9, lag=0, lags=LAGS, at_lags=np.array([0.1, 0.9])),
            {"rows": 2, "correlation_coefficient": 0.9, "lag": 0, "lags": LAGS, "ccf_vals": np.array([0.1, 0.9])},
        ),
        (
            Correlation(4.0, STATISTIC, 2, 0.1, reverse=Correlation(0.5, STATISTIC, 1, 0.9), extra={"more": 1}),
            {
                "rows": 1,
                "f_value": 4.0,
                "lag": 2,
                "p_value": 0.1,
                "more": 1,
                "reverse": {"rows": 1, "f_value": 0.5, "lag": 1, "p_value": 0.9},
            },
        ),
    ],
)
def test_a_reply_read_again_is_the_answer(answer: Correlation, written: dict[str, Any]) -> None:
    found = reply(answer)
    assert found.keys() == written.keys()
    for name, value in written.items():
        np.testing.assert_array_equal(found[name], value)
    again = KIND.parse(found, TASK)
    for name, told in KIND.summary(answer).items():
        np.testing.assert_array_equal(KIND.summary(again)[name], told)
    assert again.extra == answer.extra


def test_the_reply_of_another_node_has_lags_alone() -> None:
    found = KIND.parse({"rows": 2, "lags": [0, 1], "ccf_vals": [0.3, -0.7]}, TASK)
    assert (found.value, found.lag) == (-0.7, 1)
    with pytest.raises(ValueError, match="coefficients for other lags"):
        KIND.parse({"lags": [0, 1], "ccf_vals": [0.3]}, TASK)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (0.5, "a Correlation is expected, got float"),
        (Correlation(float("nan")), "value must be finite, got nan"),
        (Correlation(1.5), "value must be -1 to 1, got 1.5"),
        (Correlation(-1.0, DISTANCE), "value must be 0 to inf, got -1.0"),
        (Correlation(0.5, "guess"), "measure must be one of correlation_coefficient, distance, f_value, got guess"),
        (Correlation(0.5, p_value=2.0), "p_value must be 0 to 1, got 2.0"),
        (Correlation(0.5, DISTANCE, path=PATH[:2]), r"path must lead from \(0, 0\) to \(2, 2\)"),
        (Correlation(0.5, DISTANCE, path=PATH.T[:1]), "path: pairs of rows are expected"),
        (Correlation(0.5, lags=LAGS, at_lags=np.zeros(3)), "at_lags: 2 numbers are expected"),
    ],
)
def test_an_answer_against_the_contract_is_refused(answer: object, message: str) -> None:
    with pytest.raises(AlgorithmError, match=message):
        KIND.checked(TASK, answer)


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(AlgorithmError, match="the distance leaves the range of floating-point numbers"):
        reply(Correlation(float("inf"), DISTANCE))


def test_columns_are_found_by_name_and_need_no_times() -> None:
    def read(names: list[str], data: list[list[float]]) -> Request:
        body = documents_body(names, data)
        return KIND.read(body, lambda: False)

    for names, data in ((["val", "val1"], [[1, 2], [3]]), (["ts", "val", "val1"], [[7, 8], [1, 2], [3]])):
        request = read(names, data)
        assert {name: column.tolist() for name, column in request.task.columns.items()} == {"val": [1, 2], "val1": [3]}
        assert not request.noise_check
    with pytest.raises(BadRequest, match="invalid schema info, data column is missing"):
        read(["ts", "other"], [[1], [2]])


def documents_body(names: list[str], data: list[list[float]]) -> bytes:
    schema = ", ".join(f'["{name}", "DOUBLE", 8]' for name in names)
    return f'{{"schema": [{schema}], "data": {data}, "algo": "dtw"}}'.encode()


def test_an_algorithm_must_be_named() -> None:
    body = documents_body(["val", "val1"], [[1], [2]]).replace(b', "algo": "dtw"', b"")
    with pytest.raises(BadRequest, match="^algo is missing in requests$"):
        KIND.read(body, lambda: False)
    assert KIND.read(body, lambda: False, "pearsonr").algo == "pearsonr"
    assert documents.parse(body)["data"][0][0] == 1


def test_a_file_gets_one_row() -> None:
    cells = KIND.cells(PAIR, TASK, Correlation(0.5, lag=3))
    assert [cell.tolist() for cell in cells[:2]] == [[0.5], [3.0]]
    assert np.isnan(cells[2]).all()


def test_a_plot_says_how_large_it_is() -> None:
    assert KIND.picture(TASK, Correlation(-1.0, lag=2), "val").said == "correlation_coefficient -1 at lag 2"
