from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.sql import anode
from appliance.sql.embedded import Embedded
from tests.appliance.sql.fake_node import FakeNode, fake_node


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anode, "PATIENCE_S", 2.0)  # a busy machine must not make a live node look dead


@pytest.fixture
def node() -> Iterator[FakeNode]:
    with fake_node() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Embedded:
    return Embedded(tmp_path / "anodes.db")
