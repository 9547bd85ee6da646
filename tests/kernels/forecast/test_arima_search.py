from __future__ import annotations

from itertools import product
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.contract import TooShort
from kernels.forecast._arima_orders import Limits, Orders, starts
from kernels.forecast._arima_search import Search, carry_over

SMALL = Limits(Orders(0, 0), Orders(2, 2), (True, False))


def never() -> bool:
    return False


def arma(n: int, seed: int = 0) -> NDArray[np.float64]:
    noise, w = np.random.default_rng(seed).normal(size=n + 50), np.zeros(n + 50)
    for t in range(2, n + 50):
        w[t] = 0.9 * w[t - 1] - 0.4 * w[t - 2] + noise[t]
    return np.asarray(w[50:] / np.std(w[50:]))


def naive(search: Search, limits: Limits) -> float:
    """Best AICc of every model within the limits, each from every start."""
    best = inf
    ranges = [range(getattr(limits.least, k), getattr(limits.most, k) + 1) for k in ("p", "q", "big_p", "big_q")]
    for *orders, constant in product(*ranges, limits.constants):
        candidate = Orders(*orders, constant)
        for x in starts(candidate):
            fit = search.maximise(candidate, x, 1e-7, len(search.w))
            if search.inside(fit):
                best = min(best, fit.aicc)
    return best


@pytest.mark.compiled_only("fits every model there is, half a minute as plain Python")
@pytest.mark.parametrize("seed", range(3))
def test_stepwise_is_near_the_best_of_all(seed: int) -> None:
    w = arma(120, seed)
    found = Search(w, 0, never).run(SMALL, Orders(0, 0))
    assert found.aicc <= naive(Search(w, 0, never), SMALL) + 0.5


def test_limits_are_kept() -> None:
    search = Search(arma(150), 0, never)
    limits = Limits(Orders(1, 0), Orders(3, 1), (False,))
    search.run(limits, Orders(3, 1))
    assert all(limits.allow(orders) for orders in search.fits)
    assert search.told(limits) == f"stepwise, {len(search.fits)} models"


def test_one_model_is_fitted_where_one_is_left() -> None:
    search = Search(arma(100), 0, never)
    limits = Limits(Orders(2, 1), Orders(2, 1), (True,))
    fit = search.run(limits, Orders(0, 0))
    assert fit.orders == Orders(2, 1, constant=True)
    assert search.told(limits) == "orders given"


def test_no_time_still_gives_a_model() -> None:
    search = Search(arma(200), 0, lambda: True)
    fit = search.run(SMALL, Orders(0, 0))
    assert fit.aicc < inf
    assert search.told(SMALL) == "stopped by timeout after 1 models"


def test_time_is_looked_at_between_models() -> None:
    looks = iter(range(1000))
    search = Search(arma(200), 0, lambda: next(looks) >= 4)
    search.run(SMALL, Orders(0, 0))
    assert search.stopped
    assert search.n_models < 6


def test_orders_too_large_for_the_series_say_so() -> None:
    limits = Limits(Orders(5, 5), Orders(5, 5), (True,))
    with pytest.raises(TooShort, match="at least 14 differenced values are needed for these orders, got 12"):
        Search(arma(12), 0, never).run(limits, Orders(0, 0))


@pytest.mark.compiled_only("6000 rows")
def test_conditional_least_squares_lose_nothing_on_a_long_series() -> None:
    w = arma(6_000)
    search = Search(w, 0, never)
    found = search.run(SMALL, Orders(0, 0))
    assert search.conditional
    exact = max(
        (search.maximise(found.orders, x, 1e-7, len(w)) for x in starts(found.orders)), key=lambda fit: fit.loglik
    )
    assert found.loglik > exact.loglik - 0.01


@pytest.mark.compiled_only("6000 rows")
def test_given_orders_are_fitted_to_the_end_on_a_long_series() -> None:
    w = arma(6_000)
    only = Limits(Orders(2, 1), Orders(2, 1), (True,))
    search = Search(w, 0, never)
    found = search.run(only, Orders(0, 0))
    exact = max((search.maximise(found.orders, x, 1e-9, len(w)) for x in starts(found.orders)), key=lambda f: f.loglik)
    assert found.loglik > exact.loglik - 1e-5


def test_a_likelihood_too_long_to_be_interrupted_is_conditional() -> None:
    search = Search(np.zeros(20_000), 8_760, never)
    seasonal = Orders(1, 1, 1, 1, True)
    assert search.heavy(seasonal)
    assert search.all_steps(seasonal) == search.exact_steps(seasonal) == -1
    assert not search.heavy(Orders(3, 3))
    assert search.all_steps(Orders(3, 3)) == 20_000


def test_parameters_carry_over_by_place() -> None:
    search = Search(arma(100), 4, never)
    fit = search.maximise(Orders(2, 1, 1, 0), np.array([0.1, 0.2, 0.3, 0.4]), inf, 100)
    np.testing.assert_allclose(carry_over(fit, Orders(1, 2, 1, 1)), [0.1, 0.3, 0.0, 0.4, 0.0])
