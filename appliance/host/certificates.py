"""TLS as the configuration wants it: the node's certificate, and whose clients may come in."""

from __future__ import annotations

import ssl

from appliance.host.settings import Settings, SettingsError

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def context(settings: Settings) -> ssl.SSLContext | None:
    """Return what connections are secured with, None for plain HTTP.

    Raises
    ------
    SettingsError : a file that cannot be read or used, or no known cipher.
    """
    if settings.certfile is None:
        return None
    for key, path in (("certfile", settings.certfile), ("keyfile", settings.keyfile), ("ca-file", settings.ca_file)):
        try:
            if path:
                path.open("rb").close()
        except OSError as error:
            raise SettingsError(f"{key} = {path}: cannot be read: {error.strerror or error}") from error
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = VERSIONS[settings.ssl_version]
    made.options |= ssl.OP_NO_RENEGOTIATION
    try:
        made.load_cert_chain(settings.certfile, settings.keyfile, _no_password)
    except ssl.SSLError as error:
        raise SettingsError(f"certfile = {settings.certfile}: {_reason(error, settings)}") from error
    try:
        if settings.ciphers:
            made.set_ciphers(settings.ciphers)
    except ssl.SSLError as error:
        raise SettingsError(f"ciphers = {settings.ciphers}: there is no such cipher") from error
    if settings.ca_file:
        try:
            made.load_verify_locations(settings.ca_file)
        except ssl.SSLError as error:
            raise SettingsError(f"ca-file = {settings.ca_file}: no certificates in PEM form") from error
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def _no_password() -> str:
    """Answer OpenSSL, which would ask at the terminal."""
    return ""


def _reason(error: ssl.SSLError, settings: Settings) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the key in {settings.keyfile or settings.certfile} belongs to another certificate"
    return "no certificate in PEM form, or its key is missing or has a password" + (
        f" (keyfile = {settings.keyfile})" if settings.keyfile else ""
    )
