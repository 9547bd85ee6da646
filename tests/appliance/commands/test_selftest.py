"""`taosanode selftest`: the verdict; tests/appliance/test_answers.py has the comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.analysis import selftest
from appliance.cli import main
from kernels import _jit


def test_selftest_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["taosanode", "selftest"]) == 0
    assert f"selftest passed: {len(selftest.stored())} answers" in capsys.readouterr().err


def test_wrong_answer_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(selftest, "compute", lambda: {**selftest.stored(), "iqr line": {}})
    assert main(["taosanode", "selftest"]) == 1
    assert "iqr line: {}, stored is " in capsys.readouterr().err


def test_kernel_compiled_in_a_frozen_program_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_jit, "FROZEN", True)
    monkeypatch.setattr(_jit, "compiled_now", lambda: ["_fences"])
    assert main(["taosanode", "selftest"]) == 1
    assert "_fences: this kernel was compiled at run time" in capsys.readouterr().err


def test_recorded_answers_are_those_of_now(tmp_path: Path) -> None:
    assert main(["taosanode", "selftest", "--record", str(tmp_path / "answers.json")]) == 0
    recorded = json.loads((tmp_path / "answers.json").read_text())
    assert selftest.differences(selftest.compute(), recorded) == []
