"""Does an algorithm keep the contract? It is run on series that have broken others, and every answer is looked at.

Used by the tests on all that the program itself computes, and by `taosanode check` on what an operator has added.
"""

from __future__ import annotations

import dataclasses
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.analysis.kind import Kind
from kernels.contract import Algorithm, AlgorithmError, BadParameter, Series, Task
from kernels.options import Declared, declared

PATIENCE_S = 30.0  # for one answer about a few hundred rows
ROWS = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be.

    severe : the contract is broken; otherwise the author may want it so.
    """

    text: str
    severe: bool = True


class _Late(Exception):
    """No answer in time."""


def nasty() -> Mapping[str, Series]:
    """Return series that have broken algorithms, by name; each float64 (n,), finite."""
    t = np.arange(float(ROWS))
    rng = np.random.default_rng(7)
    season = 10.0 * np.sin(t * (2.0 * np.pi / 12.0))
    spike = np.zeros(ROWS)
    spike[77] = 1.0
    return {
        "ordinary": 50.0 + 0.2 * t + season + rng.normal(size=ROWS),
        "all equal": np.full(ROWS, 3.0),
        "all zero": np.zeros(ROWS),
        "flat with one spike": spike,
        "a line": 2.0 - 0.5 * t,
        "an exact season": season,
        "a step": np.where(t < 60.0, 1.0, 1000.0),
        "two values in turn": t % 2.0,
        "a huge offset": 1e9 + season,
        "huge values": 1e100 * (season + t),
        "tiny values": 1e-100 * (season + t),
        "heavy tails": rng.standard_cauchy(ROWS),
        "mostly the same": np.where(rng.random(ROWS) < 0.9, 5.0, rng.integers(0, 9, ROWS)),
        "growing beyond measure": np.exp(t / 2.0),
    }


def faults(algorithm: Algorithm, kind: Kind[Any], file: str = "") -> Iterator[Fault]:
    """Yield what is wrong with an algorithm, one thing on several series once; ends early if it does not answer at all.

    Parameters
    ----------
    file : the author's file, whose line is told where an error comes from it.
    """
    judge = _Judge(algorithm, kind, file)
    try:
        try:
            params = algorithm.params()
        except Exception as error:
            yield Fault(f"its options cannot be made: {judge.told(error)}")
            return
        yield from judge.options()
        tried = dict(nasty())
        if algorithm.needs.columns == "many":
            tried["three columns"] = np.column_stack((tried["ordinary"], tried["ordinary"], tried["all zero"]))
        on: dict[Fault, list[str]] = {}
        for name, values in tried.items():
            for fault in judge.series(name, values, params):
                on.setdefault(fault, []).append(name)
        for fault, (first, *more) in on.items():
            where = f"on {first}" + (f" and {len(more)} more series" if more else "")
            yield Fault(f"{where}: {fault.text}", fault.severe)
        yield from judge.refusals(params)
        yield from judge.deadline(params)
    except _Late:
        yield Fault(f"it has not answered within {PATIENCE_S:.0f} s about {ROWS} rows")


class _Judge:
    def __init__(self, algorithm: Algorithm, kind: Kind[Any], file: str) -> None:
        self._algorithm, self._kind, self._file = algorithm, kind, file

    def series(self, name: str, values: Series, params: Any) -> Iterator[Fault]:
        """Ask about one series, twice: the answers must be sound and the same, and the data as they were."""
        task = self._kind.example(values)
        before = {column: data.copy() for column, data in task.columns.items()}
        summaries = []
        for _ in range(2):
            try:
                answer = self._run(task, params)
            except _Late:
                raise
            except ValueError as refusal:  # also AlgorithmError: it may refuse, but not what is ordinary
                if name == "ordinary":
                    yield Fault(f"it refuses {len(values)} rows: {refusal}", severe=False)
                return
            except BaseException as error:
                yield Fault(self.told(error))
                return
            try:
                summaries.append(self._kind.summary(self._kind.checked(task, answer)))
            except AlgorithmError as error:
                yield Fault(str(error))
                return
        if any(not np.array_equal(task.columns[column], data) for column, data in before.items()):
            yield Fault("it has changed the data it was given")
        first, second = summaries
        if any(not np.array_equal(first[key], second[key]) for key in first):
            yield Fault("it answers differently when it is asked again", severe=False)

    def options(self) -> Iterator[Fault]:
        """Try values outside the ranges that its options declare."""
        for option in declared(self._algorithm.params):
            for value in _outside(option):
                try:
                    self._algorithm.params(**{option.name: value})
                except BadParameter:
                    continue
                except Exception as error:
                    yield Fault(f"option {option.name}={value}: {self.told(error)}")
                else:
                    yield Fault(f"option {option.name}={value} is taken, although it must be {option.within}")

    def refusals(self, params: Any) -> Iterator[Fault]:
        """Give it what no algorithm can use."""
        bad = nasty()["ordinary"].copy()
        bad[5] = np.nan
        few = nasty()["ordinary"][: self._algorithm.needs.rows - 1]
        for what, values in (("a value that is no number", bad), (f"{len(few)} rows", few)):
            task = self._kind.example(values)
            try:
                answer = self._run(task, params)
                self._kind.checked(task, answer)
            except _Late:
                raise
            except ValueError:
                continue
            except BaseException as error:
                yield Fault(f"on {what}: {self.told(error)}", severe=False)
            else:
                yield Fault(f"it takes {what} without a word", severe=False)

    def deadline(self, params: Any) -> Iterator[Fault]:
        """Ask when the answer is due already: the best so far is wanted, or a refusal."""
        task = dataclasses.replace(self._kind.example(nasty()["ordinary"]), out_of_time=lambda: True)
        try:
            self._kind.checked(task, self._run(task, params))
        except _Late:
            raise
        except ValueError:
            return
        except BaseException as error:
            yield Fault(f"when the time is up: {self.told(error)}")

    def told(self, error: BaseException) -> str:
        """Return an error with the author's line in front."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == self._file] or list(frames)
        where = f"line {own[-1].lineno}, `{own[-1].line}`: " if own else ""
        return f"{where}{type(error).__name__}: {error}"

    def _run(self, task: Task, params: Any) -> Any:
        """Run it in a thread of its own, so that one that never ends can be told from one that is slow."""
        return _in_time(lambda: self._algorithm.run(task, params))


def _in_time(work: Callable[[], Any]) -> Any:
    found: list[Any] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, name="conformance", daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    if thread.is_alive():
        raise _Late
    if raised:
        raise raised[0]
    return found[0]


def _outside(option: Declared) -> Iterator[float]:
    """Yield values on both sides of a range."""
    within = option.range
    if within.ge is not None:
        yield within.ge - 1
    if within.le is not None:
        yield within.le + 1
    yield from (bound for bound in (within.gt, within.lt) if bound is not None)
