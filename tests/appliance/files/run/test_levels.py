from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance import cli
from appliance.analysis.kinds import BY_NAME
from appliance.files.run import levels
from tests.appliance.files.samples import one, several, write


def forecast(*arguments: str | Path) -> int:
    return cli.main(["taosanode", "forecast", *map(str, arguments), "--algo", "holtwinters", "--format", "json"])


def test_one_level_has_the_usual_columns() -> None:
    usual = BY_NAME["forecast"].tables["forecast"]
    assert levels.columns(usual, []) is levels.columns(usual, [80.0]) is usual
    several = list(levels.columns(usual, [0.8, 97.5]))
    assert several == ["time", "forecast", "low_80", "high_80", "low_97.5", "high_97.5"]


def test_each_level_has_the_bounds_that_it_has_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", several(["a", "b"]))
    alone = {}
    for conf in ("80", "95"):
        assert forecast(path, "--by", "host", "--conf", conf) == cli.OK
        alone[conf] = json.loads(capsys.readouterr().out)
    assert forecast(path, "--by", "host", "--conf", "80,95") == cli.OK
    both = json.loads(capsys.readouterr().out)
    for at, row in enumerate(both):
        assert row["forecast"] == alone["80"][at]["forecast"]
        for conf, rows in alone.items():
            assert (row[f"low_{conf}"], row[f"high_{conf}"]) == (rows[at]["low"], rows[at]["high"])
        assert row["low_95"] < row["low_80"] < row["forecast"] < row["high_80"] < row["high_95"]


@pytest.mark.parametrize("conf", ["0", "80,80", "80,101", "80,", "high"])
def test_what_is_no_level_is_wrong_usage(tmp_path: Path, conf: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        forecast(write(tmp_path / "a.csv", one()), "--conf", conf)
    assert end.value.code == cli.USAGE
    assert "argument --conf: " in capsys.readouterr().err
