from __future__ import annotations

from pathlib import Path

import pytest

from appliance.sql.answers import Done, SqlError, Table
from appliance.sql.embedded import Embedded
from tests.appliance.sql.fake_node import DETECTORS, FORECASTERS, FakeNode, fake_node, listing


def rows(engine: Embedded, sql: str) -> list[list[object]]:
    answer = engine.execute(sql)
    assert isinstance(answer, Table)
    return answer.rows


def test_a_node_is_created_shown_updated_and_dropped(engine: Embedded, node: FakeNode) -> None:
    assert engine.execute(f"create anode '{node.url}'") == Done()
    [[id, url, status, created, updated]] = rows(engine, "show anodes")
    assert [id, url, status] == [1, node.url, "ready"]
    assert created == updated
    names = [row[2] for row in rows(engine, "show anodes full")]
    assert names == DETECTORS + FORECASTERS
    node.answers["/list"] = listing(["iqr"], [])
    engine.execute("update anode 1")
    assert rows(engine, "show anodes full") == [[1, "anomaly-detection", "iqr"]]
    engine.execute("drop anode 1")
    assert rows(engine, "show anodes") == []


def test_a_dead_node_is_shown_offline_and_keeps_its_algorithms(engine: Embedded) -> None:
    with fake_node() as gone:
        engine.execute(f"create anode '{gone.url}'")
    assert rows(engine, "select status from ins_anodes") == [["offline"]]
    with pytest.raises(SqlError, match="can't access"):
        engine.execute("update anode 1")
    assert engine.algorithms() == sorted(DETECTORS + FORECASTERS)


def test_update_all_updates_what_answers_and_names_what_does_not(engine: Embedded, node: FakeNode) -> None:
    with fake_node() as gone:
        engine.execute(f"create anode '{gone.url}'")
    engine.execute(f"create anode '{node.url}'")
    node.answers["/list"] = listing(["iqr"], [])
    with pytest.raises(SqlError, match="Analysis service can't access: anode 1"):
        engine.execute("update all anodes")
    assert rows(engine, "select algo from ins_anodes_full where id = 2") == [["iqr"]]


def test_a_dead_or_known_node_is_not_created(engine: Embedded, node: FakeNode) -> None:
    with pytest.raises(SqlError, match="Analysis service can't access") as dead:
        engine.execute("create anode '127.0.0.1:1'")
    assert dead.value.code == 0x80000441
    engine.execute(f"create anode '{node.url}'")
    with pytest.raises(SqlError, match="already exists"):
        engine.execute(f"create anode '{node.url}'")


def test_selects_filter_sort_and_count(engine: Embedded, node: FakeNode) -> None:
    engine.execute(f"create anode '{node.url}'")
    table = "information_schema.ins_anodes_full"
    assert rows(engine, f"select count(*) from {table} where type = 'forecast'") == [[4]]
    assert rows(engine, f"select algo, id from {table} order by type desc, algo limit 1") == [["arima", 1]]
    assert rows(engine, f"select id from {table} where id > 1") == []


def test_the_node_that_tdengine_would_ask_can_be_selected(engine: Embedded, node: FakeNode) -> None:
    ask = "SELECT id FROM information_schema.ins_anodes_full WHERE algo = '{}' ORDER BY id DESC LIMIT 1"
    with fake_node() as later:
        later.answers["/list"] = listing(["iqr"], [])
        for one in (node, later):
            engine.execute(f"create anode '{one.url}'")
    assert rows(engine, ask.format("iqr")) == [[2]]
    assert rows(engine, ask.format("lof")) == [[1]]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from ins_dnodes", "Table does not exist: ins_dnodes"),
        ("select colour from ins_anodes", "Invalid column name: colour"),
        ("select * from ins_anodes where colour = 1", "Invalid column name: colour"),
        ("select * from ins_anodes where id = 'x'", "id is INT, not comparable to 'x'"),
        ("update anode 9", "Anode does not exist"),
        ("drop anode 9", "Anode does not exist"),
    ],
)
def test_refusals(engine: Embedded, sql: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        engine.execute(sql)
    assert error.value.message == message


def test_a_registry_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "anodes.db").write_text("this is no database " * 100)
    with pytest.raises(SqlError, match=r"anodes\.db cannot be opened: file is not a database"):
        Embedded(tmp_path / "anodes.db")
