from __future__ import annotations

import pytest

from appliance.files.calendar.zones import Zone
from appliance.files.series import FileError
from appliance.frames.course import call_of, for_python
from kernels.contract import AlgorithmError, TooShort


def test_arguments_become_the_question_and_the_reading() -> None:
    call = call_of("forecast", "forecast", "ARIMA", ("ds", ["a", "b"], None), {"period": 24, "tz": "UTC", "sort": True})
    assert (call.question.algorithm, call.question.given) == ("arima", {"wncheck": "0", "period": "24"})
    assert (call.asked.time, call.asked.values, call.asked.sort) == ("ds", "a,b", True)
    assert call.asked.zone == Zone("UTC")


def test_errors_speak_python_and_keep_their_class() -> None:
    with pytest.raises(AlgorithmError, match="^drop_nulls leaves such rows out$"), for_python():
        raise FileError("--drop-nulls leaves such rows out")
    with pytest.raises(TooShort, match="^3 values$"), for_python():
        raise TooShort("3 values")
