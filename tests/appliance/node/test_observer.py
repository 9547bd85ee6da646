from __future__ import annotations

import logging
import re
from typing import Any

import falcon
import pytest
from falcon import testing
from prometheus_client.parser import text_string_to_metric_families

from appliance.analysis.plugin_classes import Failed
from appliance.model_servers.replies import Refusal, ServiceError
from appliance.node.metrics import Metrics
from appliance.node.observer import Observer, served
from appliance.node.resources.metrics import MetricsText
from appliance.node.scoreboard import Scoreboard
from appliance.node.slots import Busy, ClientGone
from kernels.contract import BadParameter


class Endpoint:
    """Ends as the test wants."""

    error: BaseException | None = None
    algorithm = "iqr"
    option = "algo=iqr"
    read = True

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.data = b'{"status":"ready"}'

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        record = served(req)
        record.algorithm, record.rows, record.option = self.algorithm, 1000, self.option
        record.read = self.read
        if self.error:
            record.failed(self.error, str(self.error))
        else:
            record.result_rows = 3
        resp.data = b"12345678"


class Node:
    def __init__(self) -> None:
        self.board, self.metrics, self.endpoint = Scoreboard(rows=1), Metrics(rows=1), Endpoint()
        row = self.board.take(self.board.reserve())
        app = falcon.App(middleware=[Observer(row, self.metrics.recorder(0), ["iqr", "ksigma"])])
        app.add_route("/anomaly-detect", self.endpoint)
        app.add_route("/status", self.endpoint)
        app.add_route("/metrics", MetricsText(self.metrics, self.board))
        self.client = testing.TestClient(app)

    def post(self, **ends: Any) -> None:
        for name, value in ends.items():
            setattr(self.endpoint, name, value)
        self.client.simulate_post("/anomaly-detect")

    def counted(self) -> dict[tuple[str, ...], int]:
        return {labels: sum(buckets) for labels, (buckets, _, _) in self.metrics.totals().items()}


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.DEBUG, "appliance.node.observer")
    return lambda: [(r.levelname, re.sub(r"^\d+-(\d+) |ms=[\d.]+", r"\1", r.getMessage())) for r in caplog.records]


def test_request_is_one_line(node: Node, lines: Any) -> None:
    node.post()
    assert lines() == [("INFO", "1127.0.0.1 POST /anomaly-detect algo=iqr rows=1000 option='algo=iqr'  ok rows=3")]


def test_the_journal_gets_what_a_line_tells_as_fields(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "appliance.node.observer")
    node.post()
    (record,) = caplog.records
    fields = dict(vars(record)["fields"])
    assert float(fields.pop("MS")) >= 0
    assert fields == {"ENDPOINT": "/anomaly-detect", "ALGORITHM": "iqr", "ROWS": 1000, "OUTCOME": "ok"}


def test_error_is_logged_as_the_client_got_it(node: Node, lines: Any) -> None:
    node.post(error=BadParameter("k value out of range, valid range [1, 3]"))
    ((level, line),) = lines()
    assert level == "WARNING"
    assert line.endswith("refused msg='k value out of range, valid range [1, 3]'")


def test_rows_that_a_body_only_names_are_logged_and_not_counted(node: Node, lines: Any) -> None:
    node.post(read=False, error=BadParameter("invalid request format"))
    node.post(read=True, error=BadParameter("too short"))
    assert all("algo=iqr rows=1000" in line for _, line in lines())
    ((_, _, rows),) = node.metrics.totals().values()
    assert rows == 1000


def test_text_of_the_client_cannot_forge_a_line(node: Node, lines: Any) -> None:
    node.post(algorithm="x\ny", option="a=1,\x1b[2J\r\n" + "z" * 1000)
    ((_, line),) = lines()
    assert line.isprintable()
    assert r"algo='x\ny' rows=1000 option='a=1,\x1b[2J\r\nzzz" in line
    assert len(line) < 400


def test_polls_are_logged_at_debug(node: Node, lines: Any) -> None:
    node.client.simulate_get("/status")
    assert [level for level, _ in lines()] == ["DEBUG"]


def test_every_outcome_is_counted(node: Node) -> None:
    refused = (BadParameter("a"), Refusal("the model server says so"))
    failed = (RuntimeError("c"), MemoryError(), ServiceError("down"), Failed("mine: a bug"))
    for error in (None, *refused, Busy("b"), ClientGone(), *failed):
        node.post(error=error)
    expected = {"ok": 1, "refused": 2, "busy": 1, "gone": 1, "error": 4}
    assert node.counted() == {("/anomaly-detect", "iqr", outcome): n for outcome, n in expected.items()}
    (worker,) = node.board.workers()
    assert (worker.requests, worker.exceptions, worker.sent_bytes) == (9, 4, 72)
    assert not worker.busy


def test_names_that_clients_make_up_are_no_labels(node: Node) -> None:
    for number in range(5):
        node.post(algorithm=f"made-up-{number}")
        node.client.simulate_get(f"/made/up/{number}")
    assert node.counted() == {("/anomaly-detect", "unknown", "ok"): 5, ("other", "", "refused"): 5}


def test_wrong_method_is_counted_too(node: Node) -> None:
    node.client.simulate_delete("/status")
    assert node.counted() == {("/status", "", "refused"): 1}
    assert not node.board.workers()[0].busy


def test_metrics_are_served(node: Node) -> None:
    node.post()
    reply = node.client.simulate_get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(reply.text)}
    assert {"taosanode_requests", "taosanode_request_seconds", "taosanode_build_info"} <= names
