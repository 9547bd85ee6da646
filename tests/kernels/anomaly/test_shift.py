from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import shift
from kernels.anomaly.shift import Params
from kernels.contract import BadParameter, Task, TooShort
from tests.kernels.golden import NASTY, flagged

# annual flow of the Nile at Aswan, 1871 to 1970, in 1e8 cubic metres: G. W. Cobb, "The problem of the Nile: conditional
# solution to a change-point problem", Biometrika 65 (1978)
NILE = [
    *(1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140),
    *(1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969),
    *(831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865),
    *(845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050),
    *(918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740),
]


def naive(x: np.ndarray) -> int:
    """The row that splits a series into two levels with the least squares."""
    return min(range(2, len(x) - 1), key=lambda k: k * np.var(x[:k]) + (len(x) - k) * np.var(x[k:]))


def autoregression(seed: int, n: int = 400) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=n)
    found = np.zeros(n)
    for i in range(1, n):
        found[i] = 0.9 * found[i - 1] + noise[i]
    return found


def test_the_nile_has_less_water_since_1898() -> None:
    answer = shift.detect(Task.of(NILE, times=np.arange(1871, 1971)))
    assert len(NILE) == 100
    assert flagged(answer.flags) == [28] == [naive(np.array(NILE, float))]
    (change,) = answer.extra["changes"]
    assert (change["time"], change["kind"]) == (1899, "level")
    assert change["before"] == pytest.approx(np.median(NILE[:28]), abs=20)
    assert change["after"] == pytest.approx(np.median(NILE[28:]), abs=20)
    assert change["size"] == pytest.approx(change["after"] - change["before"])
    assert answer.extra["reasons"][0]["by"] == ["shift"]
    assert 0.95 < answer.extra["reasons"][0]["certainty"] == change["certainty"]


@pytest.mark.compiled_only("some hundred rows")
def test_one_row_is_flagged_for_a_change_of_level_and_spread_at_once() -> None:
    noise = np.random.default_rng(2).normal(size=400)
    answer = shift.detect(Task.of(noise * np.repeat([1.0, 5.0], 200) + np.repeat([0.0, 60.0], 200)))
    assert flagged(answer.flags) == [200]
    assert {change["kind"] for change in answer.extra["changes"]} == {"level", "spread"}


@pytest.mark.compiled_only("many series")
def test_autocorrelation_is_no_change() -> None:
    found = [len(flagged(shift.detect(Task.of(autoregression(seed))).flags)) for seed in range(30)]
    walks = [len(flagged(shift.detect(Task.of(np.cumsum(autoregression(s)))).flags)) for s in range(30)]
    assert sum(found) <= 3
    assert sum(walks) <= 6


@pytest.mark.compiled_only("some hundred rows")
def test_a_season_is_no_change_and_hides_none() -> None:
    day = 5.0 * np.sin(2 * np.pi * np.arange(480) / 24) + 0.5 * np.random.default_rng(3).normal(size=480)
    assert flagged(shift.detect(Task.of(day)).flags) == []
    answer = shift.detect(Task.of(day + np.repeat([0.0, 2.0], 240)))
    assert flagged(answer.flags) == [240]
    assert answer.extra["period"] == 24


@pytest.mark.compiled_only("some hundred rows")
def test_spikes_and_trends_are_none() -> None:
    x = np.random.default_rng(4).normal(size=400)
    x[[50, 200, 201, 350]] += [40.0, -60.0, 80.0, 30.0]
    assert flagged(shift.detect(Task.of(x + 0.5 * np.arange(400))).flags) == []


@pytest.mark.compiled_only("some hundred rows")
def test_slopes_are_told_per_row_and_sizes_in_the_unit_of_the_series() -> None:
    x = 1e6 + 1e3 * np.maximum(np.arange(400.0) - 200, 0) + 1e3 * np.random.default_rng(5).normal(size=400)
    (change,) = shift.detect(Task.of(x)).extra["changes"]
    assert change["kind"] == "slope"
    assert change["before"] == pytest.approx(0.0, abs=10)
    assert change["after"] == pytest.approx(1e3, rel=0.02)


@pytest.mark.compiled_only("some hundred rows")
def test_what_lasts_shorter_is_found_if_it_is_asked_for() -> None:
    x = np.random.default_rng(6).normal(size=400)
    x[200:220] += 9.0
    assert flagged(shift.detect(Task.of(x), Params(lasting=12)).flags) == [200, 220]


@pytest.mark.compiled_only("some hundred rows")
def test_each_column_is_looked_at_by_itself() -> None:
    table = np.random.default_rng(7).normal(size=(300, 2))
    table[150:, 1] += 9.0
    answer = shift.detect(Task.of(table))
    assert [(c["column"], c["row"]) for c in answer.extra["changes"]] == [("val1", 150)]
    assert [reason["column"] for reason in answer.extra["reasons"]] == ["val1"]


@pytest.mark.parametrize("name", [name for name in NASTY if 32 <= len(NASTY[name]) < 300])
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    answer = shift.detect(Task.of(NASTY[name]))
    assert np.isfinite(answer.score).all()
    for change in answer.extra["changes"]:
        assert np.isfinite([change["before"], change["after"], change["size"], change["certainty"]]).all()


@pytest.mark.compiled_only("some hundred rows")
def test_series_without_noise() -> None:
    assert flagged(shift.detect(Task.of(NASTY["steps"])).flags) == [20, 40]
    for name in ("all equal", "straight line", "pure sine", "two values"):
        assert flagged(shift.detect(Task.of(NASTY[name])).flags) == []


def test_refuses_31_rows_and_options_outside_their_range() -> None:
    with pytest.raises(TooShort, match="at least 32 values are needed, got 31"):
        shift.detect(Task.of(np.arange(31.0)))
    with pytest.raises(TooShort, match="more than two cycles are needed, got 40 rows with period 20"):
        shift.detect(Task.of(np.arange(40.0)), Params(period=20))
    with pytest.raises(BadParameter, match="alpha must be in .0, 1., got 1"):
        Params(alpha=1)
    with pytest.raises(BadParameter, match="lasting must be >= 0, got -1"):
        Params(lasting=-1)
