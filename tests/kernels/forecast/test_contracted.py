from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadSeries, Task, TooShort
from kernels.forecast._contracted import refuse_not_positive, series_and_season
from tests.kernels.forecast.contracted import PASSENGERS


def naive(rows: int, period: int) -> bool:
    """Tell whether so many rows are enough: max(2, 2 period), where a period of 1 is none."""
    return rows >= (2 * period if period > 1 else 2)


@pytest.mark.parametrize("rows", [1, 2, 23, 24])
@pytest.mark.parametrize("period", [0, 1, 12])
def test_two_rows_or_two_seasons_are_needed(rows: int, period: int) -> None:
    task = Task.of(PASSENGERS[:rows])
    if naive(rows, period):
        assert series_and_season(task, period)[1] == max(period, 1)
    else:
        with pytest.raises(TooShort, match="number of input data is less than the required periods"):
            series_and_season(task, period)


def test_the_season_is_found_and_none_is_one_row() -> None:
    assert [series_and_season(Task.of(PASSENGERS), period)[1] for period in ("auto", "none")] == [12, 1]


def test_the_data_stay_as_they_are() -> None:
    task = Task.of([1.0, 2.0, 3.0])
    series_and_season(task, 0)[0][:] = 0.0
    np.testing.assert_array_equal(task.series, [1.0, 2.0, 3.0])


def test_the_row_of_what_is_refused_is_named() -> None:
    with pytest.raises(BadSeries, match="input data contains NaN or infinite values: inf at row 1"):
        series_and_season(Task.of([1.0, np.inf]), 0)
    with pytest.raises(BadSeries, match="this needs strictly positive input data, got -2 at row 1"):
        refuse_not_positive(np.array([1.0, -2.0]), "this needs")
