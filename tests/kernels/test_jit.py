"""How kernels are compiled and kept; each case in a process of its own, with a cache of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRELUDE = """
import sys
from pathlib import Path
from kernels import _jit
_jit.CACHE_DIR = Path(sys.argv[1])
"""
DETECT = """
from kernels.anomaly import ksigma
from kernels.contract import Task
print(ksigma.detect(Task.of([1.0] * 20 + [9.0])).flags[-1], *sorted(_jit.compiled_now()))
"""
LINK = """
import numba
import numpy as np
from kernels.numerics.moments import mean_and_std
twice = numba.njit("f8(f8[::1])")(lambda values: 2.0 * mean_and_std(values)[0])
print(twice(np.array([1.0, 3.0])), *sorted(_jit.compiled_now()))
"""


def run(cache: Path, code: str, **env: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, str(cache)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "0", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.compiled_only("it is about the compiler")
def test_second_process_compiles_nothing(tmp_path: Path) -> None:
    flag, *compiled = run(tmp_path, DETECT)
    assert flag == "-1"
    assert {"_beyond", "mean_and_std"} <= set(compiled)
    assert run(tmp_path, DETECT) == ["-1"]


@pytest.mark.compiled_only("it is about the compiler")
def test_kernel_of_an_earlier_process_becomes_part_of_a_new_one(tmp_path: Path) -> None:
    assert "mean_and_std" in run(tmp_path, LINK)
    assert run(tmp_path, LINK) == ["4.0"]


@pytest.mark.compiled_only("it is about the compiler")
def test_read_only_cache_is_used_and_not_written(tmp_path: Path) -> None:
    assert "_beyond" in run(tmp_path, "_jit.cache_writable = False\n" + DETECT)
    assert list(tmp_path.iterdir()) == []


def test_changed_import_makes_a_kernel_stale() -> None:
    from kernels import _jit

    ours, imported = ROOT / "kernels/anomaly/ksigma.py", ROOT / "kernels/numerics/moments.py"
    assert {str(ours), str(imported)} <= set(_jit.sources(str(ours)))


def test_every_form_of_an_import_makes_a_kernel_stale(tmp_path: Path) -> None:
    from kernels import _jit

    source = tmp_path / "own.py"
    source.write_bytes(
        b"# -*- coding: latin-1 -*- \xe9\n"
        b"from kernels.numerics import (  # two (of many)\n    moments,  # sums)\n    loess as smooth,\n)\n"
        b"def later():\n    from kernels.anomaly \\\r\n        import iqr, \\\n        ksigma\n"
        b"import os; from kernels.numerics.normal import(two_sided_quantile)\n"
    )
    found = {"numerics/moments", "numerics/loess", "numerics/normal", "anomaly/iqr", "anomaly/ksigma"}
    assert {str(ROOT / f"kernels/{name}.py") for name in found} <= set(_jit.sources(str(source)))


@pytest.mark.compiled_only("there are no signatures without the compiler")
def test_kernels_refuse_what_they_were_not_compiled_for() -> None:
    import numpy as np

    from kernels.numerics.moments import mean_and_std

    with pytest.raises(TypeError, match="No matching definition"):
        mean_and_std(np.ones(4, np.float32))
