"""An application with the real detectors and a forecaster simple enough to know its answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from falcon import testing

import benchmarks.node
from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from appliance.node.app import create_app
from appliance.node.guests import Guests
from appliance.node.metrics import Metrics
from appliance.node.observer import Observer
from appliance.node.resources.metrics import MetricsText
from appliance.node.scoreboard import Scoreboard
from appliance.node.slots import Slots
from kernels import registry
from tests.appliance.extra import broken, endless, flat
from tests.appliance.wire_client import WireClient

EXTRA_FILES = Path(__file__).parent / "extra"


EXTRA = [flat.ALGORITHM, endless.ALGORITHM, broken.ALGORITHM]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.of([*registry.discover(), *EXTRA])


Node = Callable[[Catalog, Settings], testing.TestClient]


@pytest.fixture(scope="session")
def node() -> Node:
    """What makes an application of a catalogue and settings."""

    def make(catalog: Catalog, settings: Settings) -> testing.TestClient:
        scoreboard, metrics = Scoreboard(), Metrics()
        number = scoreboard.reserve()
        row = scoreboard.take(number)
        observer = Observer(row, metrics.recorder(number), catalog.names)
        app = create_app(
            catalog,
            settings,
            Slots(2, 8, row.slots),
            Guests(catalog, 1 << 40),
            observer,
            MetricsText(metrics, scoreboard),
        )
        return testing.TestClient(app)

    return make


@pytest.fixture
def client(catalog: Catalog, node: Node, request: pytest.FixtureRequest) -> testing.TestClient | WireClient:
    """The application, by itself; or the installed node that TAOSANODED names, over HTTP."""
    if "TAOSANODED" in os.environ:
        installed: WireClient = request.getfixturevalue("installed")
        return installed
    return node(catalog, Settings(max_body=4 * 1024 * 1024, detail_types=()))


@pytest.fixture(scope="session")
def installed() -> Iterator[WireClient]:
    extra = {path.name: path.read_text() for path in EXTRA_FILES.glob("[!_]*.py")}
    with benchmarks.node.Node(node="max-body = 4M\ndetail-types =\n", algorithms=extra) as running:
        yield WireClient(running.address)
