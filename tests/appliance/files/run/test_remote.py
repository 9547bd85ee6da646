from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.analysis import catalog as catalogue
from appliance.analysis.kinds import BY_TYPE
from appliance.analysis.run import WhiteNoise
from appliance.files.run.local import Local
from appliance.files.run.question import Question
from appliance.files.run.remote import NodeGone, Remote
from appliance.files.series import FileError, FileSeries
from appliance.host.settings import Settings
from benchmarks.node import Node
from kernels.contract import ANOMALY, FORECAST, AlgorithmError

DETECTING, FORECASTING = BY_TYPE[ANOMALY], BY_TYPE[FORECAST]
SERIES = FileSeries("", np.arange(20), "ms", {"v": np.arange(20.0)})
DETECTORS = ["iqr", "ksigma,k=2", "ksigma,k=7", "grubbs,alpha=0.9", "lof,neighbors=5", "shesd,period=5", "nonesuch"]
FORECASTERS = ["holtwinters", "holtwinters,trend=add,seasonal=add,period=5", "arima,period=-1", "arima,p=1,d=0,q=1"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Node() as node:
        yield "http://{}:{}".format(*node.address)


@pytest.fixture(scope="module")
def here() -> catalogue.Catalog:
    return catalogue.build(Settings())


@st.composite
def series(draw: st.DrawFn) -> FileSeries:
    n = draw(st.integers(8, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = rng.normal(size=n) * 10.0 ** draw(st.integers(-6, 6)) + np.arange(n) % 5
    values[rng.integers(n, size=2)] += draw(st.sampled_from([0.0, 50.0]))
    times = draw(st.sampled_from([0, 1_700_000_000_000_000_001])) + np.cumsum(rng.integers(1, 3, n))
    columns = {"value": values}
    if draw(st.booleans()):
        columns["second"] = rng.normal(size=n)
    return FileSeries("a", times, draw(st.sampled_from(["ms", "us", "ns"])), columns)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(series=series(), algorithm=st.sampled_from(DETECTORS), wncheck=st.booleans())
def test_a_node_detects_what_this_process_does(
    url: str, here: catalogue.Catalog, series: FileSeries, algorithm: str, wncheck: bool
) -> None:
    name, _, option = algorithm.partition(",")
    asked = Question(name, ",".join(filter(None, (option, f"wncheck={wncheck:d}"))))
    answers = []
    for engine in (Local(DETECTING, here, Settings(), asked), Remote(url, DETECTING, asked)):
        try:
            found = engine.answer(name, series)
            cells = (*DETECTING.cells("windows", found.task, found.answer)[:6], found.answer.flags, found.answer.score)
            answers.append([column.tolist() for column in cells])
        except AlgorithmError as refusal:
            answers.append(str(refusal))  # type: ignore[arg-type]
        finally:
            engine.close()
    assert answers[0] == answers[1]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(series=series(), algorithm=st.sampled_from(FORECASTERS), rows=st.integers(-1, 20), conf=st.floats(0, 1))
def test_a_node_forecasts_what_this_process_does(
    url: str, here: catalogue.Catalog, series: FileSeries, algorithm: str, rows: int, conf: float
) -> None:
    name, _, option = algorithm.partition(",")
    asked = Question(name, ",".join(filter(None, (option, f"wncheck=0,rows={rows},conf={conf},every=2"))))
    answers = []
    for engine in (Local(FORECASTING, here, Settings(), asked), Remote(url, FORECASTING, asked)):
        try:
            found = engine.answer(name, series)
            answers.append([column.tolist() for column in FORECASTING.cells("forecast", found.task, found.answer)])
        except AlgorithmError as refusal:
            answers.append(str(refusal))  # type: ignore[arg-type]
        finally:
            engine.close()
    assert answers[0] == answers[1]


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NodeGone, match=f"http://127.0.0.1:{port} cannot be reached: Connection refused"):
        Remote(f"127.0.0.1:{port}", DETECTING, Question("iqr")).answer("iqr", SERIES)


@pytest.mark.parametrize("url", ["https://host:1", "ftp://host", "http://", "http://host:many"])
def test_addresses_of_no_node(url: str) -> None:
    with pytest.raises(FileError, match="--url"):
        Remote(url, DETECTING, Question("iqr"))


class _Says(BaseHTTPRequestHandler):
    said = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    """Something that answers HTTP, but not as a node."""
    with HTTPServer(("127.0.0.1", 0), _Says) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b'{"rows": 1}', b'{"rows": 1, "res": [[1]]}'])
