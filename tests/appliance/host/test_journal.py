"""Records arrive in the journal with their fields; a socket of datagrams stands in for it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.host import journal
from appliance.host.journal import Journal


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "journal"))
        listener.settimeout(5)
        yield listener


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[logging.Logger]:
    made, handler = logging.Logger("a.part"), Journal(str(tmp_path / "journal"))
    made.addHandler(handler)
    yield made
    handler.close()


def fields(data: bytes) -> dict[str, str]:
    """Read the protocol as its description has it."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            data = rest
        else:
            key, length = name, int.from_bytes(rest[:8], "little")
            value, data = rest[8 : 8 + length], rest[8 + length + 1 :]
        found[key.decode()] = value.decode()
    return found


def test_a_record_arrives_with_its_fields(journald: socket.socket, logger: logging.Logger) -> None:
    logger.warning("served %d", 7, extra={"fields": {"ALGORITHM": "iqr", "ROWS": 7, "MS": "1.5"}})
    assert fields(journald.recv(9999)) == {
        "MESSAGE": "served 7",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "taosanoded",
        "LOGGER": "a.part",
        "ALGORITHM": "iqr",
        "ROWS": "7",
        "MS": "1.5",
    }


def test_nobody_adds_a_field_by_a_line_end(journald: socket.socket, logger: logging.Logger) -> None:
    text = "a\nPRIORITY=0\nb=\udc80"
    logger.error("%s", text, extra={"fields": {"OPTION": text}})
    told = fields(journald.recv(9999))
    assert (told["MESSAGE"], told["OPTION"], told["PRIORITY"]) == (*[text.replace("\udc80", "\\udc80")] * 2, "3")


def test_what_is_too_long_for_a_datagram_comes_as_a_sealed_file(
    journald: socket.socket, logger: logging.Logger
) -> None:
    logger.info("x" * 3_000_000)
    data, (file,), _, _ = socket.recv_fds(journald, 100, 1)
    with open(file, "r+b") as sent:
        assert (data, sent.seek(0)) == (b"", 0)
        assert len(fields(sent.read())["MESSAGE"]) == 3_000_000
        with pytest.raises(PermissionError):
            os.ftruncate(sent.fileno(), 0)


def test_without_a_journal_the_line_is_on_standard_error(
    tmp_path: Path, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.info("here")
    assert capsys.readouterr().err == (
        "here\n(the journal does not take fields: [Errno 2] No such file or directory)\n"
    )


def test_standard_error_is_the_journal_if_systemd_says_of_this_very_file(monkeypatch: pytest.MonkeyPatch) -> None:
    about = os.fstat(2)
    for stream, expected in ((f"{about.st_dev}:{about.st_ino}", True), (f"{about.st_dev}:1", False), ("", False)):
        monkeypatch.setenv("JOURNAL_STREAM", stream)
        assert journal.listens() == expected
    monkeypatch.delenv("JOURNAL_STREAM")
    assert not journal.listens()
