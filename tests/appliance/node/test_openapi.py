"""The description is valid, says what is declared, and every answer to what it allows is as it says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from falcon import testing
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from appliance.analysis.catalog import Catalog
from appliance.analysis.kinds import KINDS
from appliance.host.settings import Settings
from appliance.node import openapi, operations
from tests.appliance.analysis.deployed.configs import LINE, LOGISTIC
from tests.appliance.bodies import JSON, dump
from tests.appliance.conftest import Node

HEALTH = list(HealthCheck)
RUNS = 6
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
POSTS = {one.paths[0]: one for one in operations.posts(Catalog({}), page=True)}


@pytest.fixture(scope="module")
def asked(node: Node, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> testing.TestClient:
    """A node with a model for each question about one, named as that is."""
    client = node(catalog, Settings(detail_types=(), dynamic_model_dir=tmp_path_factory.mktemp("models")))
    for name, config in (("regression", LINE), ("classification", LOGISTIC)):
        client.simulate_post("/deploy", body=dump({"model_name": name, "config": config}), headers=JSON)
    return client


@pytest.fixture(scope="module")
def schema(asked: testing.TestClient) -> Any:
    return schemathesis.openapi.from_wsgi(openapi.PATH, asked.app)


def test_the_description_is_valid(asked: testing.TestClient) -> None:
    answer = asked.simulate_get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    OpenAPIV31SpecValidator(answer.json).validate()
    assert asked.simulate_get("/openapi.json").content == answer.content


def test_every_option_is_there_with_its_range_and_every_path(asked: testing.TestClient, catalog: Catalog) -> None:
    described = openapi.document(catalog)
    k = described["components"]["schemas"]["options.anomaly.ksigma"]["properties"]["k"]
    assert (k["type"], k["minimum"], k["maximum"], k["default"]) == ("number", 1, 3, 3.0)
    for path in described["paths"]:
        assert asked.simulate_get(path).status_code != 404
    assert not [path for path in openapi.document(catalog, page=False)["paths"] if path.startswith("/page/")]


@pytest.mark.parametrize("path", [*operations.TEXTS, *operations.documents(page=True)])
def test_what_is_told_to_everybody_is_as_described(path: str, schema: Any) -> None:
    assert schema[path]["GET"].Case().call_and_validate(checks=CHECKS).status_code == 200


@pytest.mark.parametrize("path", [path for path, one in POSTS.items() if one.example])
def test_the_example_has_a_result(path: str, schema: Any) -> None:
    operation = schema[path]["POST"]
    body = operation.definition.raw["requestBody"]["content"]["application/json"]["example"]
    answer = operation.Case(body=body, media_type="application/json").call_and_validate(checks=CHECKS)
    assert (answer.status_code, "msg" in answer.json()) == (200, False)


@pytest.mark.parametrize("path", [path for path, one in POSTS.items() if one.example])
def test_every_answer_is_as_described(path: str, schema: Any) -> None:
    """Of five bodies one is anything, one has what must be there from the example, three all but the algorithm."""
    operation, results = schema[path]["POST"], []
    raw = operation.definition.raw["requestBody"]["content"]["application/json"]
    needed = raw["schema"]["required"]
    most = {name: value for name, value in raw["example"].items() if name != "algo" or name in needed}
    kept = [most, most, {}, most, {name: most[name] for name in needed}]

    @seed(1)
    @settings(max_examples=RUNS, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HEALTH)
    @given(case=operation.as_strategy())
    def holds(case: schemathesis.Case) -> None:
        if isinstance(case.body, dict) and case.media_type == "application/json":
            case.body |= kept[len(results) % len(kept)]
        answer = case.call_and_validate(checks=CHECKS).json()
        results.append(answer.get("rows", -1) >= 0)

    holds()
    if POSTS[path].statuses == (200,):
        assert 2 * sum(results) >= len(results)


BEST = {"algo": "arima", "best_params": {"p": 1, "d": 0, "q": 0}, "seasonal_order_s": 12, "freq": "M"}


@pytest.mark.parametrize(
    ("config", "fine"), [(LINE, True), (LOGISTIC, True), (BEST, True), ({"algo": "arima"}, False), ([], False)]
)
def test_a_model_is_deployed_as_described(asked: testing.TestClient, catalog: Catalog, config: Any, fine: bool) -> None:
    described = openapi.document(catalog)["paths"]["/deploy"]["post"]["requestBody"]["content"]
    body = {"model_name": "as_described", "config": config}
    assert Draft202012Validator(described["application/json"]["schema"]).is_valid(body) == fine
    form = Draft202012Validator(described["multipart/form-data"]["schema"])
    assert form.is_valid({"model_name": "as_described", "config": dump(config).decode()})
    assert form.is_valid({"model_name": "as_described", "model_binary": "a file"})
    assert not form.is_valid({"model_name": "as_described"})
    assert (asked.simulate_post("/deploy", body=dump(body), headers=JSON).status_code == 200) == fine
    asked.simulate_post("/undeploy", body=dump({"model_name": "as_described"}), headers=JSON)


def test_kinds_tell_no_field_twice() -> None:
    for kind in KINDS:
        assert not kind.told.keys() & kind.told_too.keys()
