from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from kernels import contract
from kernels.contract import BadParameter, BadSeries, Horizon, TooShort, as_columns, as_series


def test_as_series_copies_into_the_one_layout_kernels_take() -> None:
    for given in ([1, 2, 3], np.array([1, 2, 3], np.float32), np.arange(6.0)[::2], np.frombuffer(bytes(24))):
        series = as_series(given)
        assert series.dtype == np.float64
        assert series.flags.c_contiguous
        assert series.flags.writeable
        assert series is not given


def test_as_columns_makes_one_series_a_column() -> None:
    assert as_columns([1.0, 2.0]).shape == (2, 1)
    assert as_columns(np.ones((3, 2), order="F")).flags.c_contiguous


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        as_series([0.0, bad])
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        as_columns([[0.0, 1.0], [bad, 1.0]])


def test_shapes_and_lengths_are_checked() -> None:
    with pytest.raises(BadSeries, match="one series expected"):
        as_series([[1.0]])
    with pytest.raises(BadSeries, match="columns of one length expected"):
        as_columns(np.zeros((2, 2, 2)))
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        as_series([1.0, 2.0], at_least=3)


@pytest.mark.parametrize(("rows", "conf"), [(0, 0.95), (1, 0.0), (1, 1.1), (1, float("nan"))])
def test_horizon_refuses_what_cannot_be_forecast(rows: int, conf: float) -> None:
    with pytest.raises(BadParameter):
        Horizon(rows, conf)


def test_horizon_is_never_out_of_time_unless_told() -> None:
    assert not Horizon(1).out_of_time()


def test_defaults_lists_the_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Params:
        k: float = contract.option(2.5, "threshold")

    assert contract.defaults(Params) == {"k": 2.5}
