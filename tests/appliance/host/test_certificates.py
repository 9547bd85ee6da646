from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from appliance.host.certificates import context
from appliance.host.settings import Settings, SettingsError
from tests.appliance.certificates import Certificate, certificate


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), "node")


def test_without_a_certificate_there_is_no_tls() -> None:
    assert context(Settings()) is None


def test_what_is_configured_is_in_the_context(ours: Certificate) -> None:
    made = context(Settings(certfile=ours.file, keyfile=ours.key))
    assert made
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.verify_mode == ssl.CERT_NONE
    strict = Settings(
        certfile=ours.file,
        keyfile=ours.key,
        ca_file=ours.file,
        ssl_version="TLSv1.3",
        ciphers="ECDHE-ECDSA-AES256-GCM-SHA384",
    )
    made = context(strict)
    assert made
    assert made.minimum_version == ssl.TLSVersion.TLSv1_3
    assert made.verify_mode == ssl.CERT_REQUIRED
    older = [cipher["name"] for cipher in made.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
    assert older == ["ECDHE-ECDSA-AES256-GCM-SHA384"]


def test_one_file_may_hold_both(ours: Certificate, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(ours.file.read_bytes() + ours.key.read_bytes())
    assert context(Settings(certfile=both))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"certfile": Path("none.pem")}, "certfile = none.pem: cannot be read: No such file or directory"),
        ({"keyfile": Path("/")}, "keyfile = /: cannot be read: Is a directory"),
        ({"keyfile": None}, "its key is missing"),
        ({"certfile": Path(__file__)}, "no certificate in PEM form"),
        ({"ca_file": Path(__file__)}, f"ca-file = {__file__}: no certificates in PEM form"),
        ({"ciphers": "SAFE"}, "ciphers = SAFE: there is no such cipher"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_key(ours: Certificate, changes: dict[str, Any], told: str) -> None:
    given: dict[str, Any] = {"certfile": ours.file, "keyfile": ours.key} | changes
    with pytest.raises(SettingsError, match=told):
        context(Settings(**given))


def test_a_key_of_another_certificate_is_told(ours: Certificate, tmp_path: Path) -> None:
    other = certificate(tmp_path, "other")
    with pytest.raises(SettingsError, match=f"the key in {other.key} belongs to another certificate"):
        context(Settings(certfile=ours.file, keyfile=other.key))


def test_nobody_is_asked_for_the_password_of_a_key(tmp_path: Path) -> None:
    locked = certificate(tmp_path, "locked", password="secret")
    with pytest.raises(SettingsError, match="or has a password"):
        context(Settings(certfile=locked.file, keyfile=locked.key))
