from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.anomaly import shesd
from kernels.anomaly.shesd import Params
from kernels.contract import BadParameter, BadSeries, Task, TooShort
from tests.kernels.golden import GOLDEN, NASTY, SEASONAL, SERIES, flagged
from tests.kernels.numerics.test_esd import naive as naive_esd
from tests.kernels.numerics.test_stl import naive as naive_stl

SIDES = {"both": 0, "pos": 1, "neg": -1}


def naive(series: np.ndarray, period: int, params: Params) -> list[int]:
    """Published method: season from STL, one median, generalized ESD with MAD; in pieces for longterm."""
    n = len(series)
    size = (params.longterm_period or 14 * period) if params.longterm else n
    rows: set[int] = set()
    for begin in range(0, n, min(size, n)):
        first = begin if begin + size <= n else max(n - size, 0)
        piece = series[first : first + size]
        season = naive_stl(piece, period)[0] if period else 0
        most = max(1, int(params.max_anoms * len(piece)))
        found = naive_esd(piece - season - np.median(piece), most, params.alpha, SIDES[params.direction])
        rows |= {first + row for row in found}
    return sorted(rows)


def seasonal(n: int, period: int, seed: int = 0, outliers: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = 10 * np.sin(2 * np.pi * np.arange(n) / period) + rng.normal(size=n)
    x[rng.choice(n, outliers, replace=False)] += rng.choice([-1, 1], outliers) * rng.uniform(6, 12, outliers)
    return x


@pytest.mark.parametrize("direction", SIDES)
@pytest.mark.parametrize(("n", "period"), [(30, 4), (61, 7), (120, 12)])
def test_equals_the_naive_method(n: int, period: int, direction: str) -> None:
    params = Params(period=period, direction=direction, max_anoms=0.2)
    assert flagged(shesd.detect(Task.of(seasonal(n, period)), params).flags) == naive(
        seasonal(n, period), period, params
    )


@pytest.mark.parametrize("n", [56, 57, 83, 84, 100, 120])
def test_longterm_pieces_equal_the_naive_method(n: int) -> None:
    # 14 seasons of 4 rows; the last piece overlaps the one before
    x = seasonal(n, 4) + np.linspace(0, 40, n)
    params = Params(period=4, longterm=True, max_anoms=0.1)
    assert flagged(shesd.detect(Task.of(x), params).flags) == naive(x, 4, params)


def test_longterm_sees_what_a_level_shift_hides() -> None:
    x = seasonal(200, 5, outliers=0) + np.repeat([0.0, 100.0], 100)
    x[30] += 15
    hidden = shesd.detect(Task.of(x), Params(period=5))
    seen = shesd.detect(Task.of(x), Params(period=5, longterm=True, longterm_period=100))
    assert 30 not in flagged(hidden.flags)
    assert 30 in flagged(seen.flags)


@pytest.mark.parametrize("name", SEASONAL)
def test_equals_the_recorded_flags(name: str) -> None:
    period = GOLDEN["series"][name]["period"]
    for call, wanted in GOLDEN["series"][name]["shesd"].items():
        given_options = dict(pair.split("=") for pair in call.split(","))
        params = Params(
            period=period, max_anoms=float(given_options["max_anoms"]), direction=given_options["direction"]
        )
        assert flagged(shesd.detect(Task.of(SERIES[name]), params).flags) == wanted, call


def test_several_seasons_are_told() -> None:
    x = seasonal(1344, 24) + 3 * np.sin(2 * np.pi * np.arange(1344) / 168)
    assert shesd.detect(Task.of(x)).extra == {"period": 24, "periods": [24, 168]}
    assert shesd.detect(Task.of(x), Params(period=24)).extra == {"period": 24}


def test_the_period_is_found_and_told() -> None:
    x = seasonal(400, 24)
    assert shesd.detect(Task.of(x)).extra == {"period": 24}
    assert shesd.detect(Task.of(x), Params(period=12)).extra == {"period": 12}
    assert shesd.detect(Task.of(np.random.default_rng(1).normal(size=100))).extra == {"period": 0}


@pytest.mark.parametrize(("word", "number"), [("auto", 0), ("none", 1)])
def test_a_season_is_found_for_0_or_auto_and_left_out_for_1_or_none(word: str, number: int) -> None:
    x = seasonal(120, 12) + np.arange(120.0)
    by_word, by_number = shesd.detect(Task.of(x), Params(word)), shesd.detect(Task.of(x), Params(number))  # type: ignore[arg-type]
    assert by_word.extra == by_number.extra == {"period": 12 if word == "auto" else 0}
    assert (by_word.score == by_number.score).all()


def test_without_a_season_it_is_the_plain_hybrid_test() -> None:
    x = np.random.default_rng(1).normal(size=100)
    x[[5, 50]] = [9, -9]
    for params in (Params(period=1, alpha=1e-4), Params(alpha=1e-4)):
        assert flagged(shesd.detect(Task.of(x), params).flags) == naive(x, 0, params) == [5, 50]


def test_on_a_trend_the_published_method_is_blind_and_stl_is_not() -> None:
    x = seasonal(400, 24, outliers=0) + np.linspace(0, 500, 400)
    x[[100, 300]] += 12
    assert flagged(shesd.detect(Task.of(x), Params(period=24, alpha=1e-4)).flags) == []
    assert flagged(shesd.detect(Task.of(x), Params(period=24, alpha=1e-4, trend="stl")).flags) == [100, 300]
    assert flagged(shesd.detect(Task.of(x), Params(alpha=1e-4)).flags) == [100, 300]


def test_one_anomaly_is_allowed_however_few_rows_there_are() -> None:
    x = np.random.default_rng(3).normal(size=12)
    x[4] = 30
    assert flagged(shesd.detect(Task.of(x), Params(period=1, max_anoms=0.01)).flags) == [4]


def test_never_more_than_max_anoms() -> None:
    x = seasonal(200, 10, outliers=40)
    assert len(flagged(shesd.detect(Task.of(x), Params(period=10, max_anoms=0.1)).flags)) <= 20


def test_direction_selects_the_side() -> None:
    x = seasonal(300, 10, outliers=0)
    x[[50, 60]] += 20
    x[[70, 80]] -= 20
    assert flagged(shesd.detect(Task.of(x), Params(period=10, direction="pos")).flags) == [50, 60]
    assert flagged(shesd.detect(Task.of(x), Params(period=10, direction="neg")).flags) == [70, 80]


def test_only_last_reports_the_last_season_alone() -> None:
    x = seasonal(300, 10, outliers=0)
    x[[50, 289, 290, 299]] += 20
    assert flagged(shesd.detect(Task.of(x), Params(period=10, only_last=True)).flags) == [290, 299]


def test_threshold_reports_only_values_among_the_seasons_maxima() -> None:
    x = seasonal(300, 10, outliers=0)
    x[[50, 250]] += [14, 30]
    x[75] -= 30  # an anomaly, but no large value
    everything = shesd.detect(Task.of(x), Params(period=10))
    maxima = sorted(x[i : i + 10].max() for i in range(0, 300, 10))
    for threshold, fraction in (("med_max", 0.5), ("p95", 0.95), ("p99", 0.99)):
        wanted = [row for row in flagged(everything.flags) if x[row] >= np.quantile(maxima, fraction)]
        assert flagged(shesd.detect(Task.of(x), Params(period=10, threshold=threshold)).flags) == wanted
    assert 75 in flagged(everything.flags)


def test_flags_are_by_row_not_by_value() -> None:
    x = seasonal(240, 12, outliers=0)
    peak = float(np.sort(x)[-20])
    low = int(np.argmin(x[100:112])) + 100
    x[low] = peak  # an ordinary value at the wrong time
    assert flagged(shesd.detect(Task.of(x), Params(period=12, alpha=1e-4)).flags) == [low]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize(
    "params",
    [
        Params(),
        Params(period=2),
        Params(period=5, trend="stl"),
        Params(alpha=1 - 1e-16, max_anoms=0.499),
        Params(alpha=5e-324),
    ],
    ids=str,
)
def test_answers_are_finite_for_any_finite_series(name: str, params: Params) -> None:
    assert np.isfinite(shesd.detect(Task.of(NASTY[name]), params).score).all()


@pytest.mark.compiled_only("decomposes many series, 10 s as plain Python")
@settings(max_examples=20, deadline=None)
@given(st.integers(-1000, 1000), st.sampled_from([0, 4, 12]))
def test_scale_and_mirror_do_not_matter(exponent: int, period: int) -> None:
    x = seasonal(120, 12, outliers=8)
    flags = shesd.detect(Task.of(x), Params(period=period)).flags
    assert (shesd.detect(Task.of(x * 2.0**exponent), Params(period=period)).flags == flags).all()
    assert (shesd.detect(Task.of(-x), Params(period=period)).flags == flags).all()


@pytest.mark.parametrize("offset", [1e6, 1e9])
def test_an_offset_does_not_matter(offset: float) -> None:
    x = np.round(seasonal(240, 12) * 1024) / 1024
    answer, shifted = shesd.detect(Task.of(x), Params(period=12)), shesd.detect(Task.of(x + offset), Params(period=12))
    assert (shifted.flags == answer.flags).all()
    np.testing.assert_allclose(shifted.score, answer.score, rtol=1e-6, atol=1e-6)


def test_constant_series_has_no_anomaly() -> None:
    for params in (Params(), Params(period=4), Params(period=4, trend="stl")):
        assert flagged(shesd.detect(Task.of(NASTY["all equal"]), params).flags) == []


def square(n: int) -> np.ndarray:
    return np.where(np.arange(n) % 12 < 6, 0.1, 20.0)


def with_values(x: np.ndarray, values: dict[int, float]) -> np.ndarray:
    x = x.copy()
    x[list(values)] = list(values.values())
    return x


@pytest.mark.compiled_only("decomposes thousands of rows 45 times, half a minute each as plain Python")
@pytest.mark.parametrize("trend", ["auto", "median", "stl"])
@pytest.mark.parametrize("period", [0, 12, 1440])
@pytest.mark.parametrize(
    ("x", "right"),
    [
        (with_values(np.zeros(5000), {4899: -1000.0}), [4899]),
        (with_values(np.zeros(3000), {2899: -11.0}), [2899]),
        (with_values(square(3003), {602: 60.0}), [602]),
        (square(3003), []),
        (10.0 * np.sin(2 * np.pi * np.arange(3003) / 12), []),
    ],
    ids=["flat with a dip", "flat with a dip in a season of three", "square with a spike", "square", "sine"],
)
def test_of_what_repeats_exactly_the_spike_is_found_and_nothing_else(
    x: np.ndarray, right: list[int], period: int, trend: str
) -> None:
    params = Params(period=period, trend=trend)  # type: ignore[arg-type]
    assert flagged(shesd.detect(Task.of(x), params).flags) == right


@pytest.mark.parametrize("trend", ["median", "stl"])
@pytest.mark.parametrize("row", [0, 30, 61, 120])
def test_a_spike_in_next_to_no_noise_takes_no_neighbour_with_it(row: int, trend: str) -> None:
    x = square(121) + 1e-6 * np.random.default_rng(row).uniform(-1.0, 1.0, 121)
    x[row] += 50.0
    assert flagged(shesd.detect(Task.of(x), Params(period=12, trend=trend)).flags) == [row]  # type: ignore[arg-type]


@pytest.mark.compiled_only("decomposes 5000 rows, half a minute as plain Python")
def test_a_dip_at_the_end_of_a_ramp_is_found() -> None:
    x = np.arange(1.0, 5001.0)
    x[4899:4910] -= 600.0
    assert flagged(shesd.detect(Task.of(x), Params(period=1440, trend="stl")).flags) == list(range(4899, 4910))


def test_the_series_is_not_modified() -> None:
    x = seasonal(60, 4)
    kept = x.copy()
    shesd.detect(Task.of(x), Params(period=4))
    assert (x == kept).all()


@pytest.mark.parametrize(
    ("text", "value"), [("0.05", 0.05), ("5", 0.05), ("49.9", 0.499), ("1", 0.01), ("2%", 0.02), ("0.499", 0.499)]
)
def test_max_anoms_is_read_in_both_units(text: str, value: float) -> None:
    (field,) = (field for field in dataclasses.fields(Params) if field.name == "max_anoms")
    assert field.metadata["parse"](text) == pytest.approx(value)
    assert "anoms" in field.metadata["aliases"]
    assert Params(max_anoms=field.metadata["parse"](text)).max_anoms == pytest.approx(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"period": -1}, "periods should be greater than 0, got -1"),
        ({"direction": "up"}, "direction must be both or pos or neg, got up"),
        ({"max_anoms": 0.0}, r"max_anoms must be a fraction in \(0, 0.499\] or a percentage in \[1, 49.9\], got 0.0"),
        ({"max_anoms": 0.5}, "max_anoms must be"),
        ({"max_anoms": float("nan")}, "max_anoms must be"),
        ({"alpha": 0.0}, r"alpha must be in \(0, 1\), got 0.0"),
        ({"alpha": 1.0}, r"alpha must be in \(0, 1\), got 1.0"),
        ({"trend": "line"}, "trend must be auto or median or stl, got line"),
        ({"longterm_period": -5}, "longterm_period must be >= 0, got -5"),
        ({"threshold": "p50"}, "threshold must be none or med_max or p95 or p99, got p50"),
    ],
)
def test_refuses_options_out_of_range(options: dict, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Params(**options)


def test_refuses_series_that_are_too_short_or_not_finite() -> None:
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        shesd.detect(Task.of([1.0, 2.0]))
    with pytest.raises(TooShort, match="more than two seasons are needed, got 24 rows with period 12"):
        shesd.detect(Task.of(np.arange(24.0)), Params(period=12))
    with pytest.raises(TooShort, match="more than two seasons are needed, got 20 rows with period 12"):
        shesd.detect(Task.of(np.arange(60.0)), Params(period=12, longterm=True, longterm_period=20))
    with pytest.raises(BadSeries, match="value at row 0 is not finite"):
        shesd.detect(Task.of([np.nan, 1.0, 2.0]))
