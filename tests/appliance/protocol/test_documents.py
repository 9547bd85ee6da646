"""Bodies that are in order; what is refused is tested through the application, in test_app.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.protocol import documents
from appliance.protocol.documents import BadRequest
from kernels.contract import Series, Times
from tests.appliance.bodies import dump, request


def read(body: dict[str, Any]) -> tuple[Times, dict[str, Series]]:
    raw = dump(body)
    return documents.table(documents.parse(raw), raw)


def test_columns_are_read_exactly() -> None:
    times, columns = read(request())
    assert times.dtype == np.int64
    assert columns["val"].tolist()[-2:] == [99.0, 5.0]


def test_booleans_and_whole_floats_are_numbers() -> None:
    values = [True, False, 1, 2.0, *range(16)]
    times, columns = read(request(data=[[float(i) for i in range(20)], values]))
    assert columns["val"].tolist() == [float(value) for value in values]
    assert times.tolist() == list(range(20))


def test_a_bracket_in_the_options_does_no_harm() -> None:
    assert read(request(option="c=[[[[1 2]]]]"))[1]["val"].tolist() == read(request())[1]["val"].tolist()


def test_fields_are_read_by_type_or_refused() -> None:
    document = {"text": "a", "number": 2.5, "whole": 3.0}
    assert documents.text(document, "text", "") == "a"
    assert documents.text(document, "nothing", "else") == "else"
    assert documents.number(document, "number") == 2.5
    assert documents.integer(document, "whole") == 3
    assert documents.integer(document, "nothing") is None
    assert documents.integer({"whole": "3"}, "whole") == 3
    with pytest.raises(BadRequest, match="^text must be a number, got 'a'$"):
        documents.number(document, "text")
    with pytest.raises(BadRequest, match="^list must be a number$"):
        documents.number({"list": []}, "list")
    with pytest.raises(BadRequest, match="^number must be an integer, got 2.5$"):
        documents.integer(document, "number")
    with pytest.raises(BadRequest, match="^number must be a string$"):
        documents.text(document, "number", "")


@pytest.mark.parametrize(
    ("body", "algorithm", "rows"),
    [
        (b'{"data": [[1, "algo"]], "algo" : " ARIMA", "rows": 12}', "arima", 12),
        (b'{"option": "algo=iqr', "", 0),
        (b'{"algo": "x" "rows": 1234567890123}', "x", 0),
        (b'{"algo": "' + b"y" * 300 + b'"}', "", 0),
        (b'{"algo": "\xff", "rows": -5}', "\ufffd", 0),
    ],
)
def test_a_body_that_is_not_json_may_still_name_its_algorithm_and_rows(body: bytes, algorithm: str, rows: int) -> None:
    assert documents.named(body) == (algorithm, rows)


def test_text_that_nobody_closes_is_looked_at_once() -> None:
    """Looked at from every quote in it anew, it would hold the interpreter for hours."""
    with pytest.raises(BadRequest, match="^invalid request format$"):
        documents.parse(rb'{"a": NaN, "%b' % (rb"\"" * 200_000))


def test_an_integer_beyond_every_float_is_refused() -> None:
    with pytest.raises(BadRequest, match="^start must be a number$"):
        documents.number(documents.parse(b'{"start": 1%b}' % (b"0" * 400)), "start")
