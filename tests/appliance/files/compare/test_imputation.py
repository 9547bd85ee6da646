from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.analysis.kinds.imputation import KIND
from appliance.files.compare.comparison import Trial
from appliance.files.compare.imputation import COLUMNS, LEAST, TRIALS, compare_all
from appliance.files.series import FileError, FileResult, FileSeries
from kernels.contract import AlgorithmError, Filling

TIMES = 1000 * np.arange(100)
SERIES = FileSeries("a", TIMES, "ms", {"v": 10.0 * np.sin(np.arange(100) / 3.0)})


def filler(name: str, series: FileSeries) -> FileResult:
    """`exact` knows the sine, `zero` says 0 with an honest error, `fails` refuses."""
    if name == "fails":
        raise AlgorithmError("not today")
    truth = 10.0 * np.sin(TIMES / 3000.0)
    filled = ~np.isin(TIMES, series.times)
    value = truth if name == "exact" else np.where(filled, 0.0, truth)
    answer = Filling(TIMES, value, filled, np.where(filled, 10.0, 0.0))
    return FileResult.of(series, KIND, name, series.data, answer)


def compared(*names: str) -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in compare_all(Trial([SERIES], names, filler)).rows]


def test_who_is_nearest_to_the_hidden_rows_comes_first() -> None:
    exact, zero, fails = compared("zero", "fails", "exact")
    assert (exact["rank"], exact["algorithm"], exact["relative"], exact["mae"]) == (1, "exact", 0.0, 0.0)
    assert (zero["rank"], zero["algorithm"], zero["coverage"]) == (2, "zero", 1.0)
    assert zero["relative"] > 1.0
    assert (fails["rank"], fails["failed"], fails["trials"], fails["reason"]) == (None, TRIALS, TRIALS, "not today")


def test_the_hidden_rows_are_the_same_each_time() -> None:
    first, second = compared("zero"), compared("zero")
    assert first[0]["mae"] == second[0]["mae"]


def test_the_sentence_names_the_best_or_says_that_there_is_none() -> None:
    told = compare_all(Trial([SERIES], ("zero", "exact"), filler))
    assert told.sentence.startswith(
        f"exact did best: its mean error in {TRIALS} trials is 0 times that of straight lines"
    )
    assert "all of 4 trials failed" in compare_all(Trial([SERIES], ("fails",), filler)).sentence


def test_a_short_series_cannot_be_compared_on() -> None:
    short = FileSeries("", TIMES[: LEAST - 1], "ms", {"v": np.zeros(LEAST - 1)})
    with pytest.raises(FileError, match=f"a comparison needs {LEAST} rows of a series, got {LEAST - 1}"):
        compare_all(Trial([short], ("zero",), filler))
