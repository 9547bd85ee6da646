"""A trained model goes to a node that listens; what the command refuses is tested with the command."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import numpy as np
import pytest

from appliance.analysis.deployed.store import Store
from appliance.files.series import FileError
from appliance.files.train import command
from appliance.host.settings import Settings


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url(node, catalog, tmp_path) -> Iterator[str]:
    app = node(catalog, Settings(dynamic_model_dir=tmp_path / "dynamic")).app
    with make_server("127.0.0.1", 0, app, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def given(tmp_path) -> argparse.Namespace:
    rows = np.random.default_rng(0).normal(size=(20, 2))
    data = tmp_path / "normal.csv"
    data.write_text("a,b\n" + "".join(f"{a:.4f},{b:.4f}\n" for a, b in rows))
    told = {"kind": "iforest", "data": str(data), "value": None, "time": None, "target": None, "drop_nulls": False}
    told["covariate"] = None
    told |= {"option": ["n_estimators=2"], "hold_out": 0.0, "out": str(tmp_path / "pumps.safetensors"), "force": True}
    return argparse.Namespace(**told, name=None, deploy=None)


def test_a_trained_model_is_deployed_under_its_name(url, given, tmp_path):
    given.deploy = url
    assert command.run(given, "forest")[-1].endswith(f"is the model pumps of {url}")
    assert Store(tmp_path / "dynamic").find("pumps").summary["rows"] == 20
    with pytest.raises(FileError, match="not deployed: Model with name pumps already exists"):
        command.run(given, "forest")


def test_a_node_that_is_not_there_is_named(given):
    given.deploy = "127.0.0.1:1"
    with pytest.raises(FileError, match=r"http://127.0.0.1:1/deploy cannot be reached: "):
        command.run(given, "forest")
