from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.contract import BadSeries, Forecast, NotConverged, Series, Task, TooShort
from kernels.forecast import _arima_few, auto, holtwinters, zero
from kernels.forecast._auto_members import Question, Said
from kernels.forecast._ets_model import Form
from kernels.forecast._theta_fit import theta
from kernels.forecast._zero_view import quantiles
from kernels.forecast.auto import Params, forecast

pytestmark = pytest.mark.compiled_only("every answer fits its members five times")


def monthly(n: int, seed: int = 0) -> Series:
    t = np.arange(n)
    return 100.0 + 0.3 * t + 10.0 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(seed).normal(size=n)


def naive(x: Series, rows: int, period: int) -> tuple[Series, float]:
    """The combination of a short monthly series, and its error over that of the seasonal naive forecast."""

    def said(past: Series, ahead: int) -> list[Series]:
        task = Task.of(past, rows=ahead)
        told = zero.bounds(quantiles([(past, np.arange(1, ahead + 1))], period, 0)[0], 0.95)
        middle = zero.median(past, ahead, period, 0)
        smooth = holtwinters.answered(task, holtwinters.Params("auto", "auto", period), form)[0]
        regressed = _arima_few.answered(task, period, found)[0]
        again = np.array([past[len(past) - period + row % period] for row in range(ahead)])
        others = [theta(past, period, ahead), smooth.value, again, regressed.value]
        furthest = middle - 2.0 * (middle - told[0]), middle + 2.0 * (told[1] - middle)
        return [middle, *(np.minimum(np.maximum(other, furthest[0]), furthest[1]) for other in others)]

    form: Form | None = None
    found: _arima_few.Found | None = None
    all_rows = said(x, rows)
    _, form = holtwinters.answered(Task.of(x, rows=rows), holtwinters.Params("auto", "auto", period))
    _, found = _arima_few.answered(Task.of(x, rows=rows), period)
    ahead = min(rows, len(x) // 5)
    firsts = [len(x) - at * ahead for at in range(1, 5)]
    past = [(said(x[:first], ahead), x[first : first + ahead], x[first - period :][:ahead]) for first in firsts]
    errors = np.mean([[np.abs(one - truth).mean() for one in each] for each, truth, _ in past], axis=0)
    weights = np.array([0.4, 0.2, 0.1, 0.1, 0.2]) / (errors / errors.max()) ** (4.0 * 4 * ahead / (4 * ahead + 30.0))
    weights /= weights.sum()
    wrong = np.mean([np.abs(weights @ np.array(each) - truth).mean() for each, truth, _ in past])
    usual = np.mean([np.abs(last - truth).mean() for _, truth, last in past])
    return weights @ np.array(all_rows), wrong / usual


@pytest.mark.parametrize("rows", [3, 12])
def test_equals_the_naive_combination(rows: int) -> None:
    x = monthly(90)
    wanted, accuracy = naive(x, rows, 12)
    answer = forecast(Task.of(x, rows=rows), Params(12))
    np.testing.assert_allclose(answer.value, wanted, rtol=1e-7)
    assert answer.extra["accuracy"] == pytest.approx(accuracy, abs=1e-4)


def members(answer: Forecast) -> dict[str, float]:
    return {member["name"]: member["weight"] for member in answer.extra["members"]}


def test_the_answer_says_who_took_part_and_how_well_each_did() -> None:
    answer = forecast(Task.of(monthly(90), rows=6), Params(12))
    assert list(members(answer)) == ["zero", "theta", "holtwinters", "seasonal-naive", "arima"]
    assert sum(members(answer).values()) == pytest.approx(1.0, abs=1e-3)
    errors = {member["name"]: member["mase"] for member in answer.extra["members"]}
    others = {name: weight for name, weight in members(answer).items() if name in ("theta", "arima")}
    assert min(others, key=errors.__getitem__) == max(others, key=others.__getitem__)
    assert 0.0 < answer.extra["accuracy"] < 1.0
    assert "left_out" not in answer.extra


@pytest.mark.parametrize(("n", "count"), [(90, 4), (36, 2), (30, 0)])
def test_as_many_folds_as_leave_two_seasons(n: int, count: int) -> None:
    now = Question(monthly(n), 4, (0.95,), 12, 0, lambda: False)
    folds, given = auto._folds(now, np.ones(n, np.bool_))
    assert [len(fold.x) for fold in folds] == [n - 4 * at for at in range(1, count + 1)]
    assert len(given) == count


def test_more_rows_in_the_past_turn_shares_into_weights_by_errors() -> None:
    said = Said(np.zeros(1))
    both = [auto.Member(name, 0.5, said, []) for name in "ab"]
    np.testing.assert_allclose(auto._weights(both, [1.0, 2.0], 30), [4 / 5, 1 / 5])
    np.testing.assert_allclose(auto._weights(both, [1.0, 2.0], 90), [8 / 9, 1 / 9])
    np.testing.assert_allclose(auto._weights(both, [0.0, 0.0], 0), [0.5, 0.5])


def test_a_short_series_is_told_without_its_past() -> None:
    answer = forecast(Task.of(monthly(9), rows=6), Params(12))
    assert members(answer) == {"zero": 0.4, "theta": 0.2, "holtwinters": 0.2, "arima": 0.2}
    assert "accuracy" not in answer.extra
    assert "mase" not in answer.extra["members"][0]


def test_members_that_were_right_in_the_past_have_all_the_weight() -> None:
    random = np.random.default_rng(0)
    x = np.tile(random.normal(size=24), 25)[:590]
    weights = members(forecast(Task.of(x, rows=24), Params(24)))
    assert weights["zero"] < 0.01
    assert weights["seasonal-naive"] > 0.1


def test_when_the_time_is_up_zero_answers_alone() -> None:
    task = dataclasses.replace(Task.of(monthly(90), rows=6), out_of_time=lambda: True)
    answer = forecast(task, Params(12))
    assert members(answer) == {"zero": 1.0}
    assert answer.extra["left_out"] == [
        {"name": name, "reason": "no time left"} for name in ("theta", "holtwinters", "seasonal-naive", "arima")
    ]
    np.testing.assert_array_equal(answer.value, zero.forecast(task, zero.Params(12)).value)


def test_many_rows_are_answered_by_zero_too_when_the_time_is_up() -> None:
    task = dataclasses.replace(Task.of(np.tile(monthly(24), 1667), rows=48), out_of_time=lambda: True)
    answer = forecast(task, Params(24))
    assert members(answer) == {"zero": 1.0}
    assert [left["name"] for left in answer.extra["left_out"]] == [
        "theta",
        "seasonal-naive",
        "second-seasonal-naive",
        "analogues",
        "arima",
    ]


def test_a_member_that_fails_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Forecast:
        raise NotConverged("no fit")

    monkeypatch.setattr(holtwinters, "answered", fails)
    answer = forecast(Task.of(monthly(90), rows=6), Params(12))
    assert list(members(answer)) == ["zero", "theta", "seasonal-naive", "arima"]
    assert answer.extra["left_out"] == [{"name": "holtwinters", "reason": "no fit"}]


def test_the_interval_is_as_wide_as_those_of_the_members_that_have_one() -> None:
    one = Said(np.array([1.0]), np.array([[[1.0]], [[2.0]]]))
    other = Said(np.array([5.0]), np.array([[[3.0]], [[1.0]]]))
    said = auto._combined(np.array([0.3, 0.3, 0.4]), [one, other, Said(np.array([9.0]))])
    np.testing.assert_allclose(said.value, [5.4])
    np.testing.assert_allclose(said.apart, [[[2.0]], [[1.5]]])


def test_what_a_member_says_is_kept_near_the_first_one() -> None:
    first = Said(np.zeros(3), np.array([[[1.0, 1.0, 1.0]], [[2.0, 2.0, 2.0]]]))
    assert auto._near(Said(np.array([-9.0, 3.0, 1e300])), first).value.tolist() == [-2.0, 3.0, 4.0]


def test_errors_of_the_past_make_intervals_wider_or_narrower() -> None:
    past = [auto.Combined(np.zeros(100), np.ones((2, 1, 100)))]
    wide, narrow = (auto._widening(past, [np.full(100, error)]) for error in (5.0, 0.6))
    np.testing.assert_allclose([wide, narrow], [2.0**0.5, 0.6**0.5])


def test_weekly_rows_without_a_period_have_the_year_unless_a_second_season_is_forbidden() -> None:
    t = np.arange(160)
    x = 100.0 + 10.0 * np.sin(2 * np.pi * t / 52) + np.random.default_rng(0).normal(size=160)
    week = 7 * 86_400_000
    asked = Task.of(x, rows=13, step=week)
    assert forecast(asked, Params(0)).period == 52
    assert forecast(asked, Params("none")).period == 0
    assert forecast(asked, Params(0, "none")).period == forecast(Task.of(x, rows=13), Params(0)).period == 0
    assert forecast(Task.of(x[:90], rows=13, step=week), Params(0)).period == 0


@pytest.mark.parametrize("n", [3, 4, 8, 13, 40, 150])
def test_every_length_gives_a_sound_answer(n: int) -> None:
    for x in (monthly(n), np.random.default_rng(n).poisson(0.5, n).astype(float), np.arange(float(n))):
        answer = forecast(Task.of(x, rows=7))
        assert np.isfinite([answer.low, answer.value, answer.high]).all()
        assert (answer.low <= answer.value).all()
        assert (answer.value <= answer.high).all()
        assert x.min() < 0.0 or (answer.low >= 0.0).all()


def test_a_constant_goes_on_for_certain() -> None:
    answer = forecast(Task.of(np.full(40, 7.0), rows=5))
    for values in (answer.low, answer.value, answer.high):
        np.testing.assert_allclose(values, np.full(5, 7.0), rtol=1e-12)


def test_several_levels_are_told_at_once_as_each_alone() -> None:
    task = Task.of(monthly(90), rows=5)
    narrow, wide = (forecast(dataclasses.replace(task, levels=(level,)), Params(12)) for level in (0.5, 0.95))
    assert (wide.high - wide.low > narrow.high - narrow.low).all()
    both = forecast(dataclasses.replace(task, levels=(0.95, 0.5)), Params(12))
    np.testing.assert_array_equal([both.low, both.high], [wide.low, wide.high])
    np.testing.assert_array_equal([both.quantiles[0.25], both.quantiles[0.75]], [narrow.low, narrow.high])


def test_the_same_question_has_the_same_answer_and_leaves_the_data_alone() -> None:
    x = monthly(90)
    before = x.copy()
    first, other = (forecast(Task.of(x, rows=8)) for _ in range(2))
    np.testing.assert_array_equal(first.value, other.value)
    np.testing.assert_array_equal(x, before)


def test_refusals_are_those_of_zero() -> None:
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        forecast(Task.of([1.0, 2.0], rows=1))
    with pytest.raises(BadSeries, match=r"within 1e\+150"):
        forecast(Task.of([1.0, 2.0, 1e151], rows=1))
