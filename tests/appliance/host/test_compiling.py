from __future__ import annotations

from pathlib import Path

import pytest

from appliance.host import compiling
from kernels import _jit


def test_only_the_first_start_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_jit, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(_jit, "cache_writable", True)
    compiling.announce()
    assert capsys.readouterr().err.startswith("first start: the algorithms are being compiled")
    (tmp_path / "one.nbi").touch()
    compiling.announce()
    assert capsys.readouterr().err == ""
