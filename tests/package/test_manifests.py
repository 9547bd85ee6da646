"""The manifests of packaging/container hold to the schemas of Kubernetes."""

from __future__ import annotations

import subprocess

import pytest

from tests.package.machine import ROOT

VALIDATE = ROOT / ".venv-package" / "bin" / "kubernetes-validate"


@pytest.mark.parametrize("version", ["1.37", "1.30", "1.25"])
def test_manifests_are_valid(version: str) -> None:
    command = [VALIDATE, "--strict", "-k", version, ROOT / "packaging" / "container" / "kubernetes.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(" passed ") == 4
