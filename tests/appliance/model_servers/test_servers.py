from __future__ import annotations

import dataclasses
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from falcon import testing

from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from appliance.model_servers import servers
from appliance.model_servers.replies import Refusal, ServiceError
from appliance.model_servers.servers import ModelServers, Params
from kernels.contract import FORECAST, IMPUTATION, BadParameter, Forecast, Task
from models import table
from tests.appliance import bodies
from tests.appliance.fake_server import Behaviour, Fake, answer, closed_port, dripping, raw, serving, silent

CHECKPOINT = Path(__file__).parents[2] / "checkpoints" / "tdtsfm"
SERIES = np.arange(100.0)


@contextmanager
def _service(behaviour: Behaviour, name: str = "timemoe-fc") -> Iterator[tuple[ModelServers, Fake]]:
    with serving(behaviour) as fake:
        services = ModelServers(Settings(tsfm={name: fake.url}))
        with closing(services):
            yield services, fake


def _ask(behaviour: Behaviour, rows: int = 3) -> Forecast:
    with _service(behaviour) as (services, _):
        return services.ask("timemoe-fc", Task.of(SERIES, rows=rows), Params())


def _answer(**fields: object) -> Behaviour:
    return answer(json.dumps(fields))


def test_one_forecaster_for_each_line_of_the_configuration() -> None:
    urls = {"tdtsfm_1": "http://127.0.0.1:1/a", "chronos": "http://127.0.0.1:2/b"}
    found = ModelServers(Settings(tsfm=urls)).algorithms()
    assert [one.name for one in found] == ["tdtsfm_1", "chronos"]
    assert found[1].desc == "the model server at http://127.0.0.1:2/b"


def test_forecast_and_bounds_are_passed_on() -> None:
    found = _ask(_answer(output=[1, 2.5, 3], lower=[0, 2, 3.5], upper=[2, 3, 2.5], status="success"))
    assert found.value.tolist() == [1, 2.5, 3]
    assert found.low.tolist() == [0, 2, 3]  # never above the forecast
    assert found.high.tolist() == [2, 3, 3]


def test_a_server_without_bounds_gets_an_interval_without_width() -> None:
    for extra in ({}, {"lower": None, "upper": None}):
        found = _ask(_answer(output=[1, 2, 3], **extra))
        assert found.low.tolist() == found.high.tolist() == [1, 2, 3]


def test_the_question_is_what_model_servers_have_always_been_asked() -> None:
    with _service(_answer(output=[1, 2, 3])) as (services, fake):
        services.ask("timemoe-fc", Task.of(SERIES, rows=3, conf=0.8), Params())
        services.ask("timemoe-fc", Task.of(SERIES, rows=3, conf=1.0), Params())
        first, second = map(json.loads, fake.requests)
    assert first == {
        "input": SERIES.tolist(),
        "next_len": 3,
        "past_dynamic_real": [],
        "dynamic_real": [],
        "conf_interval": 0.8,
    }
    assert second["conf_interval"] < 1  # strict servers refuse 1


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (answer("", "404 Not Found"), "^invalid host url http://127.0.0.1:"),
        (answer('{"error": "Prediction failed: x"}', "500 E"), r"service, Prediction failed: x \(HTTP 500\)"),
        (answer("<html>" + "y" * 9000, "502 Bad"), r"^failed to request the service, <html>y{294} \(HTTP 502\)$"),
        (answer("", "500 E"), r"without a reason \(HTTP 500\)"),
        (answer("", "302 Found\r\nLocation: http://example.org/"), r"\(HTTP 302\)"),
        (answer("<html>"), "its answer is not JSON"),
        (answer('{"output": [1, NaN, 2]}'), "its answer is not JSON"),
        (answer("[1, 2, 3]"), "its answer has no output"),
        (_answer(status="success"), "its answer has no output"),
        (_answer(output=[1, None, 3]), "holds what is not a number"),
        (_answer(output="123"), "holds what is not a number"),
        (_answer(output=[1, 2]), "result length is not identical, ts rows:3  res rows:2"),
        (_answer(output=[1, 2, 3], lower=[1], upper=[1, 2, 3]), "result length is not identical"),
        (raw(b"rubbish"), "^failed to request the service, http"),
    ],
)
def test_a_wrong_answer_is_an_error_that_says_so(behaviour: Behaviour, message: str) -> None:
    with pytest.raises(ServiceError, match=message) as error:
        _ask(behaviour)
    assert len(str(error.value).encode()) < 1000


