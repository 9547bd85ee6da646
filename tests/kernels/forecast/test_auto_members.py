from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kernels.contract import Forecast, Series, Task
from kernels.forecast import _auto_members, holtwinters
from kernels.forecast._auto_members import Question, candidates
from kernels.forecast._ets_model import Form

pytestmark = pytest.mark.compiled_only("members are fitted")


def seasonal(n: int, period: int = 12) -> Series:
    t = np.arange(n)
    return 100.0 + 10.0 * np.sin(2 * np.pi * t / max(period, 1)) + np.random.default_rng(0).normal(size=n)


def question(n: int, period: int, second: int = 0, rows: int = 6) -> Question:
    return Question(seasonal(n, period), rows, (0.95, 0.5), period, second, lambda: False)


@pytest.mark.parametrize(
    ("n", "period", "second", "others"),
    [
        (60, 0, 0, ["holtwinters"]),
        (900, 0, 0, ["holtwinters"]),
        (60, 12, 0, ["holtwinters", "seasonal-naive"]),
        (400, 12, 0, ["seasonal-naive"]),
        (60, 24, 0, ["seasonal-naive"]),
        (900, 24, 168, ["seasonal-naive", "second-seasonal-naive", "analogues"]),
    ],
)
def test_the_fourth_part_goes_by_season_and_length(n: int, period: int, second: int, others: list[str]) -> None:
    found = candidates(question(n, period, second))
    assert [each.name for each in found] == ["zero", "theta", *others, "arima"]
    assert sum(each.share for each in found) == pytest.approx(1.0)


@pytest.mark.parametrize(("n", "period", "second"), [(60, 0, 0), (60, 12, 0), (700, 24, 168)])
def test_each_answers_the_series_and_its_folds(n: int, period: int, second: int) -> None:
    now = question(n, period, second)
    fold = replace(now, x=now.x[:-4], rows=4)
    for name, _, say in candidates(now):
        said = say([now, fold])
        assert [len(each.value) for each in said] == [6, 4]
        for each in said:
            assert name in ("zero", "holtwinters", "arima") or each.apart is None
            if each.apart is not None:
                assert each.apart.shape == (2, 2, len(each.value))
                assert (each.apart[:, 0] > each.apart[:, 1]).all()
                assert (each.apart >= 0.0).all()


def test_folds_have_the_form_of_the_whole_series(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str]] = []

    def noted(task: Task, params: holtwinters.Params, only: Form | None = None) -> tuple[Forecast, Form]:
        asked.append((len(task.series), str(only)))
        return answered(task, params, only)

    answered = holtwinters.answered
    monkeypatch.setattr(holtwinters, "answered", noted)
    now = question(90, 12)
    _auto_members._once(_auto_members._holtwinters)([now, replace(now, x=now.x[:84])])
    form = answered(Task.of(now.x, rows=6), holtwinters.Params("auto", "auto", 12))[1]
    assert asked == [(90, "None"), (84, str(form))]


def test_both_seasons_come_again() -> None:
    now = Question(np.arange(14.0), 5, (0.95,), 2, 7, lambda: False)
    one, other = (say([now])[0].value for say in (_auto_members.seasonal_naive, _auto_members._second_seasonal_naive))
    assert one.tolist() == [12.0, 13.0, 12.0, 13.0, 12.0]
    assert other.tolist() == [7.0, 8.0, 9.0, 10.0, 11.0]


def test_old_rows_do_not_matter_to_members_that_are_fitted() -> None:
    now = question(900, 24)
    for name, _, say in candidates(now):
        if name in ("theta", "arima"):
            np.testing.assert_array_equal(say([now])[0].value, say([replace(now, x=now.x[-240:])])[0].value)
