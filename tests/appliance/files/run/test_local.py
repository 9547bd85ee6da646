from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.catalog import Catalog
from appliance.files.run.local import Local
from appliance.files.run.question import Ahead, Question
from appliance.files.series import FileSeries
from appliance.host.settings import Settings
from kernels.contract import AlgorithmError
from tests.appliance.files.samples import MINUTE, ROWS, START, VALUES

TIMES = START + MINUTE * np.arange(ROWS)
SERIES = FileSeries("a", TIMES, "ms", {"value": np.array(VALUES)})


def local(catalog: Catalog, asked: Question) -> Local:
    return Local(catalog, Settings(), asked)


def test_windows_and_flags(catalog: Catalog) -> None:
    found = local(catalog, Question("iqr")).detect("iqr", SERIES)
    assert found.windows.tolist() == [[TIMES[18], TIMES[18]]]
    assert np.flatnonzero(found.detection.flags < 0).tolist() == [18]


def test_options_reach_the_algorithm(catalog: Catalog) -> None:
    with pytest.raises(AlgorithmError, match=r"k value out of range, valid range \[1, 3\]"):
        local(catalog, Question("ksigma", "k=9")).detect("ksigma", SERIES)


def test_another_algorithm_than_asked_for_can_be_run(catalog: Catalog) -> None:
    assert local(catalog, Question("iqr")).detect("ksigma", SERIES).algorithm == "ksigma"


def test_several_columns(catalog: Catalog) -> None:
    both = FileSeries("a", TIMES, "ms", {"value": np.array(VALUES), "other": np.arange(40.0)})
    found = local(catalog, Question("lof", "neighbors=4,wncheck=0")).detect("lof", both)
    alone = local(catalog, Question("lof", "neighbors=4,wncheck=0")).detect("lof", SERIES)
    assert (found.detection.score != alone.detection.score).any()


def test_a_forecast_has_times(catalog: Catalog) -> None:
    found = local(catalog, Ahead("flat", rows=3)).forecast("flat", SERIES).forecast
    assert found.times is not None
    assert found.times.tolist() == [TIMES[-1] + MINUTE * i for i in (1, 2, 3)]
    assert found.value.tolist() == [VALUES[-1]] * 3


def test_noise_is_refused_unless_the_check_is_declined(catalog: Catalog) -> None:
    noise = FileSeries("", np.arange(500), "ms", {"v": np.random.default_rng(5).normal(size=500)})
    with pytest.raises(AlgorithmError, match="white noise data not processed"):
        local(catalog, Question("iqr")).detect("iqr", noise)
    assert local(catalog, Question("iqr", "wncheck=0")).detect("iqr", noise)


def test_halting_ends_a_search(catalog: Catalog) -> None:
    engine = local(catalog, Ahead("arima", "period=12,timeout=1000"))
    engine.halt()
    season = FileSeries("", np.arange(240), "ms", {"v": 10 * np.sin(np.arange(240) / 6 * np.pi) + np.arange(240) % 7})
    hurried = engine.forecast("arima", season).forecast
    assert len(hurried.value) == 10


def test_a_forecast_tells_what_its_interval_promises(catalog: Catalog) -> None:
    assert local(catalog, Ahead("holtwinters")).forecast("holtwinters", SERIES).conf == 0.95
    assert local(catalog, Ahead("holtwinters", conf=80)).forecast("holtwinters", SERIES).conf == 0.8
