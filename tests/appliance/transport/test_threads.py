from __future__ import annotations

import threading

import pytest

from appliance.transport.threads import Threads


def no_more(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_work_is_done_by_the_threads_there_are_where_no_more_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    with Threads(8) as pool:
        first = pool.submit(go.wait)
        monkeypatch.setattr(threading.Thread, "start", no_more)
        others = [pool.submit(threading.get_ident) for _ in range(5)]
        go.set()
        assert first.result(60)
        assert len({other.result(60) for other in others}) == 1
        monkeypatch.undo()
        pool.submit(go.wait)


def test_without_any_thread_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with Threads(8) as pool:
        monkeypatch.setattr(threading.Thread, "start", no_more)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            pool.submit(threading.get_ident)
