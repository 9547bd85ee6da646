from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from models import _zero_prior_families as families
from models._zero_prior_parts import unit

COUNT = 120


def made(name: str, rows: int = 300, period: int = 0, second: int = 0, seed: int = 0) -> Series:
    return getattr(families, name)(np.random.default_rng(seed), COUNT, rows, period, second)


def seasonality(values: Series, period: int) -> Series:
    """Share of the variance of seasonal means in the series without their line."""
    rows = values.shape[1] // period * period
    t = np.arange(rows) - (rows - 1) / 2
    off = unit(values[:, :rows])
    off = off - t * (off @ t)[:, None] / (t @ t)
    cycles = off.reshape(len(off), -1, period)
    within = cycles - cycles.mean(2, keepdims=True)
    return within.mean(1).var(1) / np.maximum(within.var((1, 2)), 1e-12)


@pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.__name__)
@pytest.mark.parametrize(("rows", "period", "second"), [(9, 0, 0), (40, 12, 0), (400, 24, 168), (30, 13, 26)])
def test_every_family_gives_finite_series_that_differ(family, rows: int, period: int, second: int) -> None:
    values = family(np.random.default_rng(1), 40, rows, period, second)
    assert values.shape == (40, rows)
    assert np.isfinite(values).all()
    assert len(np.unique(values.round(9), axis=0)) >= 36


@pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.__name__)
def test_a_seed_gives_the_same_series(family) -> None:
    first, other = (family(np.random.default_rng(5), 10, 50, 7, 28) for _ in range(2))
    np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("name", [family.__name__ for family in families.FAMILIES])
def test_a_period_makes_series_seasonal(name: str) -> None:
    share = seasonality(made(name, 240, 12), 12)
    none = seasonality(made(name, 240, 0), 12)
    assert np.mean(share > 0.3) > np.mean(none > 0.3) + 0.1


def test_autoregressions_are_stationary() -> None:
    reflection = [np.random.default_rng(0).uniform(-0.98, 0.98, (200, 1)) for _ in range(3)]
    for weights in families._levinson(reflection):
        assert np.abs(np.roots([1.0, *-weights])).max() < 1.0


def test_some_arima_series_wander_and_some_return() -> None:
    values = made("arima")
    spread = np.abs(values[:, -50:].mean(1) - values[:, :50].mean(1)) / np.diff(values, axis=1).std(1)
    assert np.mean(spread > 3.0) > 0.3
    assert np.mean(spread < 0.5) > 0.2


def test_half_of_the_smoothed_series_are_positive() -> None:
    assert 0.4 < np.mean(made("smoothing").min(1) > 0.0) < 0.8


def test_smooth_processes_are_at_times_smooth() -> None:
    values = unit(made("smooth_process"))
    assert np.mean(np.abs(np.diff(values, axis=1)).mean(1) < 0.2) > 0.1


def test_levels_return() -> None:
    values = unit(made("levels", 1000))
    assert np.mean(np.abs(values[:, 500:].mean(1) - values[:, :500].mean(1)) < 1.0) > 0.6


def test_counts_are_whole_and_some_are_mostly_none() -> None:
    values = made("counts")
    assert (values >= 0.0).all()
    np.testing.assert_array_equal(values, values.round())
    assert np.mean((values == 0.0).mean(1) > 0.5) > 0.1


def test_walks_cannot_be_told_from_their_last_value_and_hardly_drift() -> None:
    values = np.log(np.maximum(made("walk", 400), 1e-12))
    steps = np.diff(values[values.min(1) > np.log(1e-9)], axis=1)
    drift = steps.mean(1) / steps.std(1) * np.sqrt(steps.shape[1])
    assert np.mean(np.abs(drift) < 2.0) > 0.75


def test_growth_is_positive_on_the_whole_and_turns_back_at_times() -> None:
    values = made("growth", 40)
    positive = values.min(1) > 0.0
    assert positive.mean() > 0.6
    gained = np.log(values[positive, -1] / values[positive, 0])
    assert 0.55 < np.mean(gained > 0.0) < 0.9
    first, last = (np.log(values[positive, at + 19] / values[positive, at]) for at in (0, 20))
    assert np.corrcoef(np.clip(first, -3, 3), np.clip(last, -3, 3))[0, 1] < 0.75


def test_machines_hold_values_and_burst() -> None:
    values = made("machines", 400)
    shape = (unit(values) ** 3).mean(1)
    assert np.mean(shape > 2.0) > 0.1
    assert np.mean(np.abs(shape) < 0.5) > 0.3
