from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.contract import BadSeries, Forecast, NotConverged, Series, Task, TooShort
from kernels.forecast import _arima_few, auto, holtwinters, zero
from kernels.forecast._ets_model import Form
from kernels.forecast._weights import LEAST
from kernels.forecast.auto import FOLDS, POWER, Params, Said, forecast

pytestmark = pytest.mark.compiled_only("every answer fits holtwinters three times")


def monthly(n: int, seed: int = 0) -> Series:
    t = np.arange(n)
    return 100.0 + 0.3 * t + 10.0 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(seed).normal(size=n)


def naive(x: Series, rows: int, period: int) -> tuple[Series, float]:
    """The combination of a short monthly series, and its error over that of the seasonal naive forecast."""

    def said(past: Series, ahead: int) -> list[Series]:
        task = Task.of(past, rows=ahead)
        fitted = holtwinters.answered(task, holtwinters.Params("auto", "auto", period), form)[0].value
        regressed = _arima_few.answered(task, period, found)[0].value
        return [zero.forecast(task, zero.Params(period)).value, fitted, auto.theta(past, period, ahead), regressed]

    form: Form | None = None
    found: _arima_few.Found | None = None
    all_rows = said(x, rows)
    _, form = holtwinters.answered(Task.of(x, rows=rows), holtwinters.Params("auto", "auto", period))
    _, found = _arima_few.answered(Task.of(x, rows=rows), period)
    ahead = min(rows, len(x) // 5)
    folds = [len(x) - at * ahead for at in range(1, FOLDS + 1)]
    past = [(said(x[:first], ahead), x[first : first + ahead], x[first - period :][:ahead]) for first in folds]
    errors = np.mean([[np.abs(one - truth).mean() for one in each] for each, truth, _ in past], axis=0)
    weights = np.array([0.32, 0.24, 0.24, 0.2]) / np.maximum(errors / errors.max(), LEAST) ** POWER
    weights /= weights.sum()
    wrong = np.mean([np.abs(weights @ np.array(each) - truth).mean() for each, truth, _ in past])
    usual = np.mean([np.abs(last - truth).mean() for _, truth, last in past])
    return weights @ np.array(all_rows), wrong / usual


@pytest.mark.parametrize("rows", [3, 12])
def test_equals_the_naive_combination(rows: int) -> None:
    x = monthly(90)
    wanted, accuracy = naive(x, rows, 12)
    answer = forecast(Task.of(x, rows=rows), Params(12))
    np.testing.assert_allclose(answer.value, wanted, rtol=1e-9)
    assert answer.extra["accuracy"] == pytest.approx(accuracy, abs=1e-4)


def members(answer: Forecast) -> dict[str, float]:
    return {member["name"]: member["weight"] for member in answer.extra["members"]}


def test_the_answer_says_who_took_part_and_how_well_each_did() -> None:
    answer = forecast(Task.of(monthly(90), rows=6), Params(12))
    assert list(members(answer)) == ["zero", "holtwinters", "theta", "arima"]
    assert sum(members(answer).values()) == pytest.approx(1.0, abs=1e-3)
    shares = {"zero": 0.32, "holtwinters": 0.24, "theta": 0.24, "arima": 0.2}
    errors = {member["name"]: member["mase"] for member in answer.extra["members"]}
    assert min(errors, key=errors.__getitem__) == max(
        members(answer), key=lambda name: members(answer)[name] / shares[name]
    )
    assert 0.0 < answer.extra["accuracy"] < 1.0
    assert "left_out" not in answer.extra


def test_the_folds_have_the_form_of_the_whole_series(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str]] = []

    def noted(task: Task, params: holtwinters.Params, only: Form | None = None) -> tuple[Forecast, Form]:
        answer, form = answered(task, params, only)
        asked.append((len(task.series), str(only)))
        return answer, form

    answered = holtwinters.answered
    monkeypatch.setattr(holtwinters, "answered", noted)
    forecast(Task.of(monthly(90), rows=6), Params(12))
    chosen = answered(Task.of(monthly(90), rows=6), holtwinters.Params("auto", "auto", 12))[1]
    assert asked == [(90, "None"), (84, str(chosen)), (78, str(chosen))]


def test_a_long_series_has_the_naive_forecast_instead_of_theta() -> None:
    answer = forecast(Task.of(monthly(450), rows=6), Params(12))
    assert list(members(answer)) == ["zero", "holtwinters", "seasonal-naive", "arima"]


def test_a_short_series_is_told_without_its_past() -> None:
    answer = forecast(Task.of(monthly(9), rows=6), Params(12))
    assert members(answer) == {"zero": 0.32, "holtwinters": 0.24, "theta": 0.24, "arima": 0.2}
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
        {"name": name, "reason": "no time left"} for name in ("holtwinters", "theta", "arima")
    ]
    np.testing.assert_array_equal(answer.value, zero.forecast(task, zero.Params(12)).value)


def test_many_rows_are_answered_by_zero_too_when_the_time_is_up() -> None:
    task = dataclasses.replace(Task.of(np.tile(monthly(24), 1667), rows=48), out_of_time=lambda: True)
    answer = forecast(task, Params(24))
    assert members(answer) == {"zero": 1.0}
    assert [left["name"] for left in answer.extra["left_out"]] == ["holtwinters", "seasonal-naive", "arima"]


def test_a_member_that_fails_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Forecast:
        raise NotConverged("no fit")

    monkeypatch.setattr(holtwinters, "answered", fails)
    answer = forecast(Task.of(monthly(90), rows=6), Params(12))
    assert list(members(answer)) == ["zero", "theta", "arima"]
    assert answer.extra["left_out"] == [{"name": "holtwinters", "reason": "no fit"}]


def test_the_interval_is_as_wide_as_those_of_the_members_that_have_one() -> None:
    one = Said(np.array([1.0]), np.array([0.0]), np.array([3.0]))
    other = Said(np.array([5.0]), np.array([2.0]), np.array([6.0]))
    bare = np.array([9.0])
    said = auto._combined(np.array([0.3, 0.3, 0.4]), [one, other, Said(bare, bare, bare)])
    np.testing.assert_allclose((said.value, said.low, said.high), [[5.4], [3.4], [6.9]])


def test_a_width_moves_both_bounds_and_not_the_forecast() -> None:
    said = auto._widened(Said(np.array([5.0]), np.array([3.0]), np.array([9.0])), 0.5)
    np.testing.assert_allclose((said.value, said.low, said.high), [[5.0], [4.0], [7.0]])


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


def test_a_wider_coverage_has_wider_bounds() -> None:
    answers = [forecast(Task.of(monthly(90), rows=5, conf=conf), Params(12)) for conf in (0.5, 0.95)]
    assert (answers[1].high - answers[1].low > answers[0].high - answers[0].low).all()


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
