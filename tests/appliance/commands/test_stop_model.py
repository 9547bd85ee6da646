from __future__ import annotations

from pathlib import Path

import pytest

from appliance import cli


def test_stopping_what_does_not_run_is_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["stop-time-moe"]) == cli.OK
    assert cli.main(["stop-model", "all"]) == cli.OK
    shown = capsys.readouterr().err.splitlines()
    assert shown == ["timemoe was not running", "tdtsfm was not running", "timemoe was not running"]


def test_a_broken_configuration_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.ini").write_text("[uwsgi]\nprocesses = many\n")
    assert cli.main(["stop-model", "all", "-c", str(tmp_path / "x.ini")]) == cli.FAILED
    assert "processes = many" in capsys.readouterr().err
