from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.analysis.errors import Overdue
from appliance.node import slots as slots_module
from appliance.node.slots import Busy, ClientGone, Slots
from tests.appliance.waiting import until


def ignore(busy: int, waiting: int) -> None:
    pass


def soon() -> float:
    return time.monotonic() + 20


def present() -> bool:
    return False


def test_result_and_exception_come_through() -> None:
    slots = Slots(1, 1, ignore)
    assert slots.run(lambda: 7, due=soon(), client_gone=present) == 7
    with pytest.raises(ZeroDivisionError):
        slots.run(lambda: 1 // 0, due=soon(), client_gone=present)
    assert (slots.busy, slots.waiting) == (0, 0)


class Occupied:
    """Slots of one whose only place is taken until `release`."""

    def __init__(self, queue: int) -> None:
        self.slots = Slots(1, queue, ignore)
        self._end, begun = threading.Event(), threading.Event()
        self.clients = ThreadPoolExecutor(4)

        def work() -> None:
            begun.set()
            self._end.wait(30)

        self.first = self.clients.submit(self.slots.run, work, due=soon(), client_gone=present)
        assert begun.wait(30)

    def release(self) -> None:
        self._end.set()
        self.first.result(30)


def test_full_queue_is_refused_at_once() -> None:
    occupied = Occupied(queue=0)
    with pytest.raises(Busy, match="the node is busy: 1 requests are running or waiting"):
        occupied.slots.run(lambda: 1, due=soon(), client_gone=present)
    occupied.release()


def test_no_slot_in_time_is_refused_and_not_started() -> None:
    occupied = Occupied(queue=1)
    started: list[int] = []
    with pytest.raises(Busy, match="no slot came free within"):
        occupied.slots.run(lambda: started.append(1), due=time.monotonic() + 0.05, client_gone=present)
    occupied.release()
    assert occupied.slots.run(lambda: 3, due=soon(), client_gone=present) == 3
    assert started == []


def test_work_of_a_client_that_has_gone_is_not_started() -> None:
    occupied = Occupied(queue=1)
    started: list[int] = []
    waiting = occupied.clients.submit(
        occupied.slots.run, lambda: started.append(1), due=soon(), client_gone=lambda: True
    )
    until(lambda: occupied.slots.waiting, "the request to wait for a slot")
    occupied.release()
    with pytest.raises(ClientGone):
        waiting.result(30)
    assert started == []


def test_half_closed_client_is_served_when_nothing_has_to_wait() -> None:
    assert Slots(1, 0, ignore).run(lambda: 1, due=soon(), client_gone=lambda: True) == 1


def test_no_more_than_the_slots_run_at_once() -> None:
    slots, lock, running, most = Slots(2, 50, ignore), threading.Lock(), [0], [0]
    two = threading.Barrier(2, timeout=30)  # passes only if two are at it at once

    def work() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        two.wait()
        with lock:
            running[0] -= 1

    with ThreadPoolExecutor(20) as clients:
        list(clients.map(lambda _: slots.run(work, due=soon(), client_gone=present), range(40)))
    assert most[0] == 2


def test_every_change_is_told() -> None:
    told: list[tuple[int, int]] = []
    Slots(1, 1, lambda busy, waiting: told.append((busy, waiting))).run(lambda: 1, due=soon(), client_gone=present)
    assert told == [(0, 1), (1, 0), (0, 1), (0, 0)]


def test_work_that_does_not_end_is_given_up_and_its_slot_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "GRACE_S", 0.05)
    told: list[tuple[int, int]] = []
    given_up: list[bool] = []
    slots = Slots(1, 1, lambda busy, waiting: told.append((busy, waiting)), lambda: given_up.append(True))
    end, ended = threading.Event(), threading.Event()

    def endless() -> None:
        end.wait(30)
        ended.set()

    with pytest.raises(Overdue, match="no answer within 0 seconds, and no end of it"):
        slots.run(endless, due=time.monotonic() + 0.1, client_gone=present)
    assert given_up == [True]
    assert slots.run(lambda: 3, due=soon(), client_gone=present) == 3
    end.set()
    assert ended.wait(30)
    assert slots.run(lambda: 4, due=soon(), client_gone=present) == 4
    assert (slots.busy, slots.waiting) == (0, 0)
    assert min(busy for busy, _ in told) == 0
    assert max(busy for busy, _ in told) == 1


def test_what_is_a_little_late_is_waited_for() -> None:
    go = threading.Event()
    threading.Timer(0.2, go.set).start()
    assert Slots(1, 1, ignore).run(lambda: go.wait(30), due=time.monotonic() + 0.05, client_gone=present)


def test_a_process_that_ends_refuses_work_and_does_not_count_it() -> None:
    slots = Slots(1, 0, ignore)
    slots._pool.shutdown()
    for _ in range(2):
        with pytest.raises(Busy, match="the node is busy: it is being stopped"):
            slots.run(lambda: 1, due=soon(), client_gone=present)
    assert (slots.busy, slots.waiting) == (0, 0)