def test_what_the_server_finds_wrong_with_the_request_is_a_refusal() -> None:
    with pytest.raises(Refusal, match=r"service, context too long \(HTTP 400\)"):
        _ask(answer('{"error": "context too long"}', "400 B"))


@pytest.mark.parametrize("behaviour", [silent, dripping])
def test_a_hanging_server_costs_no_more_than_the_requests_time(behaviour: Behaviour) -> None:
    due = time.monotonic() + 0.1
    with _service(behaviour) as (services, _), pytest.raises(ServiceError, match="did not answer within"):
        services.ask(
            "timemoe-fc", Task.of(SERIES, rows=3, conf=0.9, out_of_time=lambda: time.monotonic() > due), Params()
        )


def test_a_server_known_to_be_silent_gets_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "SILENT_S", 0.1)
    with _service(silent) as (services, _):
        services.probe()
        with pytest.raises(ServiceError, match="did not answer within 0.1 s"):
            services.ask("timemoe-fc", Task.of(SERIES, rows=3), Params())


def test_a_server_that_is_down_is_told() -> None:
    services = ModelServers(Settings(tsfm={"tdtsfm_1": f"http://127.0.0.1:{closed_port()}/tdtsfm"}))
    with pytest.raises(ServiceError, match="failed to request the service, .*: Connection refused"):
        services.ask("tdtsfm_1", Task.of(SERIES, rows=3), Params())


def test_a_server_that_is_down_and_has_no_weights_names_what_needs_none(tmp_path: Path) -> None:
    urls = {name: f"http://127.0.0.1:{closed_port()}/x" for name in ("tdtsfm_1", "chronos")}
    services = ModelServers(Settings(tsfm=urls, model_dir=tmp_path))
    said = rf"no weights in {tmp_path}/tdtsfm: the algorithm zero needs no weights and works at once$"
    with pytest.raises(ServiceError, match=said):
        services.ask("tdtsfm_1", Task.of(SERIES, rows=3), Params())
    with pytest.raises(ServiceError, match="Connection refused$"):
        services.ask("chronos", Task.of(SERIES, rows=3), Params())
    (tmp_path / "tdtsfm").mkdir()
    (tmp_path / "tdtsfm" / "taos.pth").touch()
    with pytest.raises(ServiceError, match="Connection refused$"):
        services.ask("tdtsfm_1", Task.of(SERIES, rows=3), Params())


def test_a_short_series_goes_as_it_is_to_the_server_which_knows_what_it_needs() -> None:
    for name in ("tdtsfm_1", "timemoe-fc"):
        with _service(_answer(output=[1, 2, 3]), name) as (services, fake):
            services.ask(name, Task.of(np.array([4.0, 7.0, 5.0]), rows=3), Params())
            assert json.loads(fake.requests[0])["input"] == [4, 7, 5]


def test_a_model_that_imputes_is_no_forecaster() -> None:
    urls = {"moment": "http://127.0.0.1:6066/imputation", "chronos": "http://127.0.0.1:2/b"}
    found = [(one.name, one.kind) for one in ModelServers(Settings(tsfm=urls)).algorithms()]
    assert found == [("moment", IMPUTATION), ("chronos", FORECAST)]


def test_host_leads_to_another_server() -> None:
    with serving(_answer(output=[1, 2, 3])) as other:
        services = ModelServers(Settings(tsfm={"timemoe-fc": f"http://127.0.0.1:{closed_port()}/ds_predict"}))
        with closing(services):
            for host in (other.url, other.url.replace("http:", "https:"), f"127.0.0.1:{other.port}"):
                assert services.ask("timemoe-fc", Task.of(SERIES, rows=3), Params(host)).value.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "http://localhost/ds_predict"),
        ("LOCALHOST:81/x?y", "http://localhost:81/x?y"),
        ("https://[::1]:7", "http://[::1]:7/ds_predict"),
        ("", "http://127.0.0.1:6062/ds_predict"),
    ],
)
def test_host_is_read_as_a_url(host: str, url: str) -> None:
    assert ModelServers(Settings()).where("timemoe-fc", host).geturl() == url


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "http://10.0.0.1:6062/x",
        "0x7f.1",
        "127.0.0.2",
        "localhost.example.org",
        "http://[::2]/",
        "http://localhost\\@example.org/",
    ],
)
def test_other_hosts_are_refused(host: str) -> None:
    with pytest.raises(BadParameter, match="is not allowed, only tsfm-hosts: 127.0.0.1|invalid host url"):
        ModelServers(Settings()).where("timemoe-fc", host)


