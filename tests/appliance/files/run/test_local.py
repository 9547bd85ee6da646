from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.catalog import Catalog
from appliance.analysis.kinds import BY_TYPE
from appliance.files.run.local import Local
from appliance.files.run.question import Question
from appliance.files.series import FileSeries
from appliance.host.settings import Settings
from kernels.contract import ANOMALY, FORECAST, AlgorithmError
from tests.appliance.files.samples import MINUTE, ROWS, START, VALUES

TIMES = START + MINUTE * np.arange(ROWS)
SERIES = FileSeries("a", TIMES, "ms", {"value": np.array(VALUES)})


def detecting(catalog: Catalog, asked: Question) -> Local:
    return Local(BY_TYPE[ANOMALY], catalog, Settings(), asked)


def forecasting(catalog: Catalog, asked: Question) -> Local:
    return Local(BY_TYPE[FORECAST], catalog, Settings(), asked)


def test_windows_and_flags(catalog: Catalog) -> None:
    found = detecting(catalog, Question("iqr")).answer("iqr", SERIES)
    assert [column.tolist() for column in found.kind.cells("windows", found.task, found.answer)[:3]] == [
        [TIMES[18]],
        [TIMES[18]],
        [1],
    ]
    assert np.flatnonzero(found.answer.flags < 0).tolist() == [18]


def test_options_reach_the_algorithm(catalog: Catalog) -> None:
    with pytest.raises(AlgorithmError, match=r"k value out of range, valid range \[1, 3\]"):
        detecting(catalog, Question("ksigma", "k=9")).answer("ksigma", SERIES)


def test_another_algorithm_than_asked_for_can_be_run(catalog: Catalog) -> None:
    assert detecting(catalog, Question("iqr")).answer("ksigma", SERIES).algorithm == "ksigma"


def test_several_columns(catalog: Catalog) -> None:
    both = FileSeries("a", TIMES, "ms", {"value": np.array(VALUES), "other": np.arange(40.0)})
    found = detecting(catalog, Question("lof", "neighbors=4,wncheck=0")).answer("lof", both)
    alone = detecting(catalog, Question("lof", "neighbors=4,wncheck=0")).answer("lof", SERIES)
    assert (found.answer.score != alone.answer.score).any()


def test_a_forecast_has_times(catalog: Catalog) -> None:
    found = forecasting(catalog, Question("flat", "rows=3")).answer("flat", SERIES)
    times, value, low, high = found.kind.cells("forecast", found.task, found.answer)
    assert times.tolist() == [TIMES[-1] + MINUTE * i for i in (1, 2, 3)]
    assert value.tolist() == [VALUES[-1]] * 3
    assert (low < value).all()
    assert (value < high).all()


def test_noise_is_refused_where_the_check_is_asked_for(catalog: Catalog) -> None:
    noise = FileSeries("", np.arange(500), "ms", {"v": np.random.default_rng(5).normal(size=500)})
    with pytest.raises(AlgorithmError, match="white noise data not processed"):
        detecting(catalog, Question("iqr", "wncheck=1")).answer("iqr", noise)
    assert len(detecting(catalog, Question("iqr")).answer("iqr", noise).answer.flags) == 500


def test_halting_ends_a_search(catalog: Catalog) -> None:
    engine = forecasting(catalog, Question("arima", "period=12,timeout=1000"))
    engine.halt()
    season = FileSeries("", np.arange(240), "ms", {"v": 10 * np.sin(np.arange(240) / 6 * np.pi) + np.arange(240) % 7})
    hurried = engine.answer("arima", season).answer
    assert len(hurried.value) == 10


def test_a_forecast_tells_what_its_interval_promises(catalog: Catalog) -> None:
    assert forecasting(catalog, Question("holtwinters")).answer("holtwinters", SERIES).task.levels == (0.95,)
    assert forecasting(catalog, Question("holtwinters", "conf=80")).answer("holtwinters", SERIES).task.levels == (0.8,)
