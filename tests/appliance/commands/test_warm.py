"""`taosanode warm`: afterwards every kernel can be loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from kernels import _jit

ROOT = Path(__file__).parent.parent.parent.parent
WARM = """
import sys
from pathlib import Path
from kernels import _jit
_jit.CACHE_DIR = Path(sys.argv[1])
from appliance.cli import main
sys.exit(main(["taosanode", "warm"]))
"""


def warm(folder: Path) -> str:
    command = [sys.executable, "-c", WARM, folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stderr


def test_what_is_missing_is_compiled_and_kept(tmp_path: Path) -> None:
    warm(_jit.CACHE_DIR)  # the suite's own, so that only a few are compiled below
    shutil.copytree(_jit.CACHE_DIR, tmp_path / "cache")
    missing = sorted((tmp_path / "cache").glob("iqr.*"))
    for file in missing:
        file.unlink()
    told = warm(tmp_path / "cache")
    assert not told.startswith("0 of ")
    assert str(tmp_path / "cache") in told
    assert {file.suffix for file in (tmp_path / "cache").glob("iqr.*")} == {".nbi", ".nbc"}
    assert warm(tmp_path / "cache").startswith("0 of ")
