"""The description is valid, says what is declared, and every answer to what it allows is as it says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from falcon import testing
from hypothesis import HealthCheck, Phase, given, seed, settings
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
from appliance.node import openapi
from kernels import registry
from tests.appliance.conftest import Node

HEALTH = list(HealthCheck)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return openapi.document(Catalog.of(registry.discover()))


@pytest.fixture
def asked(node: Node, catalog: Catalog) -> testing.TestClient:
    return node(catalog, Settings(detail_types=()))


def test_the_description_is_valid(asked: testing.TestClient) -> None:
    answer = asked.simulate_get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    OpenAPIV31SpecValidator(answer.json).validate()
    assert asked.simulate_get("/openapi.json").content == answer.content


def test_every_option_is_there_with_its_range(described: dict[str, Any]) -> None:
    k = described["components"]["schemas"]["options.anomaly.ksigma"]["properties"]["k"]
    assert (k["type"], k["minimum"], k["maximum"], k["default"]) == ("number", 1, 3, 3.0)
    assert {kind.route for kind in KINDS} <= described["paths"].keys()


PATHS = ["/", "/status", "/list", "/models", "/metrics", *(kind.route for kind in KINDS)]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_as_described(path: str, asked: testing.TestClient) -> None:
    described = schemathesis.openapi.from_wsgi(openapi.PATH, asked.app)
    ((method, operation),) = described[path].items()

    @seed(1)
    @settings(max_examples=8, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HEALTH)
    @given(case=operation.as_strategy())
    def holds(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(checks=CHECKS)
        assert answer.status_code == 200

    holds()


def test_a_result_is_as_described_too(asked: testing.TestClient) -> None:
    operation = schemathesis.openapi.from_wsgi(openapi.PATH, asked.app)["/anomaly-detect"]["POST"]
    body = {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [list(range(20)), [1.0] * 19 + [9.0]],
        "algo": "iqr",
        "wncheck": 0,
    }
    assert operation.Case(body=body, media_type="application/json").call_and_validate(checks=CHECKS).json()["rows"] == 1
