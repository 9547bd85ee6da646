from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.sql import registry
from appliance.sql.anode import Algorithm
from appliance.sql.answers import SqlError
from appliance.sql.registry import Registry

IQR = Algorithm("anomaly-detection", "iqr")
LOF = Algorithm("anomaly-detection", "lof")


@pytest.fixture
def kept(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "deep" / "anodes.db")


def test_ids_grow_and_are_never_given_twice(kept: Registry) -> None:
    assert kept.create("a:1", [IQR]) == 1
    assert kept.create("b:1", [IQR]) == 2
    kept.drop(2)
    assert kept.create("c:1", []) == 3
    assert kept.algorithms() == [(1, IQR)]


def test_a_url_is_registered_once_in_whatever_case(kept: Registry) -> None:
    kept.create("Host:1", [])
    for attempt in (lambda: kept.refuse("hOST:1"), lambda: kept.create("hOST:1", [IQR])):
        with pytest.raises(SqlError, match="Anode already exists"):
            attempt()
    assert kept.algorithms() == []


def test_a_url_has_at_most_128_bytes(kept: Registry) -> None:
    kept.refuse("h" * 128)
    with pytest.raises(SqlError, match="url too long"):
        kept.refuse("h" * 129)
    with pytest.raises(SqlError, match="url too long"):
        kept.refuse("é" * 65)


def test_an_update_replaces_the_algorithms_and_the_time(kept: Registry) -> None:
    kept.create("a:1", [IQR])
    before = kept.find(1)
    kept.update(before, [LOF])
    assert kept.algorithms() == [(1, LOF)]
    assert kept.find(1).create_ms == before.create_ms
    assert kept.find(1).update_ms >= before.update_ms


@pytest.mark.parametrize("id", [0, 1, 2**80])
def test_what_is_not_there_cannot_be_found_or_dropped(kept: Registry, id: int) -> None:
    for attempt in (kept.find, kept.drop):
        with pytest.raises(SqlError, match="does not exist"):
            attempt(id)


def test_many_consoles_at_once_lose_nothing(kept: Registry, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from appliance.sql.registry import Registry\n"
        "kept = Registry(Path(sys.argv[1]))\n"
        "for i in range(10): kept.create(f'{sys.argv[2]}-{i}:1', [])"
    )
    path = str(tmp_path / "deep" / "anodes.db")
    running = [subprocess.Popen([sys.executable, "-c", code, path, str(i)]) for i in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert [node.id for node in kept.anodes()] == list(range(1, 41))


def test_of_one_url_created_at_once_one_wins(kept: Registry) -> None:
    def create(_: int) -> bool:
        try:
            kept.create("a:1", [IQR])
        except SqlError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_a_killed_process_leaves_whole_nodes_and_everything_it_reported(tmp_path: Path) -> None:
    path = tmp_path / "anodes.db"
    code = (
        "import sys; from pathlib import Path; from appliance.sql.anode import Algorithm\n"
        "from appliance.sql.registry import Registry\n"
        "kept = Registry(Path(sys.argv[1])); i = 0\n"
        "while True:\n"
        "    i += 1; print(kept.create(f'h{i}:1', [Algorithm('forecast', str(n)) for n in range(50)]), flush=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for _ in range(10):
        reported = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split("\n")[:-1]
    process.stdout.close()
    process.wait()
    reported = int(rest[-1]) if rest else reported
    left = Registry(path)
    ids = [node.id for node in left.anodes()]
    assert ids[:reported] == list(range(1, reported + 1))
    assert len(left.algorithms()) == 50 * len(ids)


def test_the_users_own_registry_is_in_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert registry.default_file() == tmp_path / "taosanode" / "anodes.db"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert registry.default_file() == registry.SYSTEM_FILE
