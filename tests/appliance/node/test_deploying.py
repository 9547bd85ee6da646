"""POST of `/deploy` and `/undeploy`, through the application."""

from __future__ import annotations

import pickle

import falcon
import pytest
from falcon import testing

from appliance.host.settings import Settings
from appliance.node.resources import deploying
from appliance.transport.incoming import WholeBody
from tests.appliance.analysis.deployed.configs import LINE, TREE
from tests.appliance.analysis.deployed.test_settled import ORDERS
from tests.appliance.analysis.deployed.test_tensors import FILE, FOREST, TABLE
from tests.appliance.bodies import JSON, dump


@pytest.fixture
def make(node, catalog, tmp_path):
    return lambda **more: node(catalog, Settings(dynamic_model_dir=tmp_path / "dynamic", **more))


@pytest.fixture
def client(make) -> testing.TestClient:
    return make(detail_types=("classification", "regression"))


def post(client, path, document, **headers):
    body = document if isinstance(document, bytes) else dump(document)
    return client.simulate_post(path, body=body, headers={**JSON, **headers})


def form(client, **parts: bytes):
    lines = []
    for name, content in parts.items():
        lines += [b"--x", f'Content-Disposition: form-data; name="{name}"; filename="f"'.encode(), b"", content]
    body = b"\r\n".join([*lines, b"--x--", b""])
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return client.simulate_post("/deploy", body=body, headers=headers)


def listed(client):
    return {one["type"]: one["algo"] for one in client.simulate_get("/list").json["details"]}


def test_a_model_is_deployed_listed_asked_and_removed(client, make):
    assert listed(client)["regression"] == []
    answer = post(client, "/deploy", {"model_name": "pumps", "config": LINE})
    assert (answer.status_code, answer.json) == (
        200,
        {"status": "success", "message": 'Model "pumps" deployed successfully'},
    )
    entry = {
        "name": "pumps",
        "desc": "dynamic generated model training from lasso",
        "params": {"algo": "lasso", "features": 2},
    }
    worker = make(detail_types=("regression",))  # another one, or the node after a restart
    assert listed(client)["regression"] == listed(worker)["regression"] == [entry]
    model = {"name": "pumps", "algo": "lasso", "type": "regression", "status": "READY"}
    assert model in client.simulate_get("/models").json["details"]
    assert make(models_by_name=True).simulate_get("/models").json["pumps"]["path"].endswith("/dynamic/pumps/pumps.json")
    question = {"algo": "pumps", "schema": [["val"], ["val1"]], "data": [[1, 6], [2, 3]]}
    told = post(worker, "/regression", question)
    assert (told.status_code, told.json) == (200, {"algo": "pumps", "option": "", "res": [0.5, 9.5], "rows": 2})
    assert post(worker, "/classification", question).json["rows"] == -1
    answer = post(worker, "/undeploy", {"model_name": "pumps"})
    assert (answer.status_code, answer.json["status"]) == (200, "success")
    assert listed(client)["regression"] == []
    assert post(client, "/regression", question).json == {"rows": -1, "msg": "failed to load model: pumps"}


def test_old_servers_see_no_kind_that_they_do_not_know(make):
    client = make()
    post(client, "/deploy", {"model_name": "pumps", "config": LINE})
    assert set(listed(client)) == {"forecast", "anomaly-detection"}


def test_a_form_does_the_same_and_a_pickle_in_it_is_refused(client):
    assert form(client, model_name=b"tree", config=dump(TREE)).status_code == 200
    answer = form(client, model_name=b"evil", config=b"{}", model_binary=pickle.dumps(LINE))
    assert (answer.status_code, answer.json["status"]) == (400, "error")
    assert answer.json["error"].startswith("Error deploying model evil: model_binary is a pickle; reading one runs")
    assert [one["name"] for one in listed(client)["classification"]] == ["tree"]