def test_who_answers_something_else_is_no_node(stranger: str, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(_Says, "said", said)
    with closing(Remote(stranger, DETECTING, Question("iqr"))) as remote, pytest.raises(NodeGone, match="answered"):
        remote.answer("iqr", SERIES)
    with closing(Remote(stranger, FORECASTING, Question("arima"))) as remote, pytest.raises(NodeGone, match="answered"):
        remote.answer("arima", SERIES)


def test_an_older_node_tells_neither_codes_nor_scores(stranger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Says, "said", b'{"rows": 1, "res": [[3, 4]]}')
    with closing(Remote(stranger, DETECTING, Question("iqr"))) as remote:
        found = remote.answer("iqr", SERIES)
    assert np.flatnonzero(found.answer.flags == -1).tolist() == [3, 4]
    assert np.isnan(found.answer.score).all()


def test_the_node_s_own_words_come_through(stranger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Says, "said", b'{"rows": -1, "msg": "the node is busy: 9 requests"}')
    words = pytest.raises(AlgorithmError, match="the node is busy: 9 requests")
    with closing(Remote(stranger, DETECTING, Question("iqr"))) as remote, words:
        remote.answer("iqr", SERIES)


def test_what_a_node_says_of_noise_is_told_apart(url: str) -> None:
    noise = FileSeries("", np.arange(500), "ms", {"v": np.random.default_rng(5).normal(size=500)})
    with (
        closing(Remote(url, DETECTING, Question("iqr", "wncheck=1"))) as node,
        pytest.raises(WhiteNoise, match="white noise data"),
    ):
        node.answer("iqr", noise)


def test_it_is_the_node_that_decides_what_it_can_forecast(stranger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Says, "said", b'{"rows": -1, "msg": "at most 5 rows"}')
    asked = Question("arima", "rows=20000")
    with closing(Remote(stranger, FORECASTING, asked)) as node, pytest.raises(AlgorithmError, match="at most 5 rows"):
        node.answer("arima", SERIES)


def test_halting_ends_the_waiting() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        closing(Remote(f"127.0.0.1:{silent.getsockname()[1]}", DETECTING, Question("iqr"))) as remote,
    ):
        waiting = threading.Thread(target=lambda: pytest.raises(NodeGone, remote.answer, "iqr", SERIES))
        waiting.start()
        accepted, _ = silent.accept()
        with accepted:
            accepted.recv(1)  # the request is on its way
            remote.halt()
            waiting.join(30)
    assert not waiting.is_alive()


def test_a_silent_node_is_not_waited_for_longer_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.files.run.remote.GRACE_S", -0.8)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        remote = Remote(f"127.0.0.1:{silent.getsockname()[1]}", DETECTING, Question("iqr", "timeout=1"))
        with pytest.raises(NodeGone, match="did not answer within"):
            remote.answer("iqr", SERIES)


def test_a_node_lists_its_algorithms(url: str, here: catalogue.Catalog) -> None:
    for kind in (DETECTING, FORECASTING):
        with closing(Remote(url, kind, Question("iqr"))) as node:
            assert node.names() == list(here.of_kind(kind.wire_type))


def test_a_forecast_of_a_node_tells_what_its_interval_promises(url: str) -> None:
    rising = FileSeries("", np.arange(40), "ms", {"v": np.arange(40.0) + np.arange(40) % 4})
    with closing(Remote(url, FORECASTING, Question("holtwinters", "conf=90"))) as node:
        assert node.answer("holtwinters", rising).task.levels == (0.9,)