@pytest.mark.parametrize(
    "host",
    ["http://", "ftp://localhost", "localhost:x", "http://u:p@localhost/", "local\thost", "http://[::1", "é", "a b"],
)
def test_what_is_no_url_is_refused(host: str) -> None:
    with pytest.raises(BadParameter, match="invalid host url"):
        ModelServers(Settings()).where("timemoe-fc", host)


def test_the_configuration_may_allow_more_hosts() -> None:
    services = ModelServers(Settings(tsfm_allowed_hosts=("Models.Example.Org",)))
    assert services.where("tdtsfm_1", "models.example.org:1").geturl() == "http://models.example.org:1/tdtsfm"


def test_probing_tells_who_is_there() -> None:
    with serving(answer("no", "405 No")) as up, serving(silent) as hangs:
        down = f"http://127.0.0.1:{closed_port()}/"
        services = ModelServers(Settings(tsfm={"up": up.url, "hangs": hangs.url, "down": down}))
        with closing(services):
            services.probe()
        known = {name: "READY" if up else "UNAVAIL" for name, up in services._up.items()}
    assert known == {"up": "READY", "hangs": "UNAVAIL", "down": "UNAVAIL"}


def test_a_server_that_has_a_status_tells_its_load() -> None:
    with (
        serving(answer('{"status":"ready","in_flight":3,"queue":2}')) as ours,
        serving(answer('{"status":"ready"}')) as other,
    ):
        servers = ModelServers(Settings(tsfm={"ours": ours.url, "other": other.url}))
        with closing(servers):
            servers.probe()
            assert servers.load() == {"ours": (3, 2)}
            assert servers.seen() == {"ours": True, "other": True}
            servers.urls = {"ours": servers.urls["ours"]._replace(netloc=f"127.0.0.1:{closed_port()}")}
            servers.probe()
            assert servers.load() == {}


def test_the_status_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, probed = threading.Event(), threading.Event()

    def probe(self: ModelServers) -> None:
        go_on.wait(30)
        self._up["timemoe-fc"] = True
        probed.set()

    monkeypatch.setattr(ModelServers, "probe", probe)
    before = set(threading.enumerate())
    servers = ModelServers(Settings())
    assert servers.statuses() == dict.fromkeys(table.default_urls(), "UNAVAIL")
    go_on.set()
    assert probed.wait(30)
    assert servers.statuses() == {**dict.fromkeys(table.default_urls(), "UNAVAIL"), "timemoe-fc": "READY"}
    assert [thread.name for thread in set(threading.enumerate()) - before] == ["tsfm-probe"]
    servers.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)  # which ends when the servers are closed


def test_where_no_thread_can_be_started_models_are_told_as_away_and_looked_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    probed = threading.Event()
    monkeypatch.setattr(ModelServers, "probe", lambda self: probed.set())
    servers = ModelServers(Settings())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        assert servers.statuses() == dict.fromkeys(table.default_urls(), "UNAVAIL")
    servers.statuses()
    assert probed.wait(30)
    servers.close()


def test_models_are_listed_from_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"tdtsfm_1": "READY", "timemoe-fc": "UNAVAIL", "chronos": "READY"}
    monkeypatch.setattr(ModelServers, "statuses", lambda self: seen)
    shutil.copytree(CHECKPOINT, tmp_path / "tdtsfm")
    (tmp_path / "timemoe").mkdir()
    (tmp_path / "timemoe" / "model.safetensors").write_bytes(b"rubbish")
    settings = Settings(model_dir=tmp_path, tsfm={**Settings().tsfm, "chronos": "http://127.0.0.1:6063/ds_predict"})
    first, second = ModelServers(settings).models()
    assert first == {
        "name": "tdtsfm",
        "algo": "tdtsfm_1",
        "type": "forecast",
        "status": "READY",
        "path": str(tmp_path / "tdtsfm"),
        "size": (CHECKPOINT / "model.safetensors").stat().st_size,
        "dtype": "float32",
    }
    assert (second["name"], second["status"], second["size"]) == ("timemoe", "UNAVAIL", None)
    assert "cannot read its header" in second["error"]


Node = Callable[[Settings], testing.TestClient]


@pytest.fixture
def tsfm_node(node: Callable[[Catalog, Settings], testing.TestClient]) -> Iterator[Node]:
    """What makes a node of these settings, with no other algorithm."""
    with ExitStack() as made:

        def make(settings: Settings) -> testing.TestClient:
            servers = made.enter_context(closing(ModelServers(settings)))
            return node(dataclasses.replace(Catalog.of(servers.algorithms()), servers=servers), settings)

        yield make


