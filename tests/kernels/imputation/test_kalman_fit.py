from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.imputation._kalman_fit import DEVIATING, PLAIN, STEP, STRENGTH, TRENDING, fit
from kernels.numerics.local_level import DEVIATION, FIRST_SLOPE, LEVEL, MODEL, NOISE, PHI, RHO, SLOPE
from tests.kernels.forecast.models import few
from tests.kernels.numerics.dense import Mask, covariance, log_likelihood


def fitted(y: Series, observed: Mask, form: int, m: int = 0) -> tuple[float, Series, Series, Series]:
    x, parts, season = np.zeros(5), np.empty(MODEL), np.empty(2)
    return fit(y, observed, m, form, 2.0, 200, x, parts, season), x, parts, season


def misfit(y: Series, observed: Mask, parts: Series, m: int = 0, step: float = 0.0, strength: float = 0.0) -> float:
    squares, logs = log_likelihood(y, observed, covariance(len(y), m, parts, step, strength))
    count = observed.sum() - 1
    return float(count * np.log(squares / count) + logs)


def simulated(n: int, seed: int) -> tuple[Series, Mask]:
    rng = np.random.default_rng(seed)
    y, deviation = np.cumsum(rng.normal(size=n)) * 0.1, 0.0
    for t in range(n):
        deviation = 0.8 * deviation + rng.normal() * 0.5
        y[t] += deviation + rng.normal() * 0.3
    observed = rng.random(n) > 0.3
    observed[0] = True
    return y, observed


@pytest.mark.parametrize("form", [PLAIN, DEVIATING, TRENDING])
def test_the_misfit_is_that_of_the_model_and_nothing_near_is_likelier(form: int) -> None:
    y, observed = simulated(60, seed=1)
    value, _, parts, _ = fitted(y, observed, form)
    assert value == pytest.approx(misfit(y, observed, parts), abs=1e-6)
    rng = np.random.default_rng(2)
    for _ in range(len(few(range(40), 3))):
        near = parts.copy()
        near[[LEVEL, SLOPE, DEVIATION, NOISE]] *= np.exp(rng.normal(size=4) * 0.5)
        near[[PHI, RHO]] = np.clip(near[[PHI, RHO]] + rng.normal(size=2) * 0.05, 0.0, 0.98)
        if form != TRENDING:
            near[PHI] = 1.0
        else:
            near[FIRST_SLOPE] = near[LEVEL] + near[SLOPE] + near[NOISE]
        assert misfit(y, observed, near) > value - 0.1


def test_with_a_season_the_misfit_is_that_of_the_whole_model() -> None:
    y, observed = simulated(60, seed=3)
    y += np.tile([1.0, -2.0, 0.5, 0.5], 15)
    value, x, parts, season = fitted(y, observed, PLAIN, m=4)
    assert value == pytest.approx(misfit(y, observed, parts, 4, *season), abs=1e-6)
    assert value < fitted(y, observed, PLAIN)[0] - 20.0
    assert season[0] < 0.05 < season[1]
    assert np.log(season[1] / season[0]) == pytest.approx(x[STRENGTH] - x[STEP])


def test_known_parameters_come_back_from_a_long_series() -> None:
    y, observed = simulated(len(few(range(6000), 600)), seed=4)
    _, _, parts, _ = fitted(y, observed, DEVIATING)
    assert parts[RHO] == pytest.approx(0.8, abs=0.1)
    assert parts[DEVIATION] == pytest.approx(0.25, abs=0.1)
    assert parts[LEVEL] == pytest.approx(0.01, abs=0.02)


def test_the_scale_of_the_series_is_that_of_the_model() -> None:
    y, observed = simulated(80, seed=5)
    _, _, parts, _ = fitted(y, observed, DEVIATING)
    _, _, larger, _ = fitted(y * 1024.0, observed, DEVIATING)
    np.testing.assert_allclose(larger[:4], parts[:4] * 1024.0**2, rtol=1e-12)
