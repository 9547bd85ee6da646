"""The .deb on the oldest and the newest Debian, each with its own glibc and systemd."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package.machine import ROOT, Failed, Machine, debian, machine
from tests.package.managers import Apt, glibc_declared

PYTHON = str(ROOT / ".venv" / "bin" / "python")
CLIENT = str(ROOT / "tests" / "package" / "client.py")
ASK_CLUSTER = ("taosanode", "sql", "--cluster", "https://root:secret@127.0.0.1:6041", "-s", "show anodes")


@pytest.fixture(scope="module", params=["bullseye", "trixie"])
def system(request: pytest.FixtureRequest, packages: Path) -> Iterator[Machine]:
    with machine(f"on-{request.param}", debian(request.param)) as made:
        made.boot()
        Apt(made).offer(packages)
        yield made


@pytest.fixture(scope="module")
def installed(system: Machine, packages: Path) -> Machine:
    """The system with the package; where its glibc is too old, apt must refuse."""
    has = int(system.run("ldd", "--version").splitlines()[0].split(".")[-1])
    if has < glibc_declared(packages):
        with pytest.raises(Failed, match="Depends: libc6"):
            Apt(system).install()
        pytest.skip(f"built for a newer glibc than 2.{has}, and refused; `make release` builds for this one")
    Apt(system).install()
    return system


def test_selftest_passes(installed: Machine) -> None:
    assert "selftest passed" in installed.run("taosanode", "selftest")


def test_unit_suits_this_systemd(installed: Machine) -> None:
    told = installed.run("systemd-analyze", "verify", "--man=no", "taosanoded.service", check=False)
    ours = [line for line in told.splitlines() if "taosanoded" in line]
    assert [line for line in ours if "Unknown key name" not in line] == []  # of a later systemd, and of no harm
    verdict = installed.run("systemd-analyze", "security", "--no-pager", "taosanoded").splitlines()[-1]
    assert float(re.findall(r"[0-9.]+", verdict.split(":")[1])[0]) <= 1.5, verdict


def test_detection_and_forecast_are_answered(installed: Machine) -> None:
    installed.run("systemctl", "start", "taosanoded")
    for algo in ("iqr", "holtwinters"):
        with installed.start(PYTHON, CLIENT, "first", algo, "300") as client:
            told = json.loads(client.communicate(timeout=60)[0])
        assert told["answer"]["rows"] > 0, told


def test_bundled_openssl_trusts_whom_the_system_trusts(installed: Machine, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cluster", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    # no cluster, but it answers at once: with what it was sent, backwards
    serve = ("openssl", "s_server", "-accept", "6041", "-rev", "-quiet", "-key", str(key), "-cert", str(certificate))
    with installed.start(*serve) as server:
        try:
            assert "certificate verify failed" in installed.run(*ASK_CLUSTER, check=False)
            trusted = installed.path("/usr/local/share/ca-certificates/test.crt")
            trusted.write_text(certificate.read_text())
            installed.run("update-ca-certificates")
            assert "1.1/PTTH" in installed.run(*ASK_CLUSTER, check=False)
        finally:
            server.kill()
