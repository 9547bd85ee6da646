from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis import checks
from kernels.contract import AlgorithmError


def test_whole_numbers_stay_exact() -> None:
    assert checks.integer("time", 2**62 + 1) == 2**62 + 1
    assert checks.integer("time", "7.0") == 7
    for wrong in ("x", 1.5, None, float("inf")):
        with pytest.raises(AlgorithmError, match="time must be an integer"):
            checks.integer("time", wrong)


@pytest.mark.parametrize("codes", [[True, False], np.array([True, False]), [1, np.bool_(False)]])
def test_truth_values_are_no_codes(codes: object) -> None:
    with pytest.raises(AlgorithmError, match="codes must be integers, 1 for normal .* got true or false"):
        checks.flags(codes, 2)


def test_arrays_have_the_length_that_is_expected() -> None:
    assert checks.array([1, 2], 2, "score").tolist() == [1.0, 2.0]
    with pytest.raises(AlgorithmError, match=r"score: 3 numbers are expected, got an array of shape \(2,\)"):
        checks.array([1, 2], 3, "score")


def test_an_error_of_the_fit_that_cannot_be_sent_is_unknown() -> None:
    assert checks.mse(None) is checks.mse(float("nan")) is None
    assert checks.mse("2.5") == 2.5
    with pytest.raises(AlgorithmError, match="mse must be a number"):
        checks.mse("small")


def test_plain_defaults_can_be_listed() -> None:
    assert all(map(checks.plain, ("a", 1, 1.5, True, None)))
    assert not any(map(checks.plain, (float("nan"), [], object())))
