from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import python_wheel

USE = """
import sys
import taosanode
print(taosanode.detect([5, 6, 5, 6, 5, 99, 5, 6, 5, 6], "iqr").flags.tolist())
print(len(taosanode.list_algorithms()) > 25)
print(sorted(name for name in sys.modules if name in ("kernels", "models", "appliance")))
"""


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("from kernels.contract import Task\n", "from taosanode.kernels.contract import Task\n"),
        ("    from models import table\n", "    from taosanode.models import table\n"),
        ("import kernels\n", "from taosanode import kernels\n"),
        ('f"kernels.{name}"', 'f"taosanode.kernels.{name}"'),
        ("('appliance.node',)", "('taosanode.appliance.node',)"),
        ("from taosanode import Task\n", "from taosanode import Task\n"),
        ("the models of kernels.", "the models of kernels."),
        ("from modelset import a", "from modelset import a"),
    ],
)
def test_names_of_the_tree_are_found_inside_the_one_package(source: str, becomes: str) -> None:
    assert python_wheel.moved(source) == becomes


def test_project_of_the_wheel_has_one_package() -> None:
    told = python_wheel.project((python_wheel.ROOT / "pyproject.toml").read_text())
    assert 'include = ["taosanode*"]' in told
    assert 'taosanode = "taosanode.appliance.cli:main"' in told
    assert '"taosanode.kernels.forecast" = [' in told
    assert "[tool.ruff" not in told


@pytest.mark.compiled_only("it is about the package, and runs without the compiler in a process of its own")
def test_staged_package_works_and_leaves_other_names_alone(tmp_path: Path) -> None:
    python_wheel.stage(tmp_path / "wheel")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "wheel"), "NUMBA_DISABLE_JIT": "1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", USE], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["[1, 1, 1, 1, 1, -1, 1, 1, 1, 1]", "True", "[]"], done.stderr
