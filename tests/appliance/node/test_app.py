"""Every row of the contract's error table, and what a client sees when all is well."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from falcon import testing

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import Catalog
from appliance.host import setting_values
from appliance.host.settings import Settings
from models.table import default_urls
from tests.appliance.bodies import JSON, ROWS, SPIKE, dump, forecast_request, request
from tests.appliance.conftest import Node
from tests.appliance.taosd import anomaly_body
from tests.appliance.taosd import table as table_of

ANOMALY, FORECAST = "/anomaly-detect", "/forecast"


def ask(client: testing.TestClient, path: str, body: Any, headers: dict[str, str] = JSON) -> Any:
    raw = body if isinstance(body, bytes) else dump(body)
    answer = client.simulate_post(path, body=raw, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json


def test_home_names_the_product(client: testing.TestClient) -> None:
    answer = client.simulate_get("/")
    shape = r"TDgpt - TDengine TSDB© Time-Series Data Analytics Platform \(ver \d+\.\d+\.\d+\.\d+\)"
    assert re.fullmatch(shape, answer.text)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/", "/status", "/list", "/models", "/metrics"])
def test_head_works_wherever_get_does(client: testing.TestClient, path: str) -> None:
    got, head = client.simulate_get(path), client.simulate_head(path)
    assert head.status_code == got.status_code == 200
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""


def test_status_is_ready(client: testing.TestClient) -> None:
    assert client.simulate_get("/status").json == {"protocol": 1.0, "status": "ready"}


def test_with_all_details_a_node_lists_every_algorithm_of_the_original(node: Node) -> None:
    def listed(settings: Settings) -> dict[str, set[str]]:
        details = node(catalogue.build(settings), settings).simulate_get("/list").json["details"]
        return {detail["type"]: {one["name"] for one in detail["algo"]} for detail in details}

    tsfm = default_urls(("forecast", "imputation"))
    every = listed(Settings(detail_types=setting_values.detail_types("all"), tsfm=tsfm))
    original = {
        "forecast": "arima ces ets holtwinters prophet tdtsfm_1 theta timemoe-fc",
        "anomaly-detection": "copod ecod grubbs hbos iforest iqr ksigma lof pca sample_ad_model shesd",
        "imputation": "moment",
        "correlation": "dtw tlcc",
        "classification": "",
    }
    assert {kind: set(names.split()) - every[kind] for kind, names in original.items()} == {k: set() for k in original}
    assert list(listed(Settings(tsfm=tsfm))) == ["forecast", "anomaly-detection"]


def test_list_announces_forecasters_then_detectors(client: testing.TestClient) -> None:
    listing = client.simulate_get("/list").json
    assert (listing["protocol"], listing["version"]) == (1.0, 0.1)
    assert [detail["type"] for detail in listing["details"]] == ["forecast", "anomaly-detection"]
    detectors = {entry["name"]: entry["params"] for entry in listing["details"][1]["algo"]}
    assert detectors["ksigma"] == {"k": 3.0}
    assert {"iqr", "ksigma"} <= set(detectors)


def test_anomaly_answer_holds_the_windows(client: testing.TestClient) -> None:
    answer = ask(client, ANOMALY, request())
    at = 1_700_000_018_000
    assert answer == {"algo": "iqr", "option": "algo=iqr", "res": [[at, at]], "rows": 1, "mask": [-1]}


def test_scores_come_when_asked_for(client: testing.TestClient) -> None:
    assert len(ask(client, ANOMALY, request(option="scores=1"))["scores"]) == ROWS
    assert "scores" not in ask(client, ANOMALY, request())


def test_valid_code_does_not_change_what_is_anomalous(client: testing.TestClient) -> None:
    for code in (0, 1, 7, -1):
        assert ask(client, ANOMALY, request(option=f"algo=iqr,valid_code={code}"))["rows"] == 1


def test_columns_may_come_in_any_order(client: testing.TestClient) -> None:
    body = request()
    swapped = {**body, "schema": body["schema"][::-1], "data": body["data"][::-1]}
    assert ask(client, ANOMALY, swapped) == ask(client, ANOMALY, body)


def test_single_column_detector_takes_the_first_data_column(client: testing.TestClient) -> None:
    body = request()
    several = {
        **body,
        "schema": [*body["schema"], ["val1", "DOUBLE", 8], ["val2", "INT", 4]],
        "data": [*body["data"], [1.0] * ROWS, list(range(ROWS))],
    }
    assert ask(client, ANOMALY, several)["res"] == ask(client, ANOMALY, body)["res"]


def test_nanosecond_times_stay_exact(client: testing.TestClient) -> None:
    start = 1_700_000_000_123_456_789
    times = [start + 7 * i for i in range(ROWS)]
    answer = ask(client, ANOMALY, request(data=[times, SPIKE], prec="ns"))
    assert answer["res"] == [[times[18], times[18]]]
    ahead = ask(client, FORECAST, forecast_request(data=[times, SPIKE], prec="ns", start=start, every=7))
    assert ahead["res"][0] == [start + 7 * i for i in range(5)]


def test_forecast_answer_has_four_or_two_arrays(client: testing.TestClient) -> None:
    answer = ask(client, FORECAST, forecast_request())
    assert answer["rows"] == 5
    assert [len(array) for array in answer["res"]] == [5] * 4
    assert len(ask(client, FORECAST, forecast_request(return_conf=0))["res"]) == 2
    assert len(ask(client, FORECAST, forecast_request(return_conf="0"))["res"]) == 2
    assert len(ask(client, FORECAST, forecast_request(return_conf=None))["res"]) == 4  # as `/list` says
    assert answer["res"][0] == [1_700_000_020_000 + 1000 * i for i in range(5)]


@pytest.mark.parametrize(
    ("conf", "width"), [(0.9, 0.9), (90, 0.9), (1, 1.0), (100, 1.0), (0.950000, 0.95), (None, 0.95)]
)
def test_conf_in_both_spellings(client: testing.TestClient, conf: float | None, width: float) -> None:
    answer = ask(client, FORECAST, forecast_request(conf=conf))
    assert answer["res"][3][0] - answer["res"][1][0] == pytest.approx(width)


def table(columns: int = 2, rows: int = ROWS) -> list[list[int]]:
    return [[7 * i + column for i in range(rows)] for column in range(columns)]


REFUSED: list[tuple[Any, str]] = [
    (b"", "invalid request format"),
    (b"<html>", "invalid request format"),
    (b"[1,2]", "invalid request format"),
    (dump(request())[:-20], "invalid request format"),
    (b'{"data": "\xff\xfe"}', "invalid request format"),
    (b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}", "invalid request format"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "invalid request format"),
    (request(data=None), '"data" does not exist in request json'),
    (request(data=[]), "only one column provided, more columns are expected"),
    (request(data=table(1)), "only one column provided, more columns are expected"),
    (request(data="abc"), "invalid request format"),
    (request(data=[1, 2]), "invalid request format"),
    (request(data={"a": 1}), "invalid request format"),
    (
        request(data=[table()[0], [1] * 19]),
        "data inconsistent, number of rows in different columns are not identical",
    ),
    (request(data=table(rows=9)), "number of rows should between 10 and 40000, actual 9 rows"),
    (request(data=table(rows=40001)), "number of rows should between 10 and 40000, actual 40001 rows"),
    (request(schema=None), "schema is missing"),
    (request(schema=[["ts", "TIMESTAMP", 8], ["v", "INT", 4]]), "invalid schema info, data column is missing"),
    (request(schema=[["t", "TIMESTAMP", 8], ["val", "INT", 4]]), "invalid schema info, timestamp column is missing"),
    (request(schema=[["val", "INT", 4]] * 2), "invalid schema info"),
    (request(schema=[["ts", "INT", 4], ["val", "INT", 4], ["x", "INT", 4]]), "invalid schema info, 3 columns"),
    (
        request(schema=[["ts", "A", 1], ["val", "B", 2], ["val", "C", 3]], data=table(3)),
        "invalid schema info, a column",
    ),
    (request(schema="ts"), "invalid schema info"),
    (request(schema=[1, 2]), "invalid schema info"),
    (request(schema=[[1, 2], [3, 4]]), "invalid schema info"),
    (request(algo="nonesuch"), "unknown anomaly detection algorithm: 'nonesuch'"),
    (request(algo=5), "algo must be a string"),
    (request(option=["k"]), "option must be a string"),
    (request(prec="h"), "prec must be one of ms, us, ns"),
    (request(wncheck="yes"), "wncheck must be a number"),
    (request(data=[table()[0], ["a"] * ROWS]), "column val, row 0: a number is expected"),
    (request(data=[table()[0], [None] * ROWS]), "column val, row 0: a number is expected"),
    (request(data=[table()[0], [*SPIKE[:-1], [1]]]), "column val"),
    (request(data=[table()[0], [[1, 2]] * ROWS]), "column val"),
    (request(data=[["x"] * ROWS, SPIKE]), "column ts, row 0: an integer is expected"),
    (request(data=[[1.5] * ROWS, SPIKE]), "column ts, row 0: an integer is expected"),
    (request(data=[[2**63] * ROWS, SPIKE]), "column ts, row 0: 9223372036854775808 is not a timestamp"),
    (dump(request()).replace(b"99.0", b"1e400"), "column val, row 18: inf is not a finite number"),
    (dump(request()).replace(b"99.0", b"nan"), "column val, row 18: nan is not a finite number"),
    (dump(request()).replace(b"99.0", b"-inf"), "column val, row 18: -inf is not a finite number"),
    (dump(request()).replace(b"99.0", b"-nan"), "column val, row 18: nan is not a finite number"),
    (dump(request()).replace(b"99.0", b"1" * 400), "column val holds a number that is out of range"),
    (request(algo="ksigma", option="k=5"), "k value out of range, valid range [1, 3]"),
    (request(algo="ksigma", option="k=nan"), "k must be a number, got 'nan'"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_bad_anomaly_request_is_refused(client: testing.TestClient, body: Any, message: str) -> None:
    answer = ask(client, ANOMALY, body)
    assert answer["rows"] == -1
    assert answer["msg"].startswith(message)
    assert set(answer) == {"rows", "msg"}


REFUSED_FORECASTS: list[tuple[dict[str, Any], str]] = [
    ({"start": None}, "params are missing, start_ts, time_step, rows are all required"),
    ({"every": None}, "params are missing, start_ts, time_step, rows are all required"),
    ({"forecast_rows": None}, "params are missing, start_ts, time_step, rows are all required"),
    ({"every": 0}, "time_step should be greater than 0"),
    ({"every": -5}, "time_step should be greater than 0"),
    ({"every": "1s"}, "every must be a number"),
    ({"every": 1.5}, "every must be an integer"),
    ({"forecast_rows": 0}, "forecast rows is not specified yet"),
    ({"forecast_rows": 10**9}, "forecast rows should be at most 10000"),
    ({"start": 2**62, "every": 2**62}, "forecast times leave the range of a timestamp"),
    ({"option": "period=-1"}, "periods should be greater than 0"),
    ({"option": "period=21"}, "number of input data is less than the periods"),
    ({"conf": -0.1}, "invalid value of conf, should between 0 and 1.0"),
    ({"conf": 0}, "invalid value of conf, should between 0 and 1.0"),
    ({"conf": 101}, "invalid value of conf, should between 0 and 1.0"),
    ({"conf": "high"}, "conf must be a number"),
    ({"algo": "nonesuch"}, "unknown forecast algorithm: 'nonesuch'"),
    (
        {"schema": [["ts", "A", 8], ["val", "A", 8], ["dynamic_real_1", "A", 8]], "data": [*table(), [1] * 25]},
        "covariate forecast is not supported yet by flat; it is by ",
    ),
    (
        {"schema": [["ts", "A", 8], ["val", "A", 8], ["dynamic_real_1", "A", 8]], "data": [*table(), [1] * 24]},
        "covariate dynamic_real_1 should have 25 values, 20 rows and 5 to forecast, got 24",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED_FORECASTS, ids=lambda value: str(value)[:60])
def test_bad_forecast_request_is_refused(client: testing.TestClient, changes: dict[str, Any], message: str) -> None:
    body = {key: value for key, value in {**forecast_request(), **changes}.items() if value is not None}
    answer = ask(client, FORECAST, body)
    assert (answer["rows"], set(answer)) == (-1, {"rows", "msg"})
    assert answer["msg"].startswith(message)


def test_a_built_in_algorithm_with_a_bug_says_so(catalog: Catalog, node: Node) -> None:
    alone = node(catalog, Settings())
    assert ask(alone, ANOMALY, request(algo="broken"))["msg"] == "internal error: RuntimeError"
    told = ask(alone, FORECAST, forecast_request(algo="endless"))["msg"]
    assert told.startswith("the forecast leaves the range of floating-point numbers")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (request(data=[list(range(ROWS)), [None] * ROWS]), f"algo=iqr rows={ROWS}"),
        (dump(request(rows=7))[:-1], "algo=iqr rows=7"),
        (dump(request(algo="Nonesuch", data=None)), f"algo='nonesuch' rows={ROWS}"),
        (b'{"data": [', "algo=- rows=0"),
        (b'{"algo": 7, "rows": "x"}', "algo=- rows=0"),
    ],
)
def test_a_body_that_cannot_be_read_is_logged_as_what_it_says_it_is(
    catalog: Catalog, node: Node, caplog: pytest.LogCaptureFixture, body: Any, named: str
) -> None:
    assert ask(node(catalog, Settings()), ANOMALY, body)["rows"] == -1
    assert f" {ANOMALY} {named} option=- " in caplog.text


def as_taosd(option: str, room: int | None = None) -> bytes:
    """A request as a server prints it, the option's line into so many bytes."""
    raw = anomaly_body(table_of(range(ROWS), SPIKE), option="@@,wncheck=0").decode()
    line = f'"option": "{option}",\n'
    return raw.replace('"option": "@@,wncheck=0",\n', line[:room]).encode()


