"""The stand-in for taosd, held against the contract with good and bad answers from a tiny server."""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.appliance.taosd import GET_TIMEOUT_MS, Column, Taosd, anomaly_body, forecast_body, get, layout, post, table
from tests.appliance.taosd_answers import (
    EMPTY_RESPONSE,
    INVALID_ANODE,
    INVALID_JSON,
    MID,
    NEW,
    NO_ACCESS,
    NOT_LOADED,
    OLD,
    RETURN_ERROR,
    Crashed,
    Rejected,
    Release,
    parse,
    read_forecast,
    read_listing,
    read_windows,
)

TIMES = [1000 * i for i in range(10)]
LISTING = {
    "protocol": 1.0,
    "version": 0.1,
    "details": [
        {"type": "forecast", "algo": [{"name": "holtwinters"}]},
        {"type": "anomaly-detection", "algo": [{"name": "iqr", "desc": "?", "params": {}}]},
    ],
}
WINDOWS = {"rows": 2, "res": [[1000, 3000], [7000, 7000]], "mask": [-1, -2]}
FORECAST = {"rows": 2, "res": [[10_000, 11_000], [1.5, 2.5], [1, 2], [2, 3]], "mse": None}


class Handler(BaseHTTPRequestHandler):
    """Answers whatever the test laid down, and keeps what came."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.answers.wait(30)
        self.server.paths.append(self.path)
        self._answer()

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        self.server.headers.append(dict(self.headers))
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer()

    def _answer(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        with contextlib.suppress(BrokenPipeError):  # a client that gave up
            self.end_headers()
            self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def node() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.answer, server.answers = 200, b"{}", threading.Event()
    server.answers.set()
    server.paths, server.headers, server.bodies = [], [], []
    server.url = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def dump(document: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**document, **changes}).encode()


def refused(read: Callable[[], Any]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read()
    return caught.value


# --- requests -------------------------------------------------------------------------------------------------------


def test_anomaly_request_has_the_byte_layout_of_the_contract() -> None:
    columns = [Column("ts", "TIMESTAMP", [1, 2]), Column("val", "INT", [5, None])]
    assert anomaly_body(columns, "algo=ksigma,k=2,wncheck=0") == (
        b'{\n"schema": [\n  ["ts", "TIMESTAMP", 8],\n  ["val", "INT", 4]\n],\n'
        b'"data": [\n[\n1,\n2\n],\n[\n5,\n0\n]\n],\n'
        b'"option": "algo=ksigma,k=2,wncheck=0",\n"algo": "ksigma",\n"prec": "ms",\n"wncheck": 0,\n'
        b'"rows": 2,\n"protocol": 1.0\n}'
    )


def test_forecast_request_has_the_fields_in_order() -> None:
    raw = forecast_body(table(TIMES, TIMES), "algo=arima,rows=5", "us", bounds=False)
    assert raw.endswith(
        b'"option": "algo=arima,rows=5",\n"algo": "arima",\n"prec": "us",\n"wncheck": 1,\n"return_conf": 0,\n'
        b'"forecast_rows": 5,\n"conf": 0.950000,\n"every": 1000,\n"start": 10000,\n"rows": 10,\n"protocol": 1.0\n}'
    )


def test_start_and_every_come_from_the_option_if_given() -> None:
    raw = forecast_body(table(TIMES, TIMES), "start=7,every=3")
    assert b'"every": 3,\n"start": 7,\n' in raw


def test_old_client_sends_a_percentage() -> None:
    assert b'"conf": 95,\n' in forecast_body(table(TIMES, TIMES), release=OLD)


def test_covariates_are_announced() -> None:
    columns = [*table(TIMES, TIMES), Column("dynamic_real_1", "DOUBLE", [0.0] * 20)]
    assert b'"type": "covariate",\n"rows": 10,\n' in forecast_body(columns)


@pytest.mark.parametrize(
    ("type", "value", "text"),
    [
        ("BOOL", True, "1"),
        ("BOOL", False, "0"),
        ("BIGINT UNSIGNED", 2**64 - 1, "18446744073709551615"),
        ("DOUBLE", 1 / 3, "0.333333"),
        ("DOUBLE", 1e20, "100000000000000000000.000000"),
        ("DOUBLE", None, "0.000000"),
        ("FLOAT", 0.1, "0.100000"),
        ("FLOAT", 16777217.0, "16777216.000000"),
        ("FLOAT", 1e300, "inf"),
        ("DOUBLE", math.nan, "nan"),
        ("DOUBLE", -math.nan, "-nan"),
        ("DOUBLE", -math.inf, "-inf"),
    ],
)
def test_values_are_printed_as_c_prints_them(type: str, value: Any, text: str) -> None:
    assert f'"data": [\n[\n{text}\n]\n],\n'.encode() in layout([Column("val", type, [value])], [])


def test_option_text_is_not_escaped() -> None:
    assert b'"option": "algo=iqr,note="x"\\",\n' in anomaly_body(table(TIMES, TIMES), 'algo=iqr,note="x"\\')


@pytest.mark.parametrize(("release", "size"), [(OLD, 128), (NEW, 512)])
def test_long_option_text_is_cut(release: Release, size: int) -> None:
    raw = anomaly_body(table(TIMES, TIMES), "algo=iqr," + "x" * 600, release=release)
    assert len(raw.split(b'"option": "')[1].split(b'"')[0]) == size


# --- cJSON ----------------------------------------------------------------------------------------------------------


def test_keys_are_found_without_regard_to_case_and_the_first_one_counts() -> None:
    assert parse(b'{"ROWS": 1, "rows": 2}').item("rows") == 1.0


def test_bytes_after_the_document_are_not_looked_at() -> None:
    assert parse(b'\xef\xbb\xbf {"rows": 1} trailing').item("rows") == 1.0


def test_invalid_utf8_in_a_text_is_accepted() -> None:
    assert isinstance(parse(b'{"msg": "\xff"}').item("msg"), str)


@pytest.mark.parametrize("raw", [b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e999}', b"{", b"[1]", b"x"])
def test_invalid_json_is_refused(raw: bytes) -> None:
    assert refused(lambda: parse(raw)).code == INVALID_JSON


def test_html_page_is_an_error_of_the_node() -> None:
    assert refused(lambda: parse(b"<html>")).code == RETURN_ERROR


def test_empty_body_is_an_error() -> None:
    assert refused(lambda: parse(b"")).code == EMPTY_RESPONSE


# --- answers --------------------------------------------------------------------------------------------------------


def test_windows_are_read() -> None:
    found = read_windows(dump(WINDOWS))
    assert found.windows == [(1000, 3000), (7000, 7001)]
    assert found.mask == [-1, -2]
    assert found.silent == []


def test_mask_is_optional_and_unknown_to_old_clients() -> None:
    assert read_windows(b'{"rows": 1, "res": [[1, 2]]}').mask is None
    assert read_windows(dump(WINDOWS, mask="?"), OLD).mask is None


def test_no_rows_are_no_windows_whatever_else_is_there() -> None:
    assert read_windows(b'{"rows": 0, "res": {}}').windows == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": "2"},
        {"rows": None},
        {"rows": 3},
        {"res": {}},
        {"res": [[1, 2], [3]]},
        {"res": [[1, 2], [3, 4, 5]]},
        {"res": [[1, 2], 3]},
        {"mask": [-1]},
        {"mask": None},
    ],
)
def test_malformed_windows_are_refused(changes: dict[str, Any]) -> None:
    assert refused(lambda: read_windows(dump(WINDOWS, **changes))).code == INVALID_JSON


def test_what_is_misread_without_a_word_is_listed() -> None:
    found = read_windows(b'{"rows": 1, "res": [[null, "5"]]}')
    assert found.windows == [(0, 1)]
    assert len(found.silent) == 2
    assert read_windows(b"{}").silent == ["rows is missing, read as 0"]


def test_error_carries_the_message() -> None:
    error = refused(lambda: read_windows(b'{"rows": -1, "msg": "white noise data not processed"}'))
    assert (error.code, error.why) == (RETURN_ERROR, "white noise data not processed")


def test_oldest_client_loses_errors_of_anomaly_detection() -> None:
    assert read_windows(b'{"rows": -1, "msg": "x"}', OLD).silent == ["error lost: x"]
    assert refused(lambda: read_forecast(b'{"rows": -1, "msg": "x"}', release=OLD)).why == "x"


@pytest.mark.parametrize("text", ["x" * 1000, "ü" * 500])
def test_long_message_crashes_the_client(text: str) -> None:
    with pytest.raises(Crashed):
        read_windows(json.dumps({"rows": -1, "msg": text}, ensure_ascii=False).encode())


def test_forecast_is_read() -> None:
    found = read_forecast(dump(FORECAST))
    assert found.times == [10_000, 11_000]
    assert (found.value, found.low, found.high) == ([1.5, 2.5], [1.0, 2.0], [2.0, 3.0])
    assert found.silent == []


def test_times_are_looked_at_only_if_selected() -> None:
    raw = dump(FORECAST, res=["?", [1, 2]])
    assert read_forecast(raw, bounds=False, times=False).value == [1.0, 2.0]
    refused(lambda: read_forecast(raw, bounds=False))


@pytest.mark.parametrize("arrays", [2, 3, 5])
def test_with_bounds_there_are_exactly_four_arrays(arrays: int) -> None:
    assert refused(lambda: read_forecast(dump(FORECAST, res=[[1, 2]] * arrays))).code == INVALID_JSON


def test_every_array_of_a_forecast_has_as_many_values_as_rows() -> None:
    for short in range(4):
        res = [[1.0] * (1 if i == short else 2) for i in range(4)]
        assert refused(lambda res=res: read_forecast(dump(FORECAST, res=res))).code == INVALID_JSON


def test_older_clients_cast_to_the_type_of_the_column() -> None:
    raw = dump(FORECAST, res=[[1, 2], [1.9, -1.9], [0.1, -2], [2, 3]])
    found = read_forecast(raw, type="INT", release=MID)
    assert found.value == [1.0, -1.0]
    assert found.low is not None
    assert found.low[0] == pytest.approx(0.1, abs=1e-8)  # a FLOAT
    assert found.low[0] != 0.1


def test_nanoseconds_lose_their_last_digits() -> None:
    exact = 1_700_000_000_123_456_789
    found = read_forecast(dump(FORECAST, res=[[exact, exact], [1, 2]]), bounds=False)
    assert found.times == [int(float(exact))] * 2


# --- registration ---------------------------------------------------------------------------------------------------


def test_listing_is_registered() -> None:
    found = read_listing(dump(LISTING), OLD)
    assert found.algorithms == {"forecast:holtwinters", "anomaly-detection:iqr"}
    assert found.find("anomaly-detection", "IQR") == "anomaly-detection:iqr"
    assert refused(lambda: found.find("forecast", "iqr")).code == NOT_LOADED
    assert found.silent == []


def listed(type: str = "forecast", **algorithm: Any) -> dict[str, Any]:
    return {"details": [{"type": type, "algo": [algorithm]}]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"protocol": 2.0}, INVALID_ANODE),
        ({"protocol": "1.0"}, INVALID_JSON),
        ({"version": 0}, INVALID_ANODE),
        ({"version": 0.0001}, INVALID_ANODE),
        ({"details": None}, INVALID_JSON),
        ({"details": [7]}, INVALID_JSON),
        ({"details": [{"type": "forecast"}]}, INVALID_JSON),
        (listed(type="fortune-telling", name="a"), INVALID_ANODE),
        (listed(), INVALID_JSON),
        (listed(name=""), INVALID_ANODE),
        (listed(name="x" * 64), INVALID_ANODE),
        (listed(name=7), INVALID_JSON),
    ],
)
def test_one_defect_refuses_the_whole_listing(changes: dict[str, Any], code: int) -> None:
    assert refused(lambda: read_listing(dump(LISTING, **changes))).code == code


def test_older_clients_refuse_newer_types() -> None:
    raw = dump(LISTING, **listed(type="imputation", name="moment"))
    assert read_listing(raw, NEW).algorithms == {"imputation:moment"}
    refused(lambda: read_listing(raw, MID))


def test_name_with_capitals_can_never_be_asked_for() -> None:
    found = read_listing(dump(LISTING, **listed(name="IQR")))
    assert len(found.silent) == 1
    refused(lambda: found.find("forecast", "IQR"))


# --- transport ------------------------------------------------------------------------------------------------------


def test_post_is_sent_as_taosd_sends_it(node: Any) -> None:
    assert post(node.url, "forecast", b"{}").body == b"{}"
    assert node.paths == ["/forecast"]
    assert node.headers[0]["Content-Type"] == "application/json;charset=UTF-8"
    assert "Expect" not in node.headers[0]


def test_large_post_asks_before_it_sends(node: Any) -> None:
    reply = post(node.url, "forecast", b"x" * 2000)
    assert reply.continued
    assert node.headers[0]["Expect"] == "100-continue"
    assert node.bodies == [b"x" * 2000]


def test_get_gives_up_after_a_tenth_of_a_second(node: Any) -> None:
    node.answers.clear()
    assert refused(lambda: get(node.url, "list", GET_TIMEOUT_MS)).code == NO_ACCESS
    node.answers.set()


def test_http_status_is_ignored(node: Any) -> None:
    node.status, node.answer = 500, dump(WINDOWS)
    assert len(Taosd(node.url).anomaly_window(table(TIMES, TIMES)).windows) == 2


def test_nobody_listens() -> None:
    assert refused(lambda: get("127.0.0.1:1", "list")).code == NO_ACCESS
    assert Taosd("127.0.0.1:1").show_anodes() == "offline"


def test_statements_speak_to_the_node(node: Any) -> None:
    server = Taosd(node.url)
    node.answer = dump(LISTING)
    assert server.create_anode().algorithms
    node.answer = b'{"protocol": 1.0, "status": "ready and more"}'
    assert server.show_anodes() == "ready and"
    node.answer = dump(FORECAST)
    assert server.forecast(table(TIMES, TIMES), "rows=2,timeout=5").value == [1.5, 2.5]
    assert node.paths == ["/list", "/status", "/forecast"]
