from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from kernels.contract import Algorithm, Series, Task, Times
from kernels.forecast import _gaps, auto, zero
from kernels.imputation import kalman

HOUR = 3_600_000  # ms


def naive(times: Times) -> list[int]:
    """Places of rows, step after step."""
    steps = sorted(int(b - a) for a, b in zip(times[:-1], times[1:], strict=True))
    half = len(steps) // 2
    usual = steps[half] if len(steps) % 2 else (steps[half - 1] + steps[half]) / 2
    at = [0]
    for a, b in zip(times[:-1], times[1:], strict=True):
        at.append(at[-1] + round((b - a) / usual))
    return at


def hourly(rows: int = 240) -> Series:
    return 50.0 + 20.0 * np.sin(2 * np.pi * np.arange(rows) / 24) + np.random.default_rng(3).normal(size=rows)


def left(rows: int, *without: int) -> tuple[Series, Times]:
    there = np.delete(np.arange(rows), without)
    return hourly(rows)[there], HOUR * there


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_where_their_times_are_though_the_clock_is_a_little_off(seed: int) -> None:
    random = np.random.default_rng(seed)
    there = np.sort(np.concatenate(([0, 99], 1 + random.choice(98, 80, replace=False))))
    times = HOUR * there + random.integers(-HOUR // 10, HOUR // 10, len(there))
    found = _gaps.spread(np.arange(82.0), times, fill=True)
    assert np.flatnonzero(found.observed).tolist() == naive(times)
    assert found.values[found.observed].tolist() == list(range(82))
    assert found.told == {"gaps": {"rows": 18, "filled_by": "kalman"}}


@pytest.mark.parametrize(
    ("times", "fill", "told"),
    [
        (np.empty(0, np.int64), True, {}),
        (HOUR * np.arange(9), True, {}),
        (np.array([0, 10, 20, 31, 33, 60, 70, 80, 90]), True, {}),  # of events
        (np.array([0, 1, 2, 3, 4, 5, 6, 7, 13]), True, {"gaps": {"rows": 5, "filled_by": "none"}}),  # too many
        (np.array([0, 1, 2, 3, 4, 5, 6, 7, 9]), False, {"gaps": {"rows": 1, "filled_by": "none"}}),
    ],
)
def test_a_series_without_gaps_or_with_too_many_is_left_as_it_is(
    times: Times, fill: bool, told: dict[str, object]
) -> None:
    x = np.arange(9.0)
    found = _gaps.spread(x, times, fill=fill)
    assert found.values is _gaps.filled(found, 0, 100, lambda: False) is x
    assert found.told == told


def workdays(weeks: int) -> Times:
    days = np.arange(7 * weeks)
    return 24 * HOUR * days[days % 7 < 5]


@pytest.mark.parametrize("without", [(), (7, 23)], ids=["whole weeks", "with holidays"])
def test_weekends_are_not_filled(without: tuple[int, ...]) -> None:
    times = np.delete(workdays(12), without)
    x = np.arange(float(len(times)))
    found = _gaps.spread(x, times, fill=True)
    assert found.values is x
    assert found.told == {"gaps": {"rows": 22 + len(without), "filled_by": "none"}}


@pytest.mark.parametrize("share", [0.05, 0.29])
def test_rows_that_are_missing_by_chance_do_not_come_round(share: float) -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        there = np.sort(random.choice(400, round(400 * (1 - share)), replace=False))
        assert _gaps.spread(np.arange(float(len(there))), HOUR * there, fill=True).told["gaps"]["filled_by"] == "kalman"


def test_times_from_one_end_of_the_integers_to_the_other_are_too_many_gaps() -> None:
    least = np.iinfo(np.int64).min + 1
    times = np.concatenate((least + np.arange(7), [0, -least]))
    found = _gaps.spread(np.arange(9.0), times, fill=True)
    assert found.told["gaps"]["filled_by"] == "none"


@pytest.mark.compiled_only("the search of kalman")
def test_only_the_newest_rows_are_filled_by_the_model() -> None:
    x, times = left(240, 30, 31, 200, 201, 202)
    found = _gaps.spread(x, times, fill=True)
    whole = _gaps.filled(found, 24, 120, lambda: False)
    np.testing.assert_array_equal(whole[:120], found.values[:120])
    np.testing.assert_array_equal(whole[120:], kalman.fill(found.values[120:], found.observed[120:], 24)[0])


def test_counts_stay_counts() -> None:
    there = np.delete(np.arange(120), [20, 21, 22, 60])
    x = np.random.default_rng(5).poisson(0.4, 116).astype(float)
    whole = _gaps.filled(_gaps.spread(x, HOUR * there, fill=True), 0, 500, lambda: False)
    assert whole.min() == 0.0
    assert np.all(whole == np.rint(whole))


@pytest.mark.compiled_only("all members of auto")
@pytest.mark.parametrize("algorithm", [zero.ALGORITHM, auto.ALGORITHM], ids=lambda one: one.name)
def test_the_season_goes_on_behind_a_gap(algorithm: Algorithm) -> None:
    x, times = left(240, *range(215, 222))
    truth = hourly(252)[240:]
    task = Task({"val": x}, times, start=240 * HOUR, step=HOUR, rows=12)
    answer = algorithm.run(task, algorithm.params(period=24))
    assert np.mean(np.abs(answer.value - truth)) < 2.0
    assert answer.extra["gaps"] == {"rows": 7, "filled_by": "kalman"}
    plain = algorithm.run(task, algorithm.params(period=24, gaps="none"))
    assert np.mean(np.abs(plain.value - truth)) > 2.0 * np.mean(np.abs(answer.value - truth))
    assert "gaps" not in plain.extra


@pytest.mark.compiled_only("all members of auto")
@pytest.mark.parametrize(("module", "rows"), [(zero, 2), (auto, 38)], ids=["zero", "auto"])
def test_what_was_said_of_the_past_is_held_against_rows_that_were_given(
    module: ModuleType, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, times = left(240, *range(229, 239))
    held: list[int] = []
    monkeypatch.setattr(module, "width", lambda value, *_: held.append(len(value)) or 1.0)
    module.forecast(Task({"val": x}, times, step=HOUR, rows=12), module.Params(24))
    assert held == [rows]


def test_covariates_are_not_known_in_gaps_so_that_these_stay() -> None:
    x, times = left(100, 50)
    known = {"dynamic_real_1": np.random.default_rng(1).normal(size=len(x) + 5)}
    answer = zero.forecast(Task({"val": x}, times, step=HOUR, rows=5, known=known))
    assert answer.extra["gaps"] == {"rows": 1, "filled_by": "none"}


def test_intervals_are_wider_by_what_filled_rows_of_a_random_walk_lack() -> None:
    random = np.random.default_rng(4)
    x, there = random.normal(size=9000).cumsum(), random.random(9000) < 0.7
    there[[0, -1]] = True
    filled = np.interp(np.arange(9000), np.flatnonzero(there), x[there])  # what is expected of one
    size, whole = (np.sqrt(np.mean(np.diff(values)[-3000:] ** 2)) for values in (filled, x))
    assert size * _gaps.wider(there) == pytest.approx(whole, rel=0.02)


@pytest.mark.parametrize(
    ("missing", "factor"), [((), 1.0), ((0, 1, 2), 1.0), ((10,), (3 / 4) ** -0.5), ((8, 9, 10, 11), 2.0)]
)
def test_intervals_are_wider_by_the_gaps_of_the_newest_third_at_most_twice(
    missing: tuple[int, ...], factor: float
) -> None:
    observed = np.ones(12, np.bool_)
    observed[list(missing)] = False
    assert _gaps.wider(observed) == pytest.approx(factor)


def test_what_zero_says_of_a_filled_series_is_as_much_wider() -> None:
    x, times = left(54, 40, 41, 49)
    task, params = Task({"val": x}, times=times, rows=3, levels=(0.95,), step=HOUR), zero.Params(24)
    seen, answer = zero.looked_at(task, params), zero.forecast(task, params)
    plain = zero.forecast(Task({"val": seen.x}, rows=3, levels=(0.95,)), params)  # too short for a try in the past
    np.testing.assert_allclose(answer.value, plain.value)
    np.testing.assert_allclose(answer.high - answer.low, (15 / 18) ** -0.5 * (plain.high - plain.low))
