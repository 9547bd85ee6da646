from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import spike
from kernels.anomaly._cycles import Cycles
from kernels.anomaly.spike import Params
from kernels.contract import BadParameter, Task, TooShort
from kernels.numerics.centring import Centred
from tests.kernels.golden import NASTY, flagged


def naive(x: np.ndarray, season: int) -> np.ndarray:
    """Distances from season, slope and level in MADs."""
    n, reach = len(x), max(15, min(season or 50, len(x) // 20))
    lag = season or reach
    slope = np.median([x[i + lag] - x[i] for i in range(n - lag)]) / lag
    rest = x - slope * np.arange(n)
    if season:
        rest -= np.array([np.median(rest[i % season :: season]) for i in range(n)])
    away = rest - np.array([np.median(rest[max(i - reach, 0) : i + reach + 1]) for i in range(n)])
    return np.abs(away) / (1.482602218505602 * np.median(np.abs(away)))


def seasonal(n: int = 600) -> np.ndarray:
    x = 20.0 + 5.0 * np.sin(2 * np.pi * np.arange(n) / 24) + 0.7 * np.random.default_rng(1).normal(size=n)
    x[[77, 300]] += [12.0, -12.0]
    return x


@pytest.mark.parametrize("season", [1, 12, 24])
def test_the_score_is_the_naive_distance_over_the_bound(season: int) -> None:
    x = seasonal()
    found, _ = spike.find(Centred.of(x), Cycles(len(x), season if season > 1 else 0, season if season > 1 else 0))
    np.testing.assert_allclose(found.readings[0].score, np.maximum(naive(x, season * (season > 1)), 1e-6), rtol=1e-6)


def test_spikes_are_found_with_what_was_expected() -> None:
    x = seasonal()
    answer = spike.detect(Task.of(x))
    assert flagged(answer.flags) == [77, 300]
    assert answer.extra["period"] == 24
    for reason in answer.extra["reasons"]:
        usual = 20.0 + 5.0 * np.sin(2 * np.pi * reason["row"] / 24)
        assert reason["value"] == pytest.approx(x[reason["row"]])
        assert reason["expected"] == pytest.approx(usual, abs=1.0)
        assert reason["low"] < usual < reason["high"]
        assert not reason["low"] <= reason["value"] <= reason["high"]


def test_a_value_that_is_usual_at_another_time_of_day_is_a_spike() -> None:
    x = 5.0 * np.sin(2 * np.pi * np.arange(480) / 24) + 0.3 * np.random.default_rng(3).normal(size=480)
    x[6 + 24 * 9] = -4.5
    assert flagged(spike.detect(Task.of(x)).flags) == [6 + 24 * 9]


def test_a_step_and_a_slope_are_none() -> None:
    noise = np.random.default_rng(4).normal(size=400)
    assert flagged(spike.detect(Task.of(noise + np.repeat([0.0, 30.0], 200))).flags) == []
    assert flagged(spike.detect(Task.of(noise + np.arange(400.0))).flags) == []


def test_nearby_spikes_are_one_event() -> None:
    x = np.random.default_rng(5).normal(size=400)
    x[[200, 205]] += 30.0
    assert flagged(spike.detect(Task.of(x)).flags) == list(range(200, 206))


def test_more_alarms_and_a_lower_least_find_more() -> None:
    x = np.random.default_rng(6).standard_t(3, size=3000)
    counts = [
        len(spike.detect(Task.of(x), Params(alarms=alarms, least=2.0)).extra["reasons"]) for alarms in (0.1, 3, 100)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize("name", [name for name in NASTY if len(NASTY[name]) >= 10])
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    answer = spike.detect(Task.of(NASTY[name]))
    assert np.isfinite(answer.score).all()
    for reason in answer.extra["reasons"]:
        assert np.isfinite([reason["value"], reason["expected"], reason["low"], reason["high"]]).all()


def test_flat_series_have_no_spike_and_one_other_value_is_one() -> None:
    assert flagged(spike.detect(Task.of(NASTY["all equal"])).flags) == []
    assert flagged(spike.detect(Task.of(NASTY["all but one equal"])).flags) == [29]
    assert flagged(spike.detect(Task.of(NASTY["pure sine"])).flags) == []


def test_each_column_has_its_own_baseline() -> None:
    table = np.column_stack((seasonal(), 1e6 + 1e3 * np.random.default_rng(7).normal(size=600)))
    table[450, 1] += 1e4
    answer = spike.detect(Task.of(table))
    assert flagged(answer.flags) == [77, 300, 450]
    assert [reason["column"] for reason in answer.extra["reasons"]] == ["val", "val", "val1"]


def test_refuses_nine_rows_and_options_outside_their_range() -> None:
    with pytest.raises(TooShort, match="at least 10 values are needed, got 9"):
        spike.detect(Task.of(np.arange(9.0)))
    with pytest.raises(BadParameter, match="alarms must be > 0, got 0"):
        Params(alarms=0)
    with pytest.raises(BadParameter, match="least must be >= 0, got -1"):
        Params(least=-1)