def _forecast(node: testing.TestClient, **changes: object) -> dict[str, object]:
    body = json.dumps(bodies.forecast_request(**changes))
    answer: dict[str, object] = node.simulate_post("/forecast", body=body, headers=bodies.JSON).json
    return answer


@pytest.mark.parametrize("algo", ["timemoe-fc", "timemoe_fc"])
def test_the_node_forecasts_by_either_spelling(tsfm_node: Node, algo: str) -> None:
    value = [1.0, 2.0, 3.0, 4.0, 5.0]
    with serving(_answer(output=value, lower=[0] * 5, upper=[9] * 5)) as fake:
        node = tsfm_node(Settings(tsfm={"timemoe-fc": fake.url}))
        answer = _forecast(node, algo=algo, option=f"algo={algo}")
    assert answer["rows"] == 5
    assert answer["res"][1:] == [value, [0] * 5, [9] * 5]  # type: ignore[index]


def test_the_node_answers_a_contracted_error_when_the_server_is_down(tsfm_node: Node) -> None:
    node = tsfm_node(Settings(tsfm={"timemoe-fc": f"http://127.0.0.1:{closed_port()}/ds_predict"}))
    answer = _forecast(node, algo="timemoe-fc")
    assert answer["rows"] == -1
    assert str(answer["msg"]).startswith("failed to request the service, ")


def test_the_node_refuses_a_host_that_is_not_allowed(tsfm_node: Node) -> None:
    answer = _forecast(tsfm_node(Settings()), algo="timemoe-fc", option="algo=timemoe-fc,host=http://example.org/x")
    assert answer["rows"] == -1
    assert str(answer["msg"]).startswith("host example.org is not allowed")


def test_the_list_follows_the_status(tsfm_node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tsfm_node(Settings(tsfm={"timemoe-fc": "http://127.0.0.1:1/ds_predict"}))
    shown = []
    for seen in ("UNAVAIL", "READY"):
        monkeypatch.setattr(ModelServers, "statuses", lambda self, seen=seen: {"timemoe-fc": seen})
        shown.append(node.simulate_get("/list").json["details"][0]["algo"][0]["status"])
    assert shown == ["UNAVAIL", "READY"]


def test_the_models_route_tells_of_them(tsfm_node: Node, tmp_path: Path) -> None:
    shutil.copytree(CHECKPOINT, tmp_path / "tdtsfm")
    details = tsfm_node(Settings(model_dir=tmp_path)).simulate_get("/models").json["details"]
    assert [one["name"] for one in details] == ["tdtsfm", "sample_ad_model"]
    assert all("path" not in one for one in details)


def test_the_models_route_has_the_form_of_the_newest_nodes_if_the_operator_wants_it(
    tsfm_node: Node, tmp_path: Path
) -> None:
    shutil.copytree(CHECKPOINT, tmp_path / "tdtsfm")
    (tmp_path / "timemoe").mkdir()
    found = tsfm_node(Settings(model_dir=tmp_path, models_by_name=True)).simulate_get("/models").json
    assert list(found) == ["tdtsfm", "timemoe", "sample_ad_model"]
    one = found["tdtsfm"]
    assert {key: one[key] for key in ("model_name", "path", "invoke_cls_name", "note")} == {
        "model_name": "tdtsfm",
        "path": str(tmp_path / "tdtsfm"),
        "invoke_cls_name": "tdtsfm_1",
        "note": "UNAVAIL",
    }
    datetime.strptime(one["load_time"], "%Y-%m-%d %H:%M:%S")
    assert "no weights in" in found["timemoe"]["note"]


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (_answer(output=[1, 2, 3], status="success"), "ok"),
        (answer('{"error": "no"}', "400 Bad Request"), "refused"),
        (answer('{"error": "no"}', "500 Internal Server Error"), "error"),
    ],
    ids=["ok", "refused", "error"],
)
def test_every_question_is_told_with_its_end(behaviour: Behaviour, outcome: str) -> None:
    told: list[tuple[str, str]] = []
    with _service(behaviour) as (services, _):
        services.answered = lambda model, end, seconds: told.append((model, end))
        with suppress(Refusal, ServiceError):
            services.ask("timemoe-fc", Task.of(SERIES, rows=3), Params())
    assert told == [("timemoe-fc", outcome)]


def test_a_server_nobody_has_looked_at_is_neither_up_nor_down(monkeypatch: pytest.MonkeyPatch) -> None:
    services = ModelServers(Settings(tsfm={"mine": f"http://127.0.0.1:{closed_port()}/"}))
    monkeypatch.setattr(services, "_probe_until_closed", lambda: None)
    assert services.seen() == {}
    services.probe()
    assert services.seen() == {"mine": False}
