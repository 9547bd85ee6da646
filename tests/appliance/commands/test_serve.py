"""What `serve` does before it serves; the node itself is tested in test_node.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance import cli


def test_bad_configuration_is_refused_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "bad.ini"
    config.write_text("[uwsgi]\nhttp = nonsense\n")
    assert cli.main(["taosanoded", "-c", str(config)]) == cli.FAILED
    assert f"{config}:2: http = nonsense" in capsys.readouterr().err