def test_a_forest_and_a_forecaster_answer_as_algorithms_and_are_told_of_everywhere(client, make):
    assert form(client, model_name=b"pumps", model_binary=FILE).status_code == 200
    assert post(client, "/deploy", {"model_name": "orders", "config": ORDERS}).status_code == 200
    worker = make()
    entry = listed(worker)["anomaly-detection"][-1]
    told = "dynamic generated model training from iforest"
    assert (entry["name"], entry["desc"], entry["params"]) == ("pumps", told, {"algo": "iforest", "rows": 20})
    assert "orders" in [one["name"] for one in listed(worker)["forecast"]]
    times = list(range(len(TABLE)))
    schema = [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8], ["val1", "DOUBLE", 8]]
    asked = {"algo": "pumps", "schema": schema, "data": [times, *TABLE.T.tolist()], "option": "scores=1"}
    answer = post(worker, "/anomaly-detect", asked).json
    assert answer["scores"] == FOREST.scores(TABLE).tolist()
    assert answer["rows"] >= 1
    one = {"schema": schema[:2], "data": asked["data"][:2], "start": 20, "every": 1, "forecast_rows": 2, "wncheck": 0}
    assert "SARIMAX(1,1,0)" in post(worker, "/forecast", {**one, "algo": "orders"}).json["model_info"]
    assert post(worker, "/forecast", {**one, "algo": "pumps"}).json == {
        "rows": -1,
        "msg": "model pumps is one for anomaly-detection, not for forecast",
    }
    assert "trained on 2 columns, got 1" in post(worker, "/anomaly-detect", {**one, "algo": "pumps"}).json["msg"]
    assert "options.anomaly.pumps" in worker.simulate_get("/openapi.json").json["components"]["schemas"]
    page = worker.simulate_get("/page/algorithms").json["kinds"]
    assert "pumps" in [one["name"] for kind in page for one in kind["algorithms"]]
    assert {one["name"] for one in worker.simulate_get("/models").json["details"]} >= {"pumps", "orders"}
    assert post(client, "/undeploy", {"model_name": "pumps"}).status_code == 200
    assert "options.anomaly.pumps" not in worker.simulate_get("/openapi.json").json["components"]["schemas"]
    gone = post(worker, "/anomaly-detect", {**asked, "wncheck": 0}).json["msg"]
    assert gone.startswith("unknown anomaly detection algorithm: 'pumps'")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "Missing payload in request"),
        (b"{", "invalid request format: the payload must be JSON without NaN or infinity"),
        ([], "Missing required fields in request payload, required: model_name and config"),
        ({"model_name": "a"}, "Missing required fields in request payload, required: model_name and config"),
        ({"model_name": "../a", "config": LINE}, "Invalid model_name in request payload"),
        ({"model_name": 3, "config": LINE}, "Invalid model_name in request payload"),
        ({"model_name": "arima", "config": LINE}, "Model with name arima already exists"),
        ({"model_name": "dtw", "config": LINE}, "Model with name dtw already exists"),
        (
            {"model_name": "a", "config": {"algo": "iforest"}},
            "Error deploying model a: a trained iforest is a .safetensors file: taosanode train writes it",
        ),
        *(
            ({"model_name": "a", "config": {"algo": algo}}, f"Error deploying model a: {algo} is a pickle elsewhere")
            for algo in ("deepar", "svm", "svr")
        ),
        ({"model_name": "a", "config": {**LINE, "algo": 1}}, "Error deploying model a: algo must be one of"),
    ],
)
def test_what_cannot_be_deployed_is_answered_400_in_the_contracted_words(client, document, message):
    answer = post(client, "/deploy", document)
    assert (answer.status_code, answer.json["status"]) == (400, "error")
    assert answer.json["error"].startswith(message)


def test_a_file_of_the_name_of_an_algorithm_is_never_asked_and_not_told_of(client, tmp_path):
    (tmp_path / "dynamic").mkdir()
    (tmp_path / "dynamic" / "iqr.safetensors").write_bytes(FILE)
    assert "iqr" not in [one["name"] for one in client.simulate_get("/models").json["details"]]


def test_a_name_is_deployed_once(client):
    assert post(client, "/deploy", {"model_name": "a", "config": LINE}).status_code == 200
    answer = post(client, "/deploy", {"model_name": "A", "config": TREE})
    assert (answer.status_code, answer.json["error"]) == (400, "Model with name A already exists")


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        (b"", 400, "Missing JSON payload in request"),
        ({}, 400, "Missing required field model_name in request payload"),
        ({"model_name": "../a"}, 400, "Invalid model_name in request payload"),
        ({"model_name": "nobody"}, 404, "Model with name nobody does not exist"),
    ],
)
def test_what_cannot_be_removed_is_refused(client, document, status, message):
    answer = post(client, "/undeploy", document)
    assert (answer.status_code, answer.json) == (status, {"status": "error", "error": message})


def test_a_page_of_another_site_changes_nothing(client):
    answer = post(client, "/deploy", {"model_name": "a", "config": LINE}, Origin="http://elsewhere.example")
    assert (answer.status_code, listed(client)["regression"]) == (403, [])
    assert post(client, "/undeploy", {"model_name": "a"}, Origin="http://elsewhere.example").status_code == 403


def test_a_folder_that_cannot_be_written_is_the_node_s_fault(client, tmp_path):
    (tmp_path / "dynamic").write_text("in the way")
    answer = post(client, "/deploy", {"model_name": "a", "config": LINE})
    assert (answer.status_code, answer.json["error"]) == (500, "Error deploying model a: File exists")


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b"--x--", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', b"\xff" * 99, b"--x\r\n" * 99],
)
def test_broken_forms_are_refused(client, body):
    answer = client.simulate_post("/deploy", body=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, answer.json["status"]) == (400, "error")


def test_a_form_is_read_from_what_the_node_s_own_workers_hand_over(tmp_path):
    body = b'--x\r\nContent-Disposition: form-data; name="config"\r\n\r\n{}\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(len(body))}
    environ = testing.create_environ("/deploy", method="POST", headers=headers)
    environ["wsgi.input"] = WholeBody(bytearray(body))
    assert deploying.parts(falcon.Request(environ), 1000) == {"config": b"{}"}


@pytest.mark.parametrize(("path", "what"), [("/deploy", "add"), ("/undeploy", "remove")])
def test_a_bug_is_no_success(client, monkeypatch, path, what):
    def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr(f"appliance.analysis.deployed.store.Store.{what}", broken)
    told = post(client, path, {"model_name": "pumps", "config": LINE})
    assert (told.status_code, told.json) == (500, {"status": "error", "error": "internal error: RuntimeError"})
