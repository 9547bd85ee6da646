"""Browsers get the page, everybody else the line; Parquet comes back as numbers, or why it does not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from tests.appliance.conftest import Node

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def parquet(tmp_path: Path, select: str) -> bytes:
    file = tmp_path / "made.parquet"
    duckdb.sql(f"COPY ({select}) TO '{file}' (FORMAT parquet)")
    return file.read_bytes()


def test_browsers_get_the_page_and_others_the_line(node: Node, catalog: Catalog) -> None:
    client = node(catalog, Settings())
    page = client.simulate_get("/", headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers
    for accepted in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        line = client.simulate_get("/", headers=accepted)
        assert line.text.startswith("TDgpt - TDengine TSDB")
        assert line.headers["vary"] == "Accept"


def test_a_browser_that_has_the_page_is_told_so(node: Node, catalog: Catalog) -> None:
    client = node(catalog, Settings())
    tag = client.simulate_get("/", headers=HTML).headers["etag"]
    again = client.simulate_get("/", headers={**HTML, "If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_can_be_switched_off(node: Node, catalog: Catalog) -> None:
    client = node(catalog, Settings(page=False))
    assert client.simulate_get("/", headers=HTML).text.startswith("TDgpt")
    assert client.simulate_get("/page/algorithms").status_code == 404
    assert client.simulate_post("/page/table", body=b"PAR1").status_code == 404


def test_parquet_comes_back_as_numbers_and_times(node: Node, catalog: Catalog, tmp_path: Path) -> None:
    body = parquet(
        tmp_path,
        "SELECT TIMESTAMP '2026-01-01' + INTERVAL (i) HOUR AS ts, DATE '2026-01-02' AS day, "
        "CASE WHEN i = 2 THEN NULL ELSE i + 0.5 END AS v, i AS n, 'a' AS name FROM range(3) t(i)",
    )
    told = node(catalog, Settings()).simulate_post("/page/table", body=body).json
    assert told == {
        "rows": 3,
        "columns": [
            {"name": "ts", "kind": "time", "values": [1767225600000.0 + 3600000 * i for i in range(3)]},
            {"name": "day", "kind": "time", "values": [1767312000000.0] * 3},
            {"name": "v", "kind": "number", "values": [0.5, 1.5, None]},
            {"name": "n", "kind": "number", "values": [0.0, 1.0, 2.0]},
        ],
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "PAR1"),
        (b"a,b\n1,2\n", "PAR1"),
        (b"PAR1 and no more", "cannot be read"),
        (b"PAR1" + bytes(range(256)) * 8 + b"PAR1", "cannot be read"),
    ],
)
def test_what_is_no_parquet_is_refused(node: Node, catalog: Catalog, body: bytes, why: str) -> None:
    answer = node(catalog, Settings()).simulate_post("/page/table", body=body)
    assert answer.status_code == 200
    assert answer.json["rows"] == -1
    assert why in answer.json["msg"]
    assert "internal" not in answer.json["msg"]
    assert "table.parquet" not in answer.json["msg"]


def test_bodies_and_tables_have_bounds(node: Node, catalog: Catalog, tmp_path: Path) -> None:
    large = node(catalog, Settings(max_body=1024)).simulate_post("/page/table", body=b"PAR1" + bytes(2000))
    assert "at most 1024 are allowed" in large.json["msg"]
    many = parquet(tmp_path, "SELECT i AS a, i AS b FROM range(1000001) t(i)")
    told = node(catalog, Settings()).simulate_post("/page/table", body=many).json
    assert told["msg"] == "the file has 1000001 rows of 2 columns, at most 2000000 cells can be shown"
    text = parquet(tmp_path, "SELECT 'a' AS name")
    told = node(catalog, Settings()).simulate_post("/page/table", body=text).json
    assert told["msg"] == "the file has no columns of numbers"
