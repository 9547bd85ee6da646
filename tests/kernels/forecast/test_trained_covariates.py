from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries, Task
from kernels.forecast._trained_covariates import beside, checked, no_effect, told

NAMES = ("price", "promo")
EFFECT = np.array([[10.0, 0.0], [2.0, 1.0], [-3.0, 5.0]])
PRICE, PROMO = np.array([10.0, 12.0, 8.0, 10.0, 14.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.0])


def asked(rows: int = 2, **known) -> Task:
    return Task.of(np.zeros(3), rows=rows, known=known)


def naive(values: tuple[np.ndarray, ...]) -> list[float]:
    """What each row adds up to, by the formula."""
    return [
        sum(weight * (x[row] - origin) / size for x, origin, size, weight in zip(values, *EFFECT, strict=True))
        for row in range(5)
    ]


def test_covariates_add_their_weights_by_name_or_in_order() -> None:
    expected = naive((PRICE, PROMO))
    for task in (asked(promo=PROMO, price=PRICE), asked(dynamic_real_1=PRICE, dynamic_real_2=PROMO)):
        inside, ahead = beside(task, NAMES, EFFECT)
        np.testing.assert_allclose([*inside, *ahead], expected)


def test_a_covariate_may_be_constant_where_the_model_is_asked() -> None:
    inside, ahead = beside(asked(price=np.full(5, 10.0), promo=np.ones(5)), NAMES, EFFECT)
    np.testing.assert_allclose([*inside, *ahead], 5.0)


def test_no_covariates_add_nothing() -> None:
    inside, ahead = beside(asked(), (), no_effect())
    assert (inside.tolist(), ahead.tolist()) == ([0.0] * 3, [0.0] * 2)
    assert told((), no_effect()) == {}
    assert told(NAMES, EFFECT) == {"covariates": {"price": -1.5, "promo": 5.0}}


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (asked(price=PRICE), "was trained with 2 covariates: price, promo; the request has price"),
        (asked(), "was trained with 2 covariates: price, promo; the request has none"),
        (asked(price=PRICE, sun=PROMO), "the model's covariate promo is missing; the request has price, sun"),
        (asked(price=PRICE[:3], promo=PROMO), "covariate price needs 5 values, 3 for the rows of the series and 2"),
        (asked(price=PRICE, promo=PROMO - np.inf), "covariate promo is not finite at row 0"),
    ],
)
def test_other_covariates_than_those_of_the_training_are_refused(task, message) -> None:
    with pytest.raises(BadSeries, match=message):
        beside(task, NAMES, EFFECT)


def test_what_ends_with_the_data_and_what_a_model_never_saw_is_refused() -> None:
    task = Task.of(np.zeros(3), rows=2, past={"price": PRICE[:3]}, known={"promo": PROMO})
    with pytest.raises(BadSeries, match=r"the model needs covariates that are known ahead .* but price ends with the"):
        beside(task, NAMES, EFFECT)
    with pytest.raises(BadSeries, match="was trained with no covariates; the request has promo"):
        beside(asked(promo=PROMO), (), no_effect())


@pytest.mark.parametrize(
    ("names", "effect", "message"),
    [
        (("a", "a"), EFFECT, "covariates must have different names, got a, a"),
        (("a",), EFFECT, r"effect must have the shape \[3, 1\], got \[3, 2\]"),
        (NAMES, EFFECT * [[1.0], [0.0], [1.0]], "the sizes of covariates must hold numbers"),
        (NAMES, EFFECT * np.nan, "effect must hold numbers"),
        (tuple("abc") * 40, EFFECT, "the number of covariates must be 0 to 100, got 120"),
    ],
)
def test_what_is_no_effect_is_refused(names, effect, message) -> None:
    with pytest.raises(BadParameter, match=message):
        checked(names, effect)
