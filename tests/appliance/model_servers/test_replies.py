from __future__ import annotations

import pytest

from appliance.model_servers import replies
from appliance.model_servers.replies import ServiceError


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": "no\\n memory"}', "no memory"),
        (b"<html>  oops", "<html> oops"),
        (b'{"error": 5}', '{"error": 5}'),
        (b"", "without a reason"),
        (b"x" * 1000, "x" * 300),
    ],
)
def test_a_servers_own_words_are_kept_short(body: bytes, reason: str) -> None:
    assert replies.read_failure(body) == reason


@pytest.mark.parametrize(
    "body",
    [b"", b"<p>", b"[3, 2]", b'{"in_flight": 3}', b'{"in_flight": true, "queue": 0}', b'{"in_flight": 3, "queue": -1}'],
)
def test_a_status_without_a_load_tells_none(body: bytes) -> None:
    assert replies.read_load(body) is None


@pytest.mark.parametrize("body", [b"x", b"[]", b'{"other": 1}'])
def test_an_answer_without_what_is_needed_is_refused(body: bytes) -> None:
    with pytest.raises(ServiceError, match="its answer is not JSON|its answer has no output"):
        replies.document(body, "output")


@pytest.mark.parametrize("values", [[1, None], [True, 1.0], ["1", 2], 5, [float("nan"), 1.0]])
def test_what_is_no_list_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(ServiceError, match="holds what is not a number"):
        replies.numbers(values, 2)
