from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly._changes import LEVELS, SLOPES, SPREADS, Change, Prepared, changes
from kernels.numerics.centring import Centred


def found(x: np.ndarray, season: int = 0, least: int = 16, smallest: float = 0.5) -> list[Change]:
    return changes(Centred.of(x), season, least, 0.05, smallest)


def noise(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def test_season_and_spikes_are_taken_out_and_a_step_is_not() -> None:
    step = np.repeat([0.0, 100.0], 120)
    x = noise(240) + 30.0 * np.sin(2 * np.pi * np.arange(240) / 12) + step
    x[50] += 500.0
    column = Centred.of(x)
    rows = Prepared.of(column, 12)
    assert np.abs(column.sized(rows.level - rows.level[:120].mean()) - step).max() < 8.0
    assert column.sized(np.array(rows.spread)) == pytest.approx(1.0, abs=0.3)


def test_a_line_has_no_distance_from_its_level_not_even_at_its_ends() -> None:
    rows = Prepared.of(Centred.of(0.1 * np.arange(100.0)), 0)
    assert rows.away.tolist() == [0.0] * 100


@pytest.mark.parametrize(("kind", "near"), [(LEVELS, 0), (SLOPES, 10), (SPREADS, 10)])
def test_level_slope_and_spread_are_told_apart(kind: str, near: int) -> None:
    late = np.arange(160) >= 80
    x = {
        LEVELS: noise(160) + 8.0 * late,
        SLOPES: noise(160) + 0.5 * np.maximum(np.arange(160) - 80, 0),
        SPREADS: noise(160) * np.where(late, 5.0, 1.0),
    }[kind]
    (change,) = found(x)
    assert change.kind == kind
    assert abs(change.row - 80) <= near
    assert change.evidence > 1.0
    assert change.certainty > 0.99
    if kind == SPREADS:
        assert change.after / change.before == pytest.approx(5.0, rel=0.25)


@pytest.mark.compiled_only("some thousand rows")
def test_places_are_found_to_the_row_among_means_of_many() -> None:
    x = noise(4000) + np.repeat([0.0, 10.0, 0.0], [1501, 997, 1502])
    assert [change.row for change in found(x, least=120)] == [1501, 2498]


@pytest.mark.compiled_only("several series of some hundred rows")
def test_what_is_smaller_than_is_asked_for_is_not_told() -> None:
    x = noise(400) + np.repeat([0.0, 2.0], 200)
    assert len(found(x, smallest=1.0)) == 1
    assert found(x, smallest=3.0) == []
    assert found(noise(400) * np.repeat([1.0, 4.0], 200), smallest=5.0) == []
