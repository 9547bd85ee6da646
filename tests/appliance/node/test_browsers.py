"""What other pages make a browser send is refused; no other client notices."""

from __future__ import annotations

import pytest

from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from tests.appliance.bodies import JSON, dump, request
from tests.appliance.conftest import Node

BODY = dump(request())
OWN = "http://node.example:6090"


def post(node: Node, catalog: Catalog, headers: dict[str, str], names: tuple[str, ...] = ()) -> int:
    client = node(catalog, Settings(allow_host=names))
    answer = client.simulate_post("/anomaly-detect", body=BODY, headers={**JSON, **headers})
    assert (answer.json["rows"] == -1) == (answer.status_code == 403)
    return answer.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "node.example:6090"},
        {"Host": "node.example:6090", "Origin": OWN},
        {"Host": "backend", "Origin": OWN, "Sec-Fetch-Site": "same-origin"},
        {"Host": "backend", "Origin": OWN, "X-Forwarded-Host": "node.example:6090"},
        {"Host": "node.example:6090", "Sec-Fetch-Site": "none"},
    ],
)
def test_clients_and_the_own_page_are_answered(node: Node, catalog: Catalog, headers: dict[str, str]) -> None:
    assert post(node, catalog, headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "node.example:6090", "Origin": "http://evil.example"},
        {"Host": "node.example:6090", "Origin": "http://node.example:8080"},
        {"Host": "node.example:6090", "Origin": "null"},
        {"Host": "node.example:6090", "Origin": "http://[::1"},
        {"Host": "node.example:6090", "Origin": OWN, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_others_are_refused(node: Node, catalog: Catalog, headers: dict[str, str]) -> None:
    assert post(node, catalog, headers) == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("node.example", 200),
        ("NODE.example.:6090", 200),
        ("127.0.0.1:6090", 200),
        ("[::1]:6090", 200),
        ("localhost:6090", 200),
        ("evil.example:6090", 403),
        ("127.0.0.1.evil.example", 403),
    ],
)
def test_allow_host_names_the_node(node: Node, catalog: Catalog, host: str, status: int) -> None:
    assert post(node, catalog, {"Host": host}, ("node.example",)) == status
    assert node(catalog, Settings()).simulate_get("/status", headers={"Host": host}).status_code == 200


def test_a_refusal_says_what_it_refuses(node: Node, catalog: Catalog) -> None:
    client = node(catalog, Settings(allow_host=("node.example",)))
    answer = client.simulate_get("/list", headers={"Host": "evil.example"})
    assert answer.json == {"rows": -1, "msg": "allow-host does not name 'evil.example'"}
    answer = client.simulate_post(
        "/forecast", body=BODY, headers={**JSON, "Host": "localhost", "Origin": "http://evil.example"}
    )
    assert answer.json["msg"] == "sent by a page of 'http://evil.example', not by this node's own"
