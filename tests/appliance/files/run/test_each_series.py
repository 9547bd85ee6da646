from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest

from appliance.files.read.reading import Source
from appliance.files.read.rows import Rows
from appliance.files.run import each_series
from appliance.files.run.progress import Progress
from appliance.files.run.remote import NodeGone
from appliance.files.series import FileError, FileResult, FileSeries
from kernels.contract import AlgorithmError
from tests.appliance.files.results import detected


class Batches:
    """As many series as wanted, in batches of 100."""

    def __init__(self, series: int) -> None:
        self._series = series

    def __len__(self) -> int:
        return self._series

    def batches(self) -> Iterator[list[Rows]]:
        nothing = np.empty(0, np.int64)
        for begin in range(0, self._series, 100):
            yield [Rows(i, str(i), 0, nothing, {}) for i in range(begin, min(begin + 100, self._series))]

    def series(self, rows: Rows) -> FileSeries:
        if rows.number % 10 == 3:
            raise FileError(f"series {rows.number} is bad")
        return FileSeries(rows.name, rows.times, "ms", rows.columns)


def source(series: int) -> Source:
    return cast(Source, Batches(series))


def work(series: FileSeries) -> FileResult:
    if series.name.endswith("7"):
        raise AlgorithmError("constant")
    return detected(series, "iqr", np.ones(1, np.int8))


@pytest.mark.parametrize("threads", [1, 3])
def test_one_outcome_for_each_series_in_order(threads: int) -> None:
    found = list(each_series.outcomes(source(250), work, threads, Progress(250, None)))
    assert [rows.number for rows, _ in found] == list(range(250))
    assert sum(isinstance(outcome, FileError) for _, outcome in found) == 25
    assert sum(isinstance(outcome, AlgorithmError) for _, outcome in found) == 25


@pytest.mark.parametrize(("quick_s", "alone"), [(1e9, True), (-1.0, False)])
def test_series_that_take_no_time_are_done_by_one_thread(
    quick_s: float, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(each_series, "QUICK_S", quick_s)
    names: list[str] = []

    def named(series: FileSeries) -> None:
        names.append(threading.current_thread().name)

    found = list(each_series.outcomes(source(1000), named, 2, Progress(1000, None)))
    assert [rows.number for rows, _ in found] == list(range(1000))
    assert (threading.current_thread().name in names) == alone


def test_a_file_that_cannot_be_read_further_ends_everything() -> None:
    def batches() -> Iterator[list[int]]:
        yield [1]
        raise FileError("no more")

    stopped = threading.Event()
    with pytest.raises(FileError, match="no more"):
        list(each_series.each(batches(), abs, 2, 1, Progress(2, None), stopped.set))
    assert stopped.is_set()


def test_a_node_that_is_gone_ends_everything() -> None:
    asked = []

    def gone(series: FileSeries) -> FileResult:
        asked.append(series)
        raise NodeGone("cannot be reached")

    with pytest.raises(NodeGone):
        list(each_series.outcomes(source(1000), gone, 2, Progress(1000, None)))
    assert len(asked) < 100


def test_an_interruption_stops_what_runs() -> None:
    stopped = threading.Event()

    def interrupted(series: FileSeries) -> FileResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(each_series.outcomes(source(5), interrupted, 2, Progress(5, None), stopped.set))
    assert stopped.is_set()


def test_a_bug_is_logged_and_counts_as_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    def broken(series: FileSeries) -> FileResult:
        raise ZeroDivisionError("secret")

    ((_, outcome),) = each_series.outcomes(source(1), broken, 1, Progress(1, None))
    assert each_series.reason(cast(Exception, outcome)) == "internal error: ZeroDivisionError"
    assert "secret" in caplog.text


def test_threads() -> None:
    assert each_series.threads(7) == 7
    assert each_series.threads(None) >= 2
