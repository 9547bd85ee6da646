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


def test_all_are_started_at_once_and_none_while_there_is_work(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    with Threads(4).start_all() as pool:
        monkeypatch.setattr(threading.Thread, "start", no_more)
        waiting = [pool.submit(go.wait) for _ in range(3)]
        assert pool.submit(lambda: "served").result(60) == "served"
        go.set()
        assert all(one.result(60) for one in waiting)


def test_as_many_are_started_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    start, left = threading.Thread.start, [2]

    def two(thread: threading.Thread) -> None:
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", two)
    with Threads(4).start_all() as pool:
        assert pool.submit(lambda: "served").result(60) == "served"