def test_a_quote_in_the_option_text_is_mended_and_told(
    client: testing.TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    option = 'algo=iqr,note="a \\ b"'
    answer = ask(client, ANOMALY, as_taosd(option))
    assert (answer["rows"], answer["option"]) == (1, option)
    assert "has not escaped the option text" in answer["msg"]


LONG = "algo=ksigma,k=2,note=" + "x" * 120


def test_an_option_text_that_the_server_has_cut_is_mended_and_told(client: testing.TestClient) -> None:
    answer = ask(client, ANOMALY, as_taosd(LONG, 127))
    assert (answer["rows"], answer["option"]) == (1, "algo=ksigma,k=2")
    assert "the server has cut the option text" in answer["msg"]


def test_an_option_that_was_cut_and_counts_is_not_guessed(client: testing.TestClient) -> None:
    option = "algo=iqr,note=" + "x" * 90 + ",valid_code=12"
    answer = ask(client, ANOMALY, as_taosd(option, 127))
    assert answer["rows"] == -1
    assert answer["msg"].startswith("the option text is too long for the server, which has cut it at 'valid_code")


def test_refusals_are_empty_answers_where_the_server_needs_that(
    catalog: Catalog, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    softened = node(catalog, Settings(empty_refusals=True))
    answer = ask(softened, ANOMALY, request(data=table(rows=9)))
    assert answer == {
        "rows": 0,
        "res": [],
        "mask": [],
        "msg": "number of rows should between 10 and 40000, actual 9 rows",
    }
    assert " refused msg='number of rows" in caplog.text
    assert 'outcome="refused"} 1' in softened.simulate_get("/metrics").text
    assert ask(softened, FORECAST, forecast_request(forecast_rows=0))["rows"] == -1


def test_wrong_content_type_is_refused(client: testing.TestClient) -> None:
    answer = ask(client, ANOMALY, request(), {"Content-Type": "text/plain"})
    assert answer["msg"].startswith("invalid request format")


def test_too_large_body_is_refused(client: testing.TestClient) -> None:
    answer = ask(client, ANOMALY, b" " * (5 * 1024 * 1024))
    assert answer["msg"].startswith("invalid request format: body of 5242880 bytes, at most 4194304 are allowed")


def test_white_noise_is_refused_unless_told_otherwise(client: testing.TestClient) -> None:
    noise = np.random.default_rng(5).normal(size=500).tolist()
    body = request(data=[list(range(500)), noise], wncheck=1)
    assert ask(client, ANOMALY, body)["msg"] == "white noise data not processed"
    del body["wncheck"]  # missing means 1
    assert ask(client, ANOMALY, body)["msg"] == "white noise data not processed"
    assert ask(client, ANOMALY, {**body, "wncheck": 0})["rows"] >= 0


def test_long_message_is_cut_below_taosds_stack_buffer(client: testing.TestClient) -> None:
    for name in ("x" * 5000, "é" * 3000):
        raw = client.simulate_post(ANOMALY, body=dump(request(algo=name)), headers=JSON)
        assert len(raw.json["msg"].encode()) < 1000


def test_missing_algo_means_the_contracted_default(client: testing.TestClient) -> None:
    assert ask(client, ANOMALY, request(algo=None))["algo"] == "ksigma"
    assert ask(client, FORECAST, forecast_request(algo=None))["algo"] == "holtwinters"


@pytest.mark.parametrize(
    ("sent", "echoed"), [(b"a=\xc3\xa9", "a=é"), (b"a=\\ud83d\\ude00", "a=😀"), (b"a=\\ud800", "a=?")]
)
def test_option_is_echoed_but_for_a_lone_surrogate(client: testing.TestClient, sent: bytes, echoed: str) -> None:
    answer = ask(client, ANOMALY, dump(request()).replace(b"algo=iqr", sent))
    assert (answer["option"], answer["rows"]) == (echoed, 1)


@pytest.mark.parametrize("path", [ANOMALY, FORECAST])
def test_get_on_a_post_route_is_405(client: testing.TestClient, path: str) -> None:
    assert client.simulate_get(path).status_code == 405


def test_unknown_path_is_404_and_not_html(client: testing.TestClient) -> None:
    answer = client.simulate_get("/nonesuch")
    assert answer.status_code == 404
    assert not answer.text.startswith("<")
