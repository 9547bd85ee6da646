"""The processes of one worker, with algorithms that behave; those that do not are in test_watchdog.py."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from appliance.analysis import plugin_classes
from appliance.analysis.catalog import Catalog
from appliance.analysis.errors import Overdue
from appliance.analysis.kinds import BY_TYPE
from appliance.analysis.operator_files import Own
from appliance.analysis.plugin_classes import Failed
from appliance.node.guests import Guests
from kernels.contract import ANOMALY, AlgorithmError, Detection, Task
from tests.appliance.bodies import dump, request
from tests.appliance.extra import broken

KIND = BY_TYPE[ANOMALY]


def catalog() -> Catalog:
    own = dataclasses.replace(broken.ALGORITHM, run=behave)
    made = Catalog.of([plugin_classes.guarded(own, KIND)])
    return dataclasses.replace(made, own=[Own(own, KIND, Path("mine.py"))])


def behave(task: Task, params: object) -> Detection:
    """Do as the first value says: answer, refuse, fail, wait."""
    what = int(task.series[0])
    if what == 1:
        raise AlgorithmError("not these")
    if what == 2:
        raise KeyError("lost")
    if what == 3:
        raise MemoryError
    while what == 4:
        continue
    return Detection(np.ones(len(task.series), np.int8), np.zeros(len(task.series)))


@pytest.fixture(scope="module")
def guests() -> Iterator[Guests]:
    made = Guests(catalog(), 1 << 40)
    yield made
    made.close()


def ask(guests: Guests, what: int, patience_s: float = 60.0) -> tuple[bytes, int]:
    body = request(algo="broken", option="a=b")
    body["data"][1] = [what] * 20
    return guests.run(KIND, "broken", dump(body), time.monotonic() + patience_s)


def test_only_what_is_the_operators_goes_there(guests: Guests) -> None:
    assert guests.have(KIND, "broken")
    assert not guests.have(KIND, "iqr")
    assert not guests.have(BY_TYPE["forecast"], "broken")


def test_the_reply_is_that_of_a_worker(guests: Guests) -> None:
    reply, rows = ask(guests, 0)
    assert json.loads(reply) == {"algo": "broken", "option": "a=b", "res": [], "rows": 0, "mask": []}
    assert rows == 0


@pytest.mark.parametrize(
    ("what", "kind", "told"),
    [
        (1, AlgorithmError, "^broken: not these$"),
        (2, Failed, "^broken: KeyError: 'lost'$"),
        (3, Failed, "^broken: MemoryError: $"),
    ],
)
def test_refusals_and_failures_are_told_apart(guests: Guests, what: int, kind: type[AlgorithmError], told: str) -> None:
    with pytest.raises(AlgorithmError, match=told) as error:
        ask(guests, what)
    assert type(error.value) is kind
    assert ask(guests, 0)[1] == 0


def test_what_is_late_is_ended(guests: Guests) -> None:
    with pytest.raises(Overdue, match="broken did not answer in time, its process was ended"):
        ask(guests, 4, patience_s=0.5)
    assert ask(guests, 0)[1] == 0
