from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from appliance.files.series import FileSeries


def test_a_series_that_was_read_is_not_changed() -> None:
    series = FileSeries("a", np.array([1, 2]), "ms", {"value": np.array([1.0, 2.0])})
    with pytest.raises(dataclasses.FrozenInstanceError):
        series.name = "b"  # type: ignore[misc]
