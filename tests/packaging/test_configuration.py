"""What the packages' scripts do with the configuration of a TDgpt node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def take_over(tmp_path: Path):
    """Run the function of the scripts in a folder of its own; return what was said."""
    program = tmp_path / "product" / "lib" / "taosanode"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec env PYTHONPATH={ROOT} {sys.executable} -m appliance "$@"\n')
    program.chmod(0o755)
    places = {
        "product": tmp_path / "product",
        "config": tmp_path / "taosanode.ini",
        "previous": tmp_path / "taosanode.ini.default",
        "theirs": tmp_path / "taosanode.config.py",
    }
    script = "\n".join(
        ["set -e", f". {ROOT}/packaging/configuration.sh", *(f"{name}={path}" for name, path in places.items())]
    )

    def run() -> str:
        done = subprocess.run(
            ["sh", "-c", f"{script}\ntake_over"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        return done.stdout

    return run


def test_a_configuration_of_tdgpt_becomes_ours_where_there_is_none(take_over, tmp_path: Path) -> None:
    theirs = tmp_path / "taosanode.config.py"
    theirs.write_text("bind = '0.0.0.0:6035'\n")
    said = take_over()
    assert "is taken over into" in said
    assert "http = 0.0.0.0:6035" in (tmp_path / "taosanode.ini").read_text()
    assert theirs.read_text() == "bind = '0.0.0.0:6035'\n"


def test_an_ini_that_is_there_stays_and_theirs_lies_beside_it(take_over, tmp_path: Path) -> None:
    (tmp_path / "taosanode.config.py").write_text("bind = '0.0.0.0:6035'\n")
    (tmp_path / "taosanode.ini").write_text("mine")
    assert "is kept as it is" in take_over()
    assert (tmp_path / "taosanode.ini").read_text() == "mine"
    assert "http = 0.0.0.0:6035" in (tmp_path / "taosanode.ini.tdgpt").read_text()


def test_one_that_is_no_good_is_told_and_nothing_is_written(take_over, tmp_path: Path) -> None:
    (tmp_path / "taosanode.config.py").write_text("bind = 7\n")
    said = take_over()
    assert "http = 7: allowed: host:port" in said
    assert "is not taken over, see above" in said
    assert not (tmp_path / "taosanode.ini").exists()


def test_an_upgrade_takes_nothing_over(take_over, tmp_path: Path) -> None:
    (tmp_path / "taosanode.config.py").write_text("bind = '0.0.0.0:6035'\n")
    (tmp_path / "taosanode.ini.default").write_text("")
    assert take_over() == ""
