"""What the files of packaging/container say of the node is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.host import environment, settings
from appliance.node.metrics import Metrics, exposition
from appliance.node.scoreboard import Scoreboard

FOLDER = Path(__file__).parents[2] / "packaging" / "container"
FILES = [path for path in FOLDER.iterdir() if path.suffix != ".sh"]
KNOWN = {environment.variable(key) for keys in settings.SECTIONS.values() for key in keys} | {environment.SERVICES}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(file: Path) -> None:
    assert set(re.findall(r"TAOSANODE_[A-Z0-9_]+", file.read_text())) <= KNOWN


def test_settings_of_the_manifests_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = re.findall(r'name: (TAOSANODE_\w+), value: "?([^"}]+)', (FOLDER / "kubernetes.yaml").read_text())
    given += re.findall(r'^ +(TAOSANODE_\w+): "(.*)"', (FOLDER / "compose.yaml").read_text(), re.MULTILINE)
    for name, value in given:
        monkeypatch.setenv(name, value)
    assert len(settings.embedded().environment) == len({name for name, _ in given}) + 1  # two services


def test_what_decides_about_more_nodes_is_a_metric() -> None:
    (name,) = re.findall(r"metric: {name: (\w+)}", (FOLDER / "kubernetes.yaml").read_text())
    assert f"\n{name} " in exposition(Metrics(rows=1), Scoreboard(rows=1)).decode()
