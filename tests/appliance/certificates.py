"""Certificates for the tests, each vouched for by itself alone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Certificate(NamedTuple):
    """Where a certificate and its key are."""

    file: Path
    key: Path


def certificate(folder: Path, name: str, password: str = "") -> Certificate:
    """Make a certificate for 127.0.0.1."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"]
    secret = ["-passout", f"pass:{password}"] if password else ["-nodes"]
    command = ["openssl", "req", "-x509", *kind, *secret, *subject, "-keyout", made.key, "-out", made.file]
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
    return made
