"""What got no result is told, the newest first, whichever worker it was."""

from __future__ import annotations

from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from appliance.node.refusals import KEPT, Refusals
from tests.appliance.bodies import JSON
from tests.appliance.conftest import Node


def test_the_newest_of_every_worker_are_kept() -> None:
    refusals = Refusals(rows=2)
    first, second = refusals.notebook(0), refusals.notebook(1)
    for number in range(KEPT + 3):
        first.note("/forecast", "arima", number, "refused", f"number {number}")
    second.note("/list", "", 0, "error", "é" * 500)
    told = refusals.newest()
    assert len(told) == KEPT + 1
    assert (told[0]["endpoint"], told[0]["message"]) == ("/list", "é" * 200)
    assert sorted(one["rows"] for one in told[1:]) == [*range(3, KEPT + 3)]
    assert all(earlier["time"] >= later["time"] for earlier, later in zip(told, told[1:], strict=False))


def test_the_next_worker_goes_on_where_one_ended() -> None:
    refusals = Refusals(rows=1)
    refusals.notebook(0).note("/forecast", "arima", 1, "refused", "before")
    refusals.notebook(0).note("/forecast", "arima", 2, "refused", "after")
    assert {one["message"] for one in refusals.newest()} == {"before", "after"}


def test_a_refused_request_is_told_to_the_page(node: Node, catalog: Catalog) -> None:
    client = node(catalog, Settings())
    client.simulate_post("/forecast", body=b"{}", headers=JSON)
    (told,) = client.simulate_get("/page/refused").json["refused"]
    assert (told["endpoint"], told["outcome"]) == ("/forecast", "refused")
    assert told["message"] == '"data" does not exist in request json'
