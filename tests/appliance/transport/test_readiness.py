from __future__ import annotations

import socket
import threading

import pytest

from appliance.transport import readiness
from tests.appliance.fake_server import answer, closed_port, serving, silent


def test_readiness_waits_for_an_answer() -> None:
    answered = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as node:
        waiting = readiness.when_answering(f"http://127.0.0.1:{node.getsockname()[1]}", answered.set)
        first, _ = node.accept()
        first.close()  # it listens, but it does not answer
        assert not answered.is_set()
        second, _ = node.accept()
        with second:
            second.recv(1000)
            second.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        waiting.join(5)
    assert answered.is_set()


def test_a_status_is_what_is_told_with_200_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "ANSWER_WITHIN_S", 0.1)
    for behaviour, told in ((answer("well"), b"well"), (answer("ill", "503 E"), None), (silent, None)):
        with serving(behaviour) as fake:
            assert readiness.status(f"http://127.0.0.1:{fake.port}") == told
    assert readiness.status(f"http://127.0.0.1:{closed_port()}") is None


def test_what_is_waited_for_may_be_anything() -> None:
    answers = iter([False, False, True])
    called = threading.Event()
    readiness.when(lambda: next(answers), called.set).join(5)
    assert called.is_set()
    assert list(answers) == []
