from __future__ import annotations

import json

import pytest

from appliance import cli


def test_lists_every_algorithm_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["taosanode", "list"]) == cli.OK
    shown = capsys.readouterr().out
    assert "anomaly-detection  iqr " in shown


def test_json_is_the_body_of_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["taosanode", "list", "--json"]) == cli.OK
    assert json.loads(capsys.readouterr().out)["protocol"] == 1.0
