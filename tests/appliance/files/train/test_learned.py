from __future__ import annotations

import os

import numpy as np
import pytest

from appliance.files.series import UsageError
from appliance.files.train import learned
from appliance.files.train.learned import Learned
from kernels.anomaly.iforest import Params
from kernels.contract import BadParameter


def test_the_rows_held_back_are_the_same_every_time_and_the_rest_is_learned_from():
    kept, held = learned.held_back(100, 0.2)
    assert len(held) == 20
    np.testing.assert_array_equal(np.sort(np.concatenate((kept, held))), np.arange(100))
    np.testing.assert_array_equal(held, learned.held_back(100, 0.2)[1])
    assert len(learned.held_back(100, 0.0)[1]) == 0


def test_options_are_those_that_are_declared():
    assert learned.params(Params, ["n_estimators=7", "contamination=0.2"]) == Params(0.2, 7)
    for text in ("trees=7", "n_estimators"):
        with pytest.raises(UsageError, match=f"--option {text[:5]}.*: there is no such option; there are: contam"):
            learned.params(Params, [text])
    with pytest.raises(BadParameter, match="n_estimators should be greater than 0"):
        learned.params(Params, ["n_estimators=0"])


def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path):
    learned.store(Learned(b"model", ()), tmp_path / "m.json")
    assert (tmp_path / "m.json").read_bytes() == b"model"
    (tmp_path / "d").mkdir()
    with pytest.raises(OSError, match="directory"):
        learned.store(Learned(b"model", ()), tmp_path / "d")
    assert sorted(os.listdir(tmp_path)) == ["d", "m.json"]


def test_long_lists_of_names_are_cut():
    assert learned.listed(["a", "b"]) == "a, b"
    assert len(learned.listed(["name"] * 99)) == 255
