from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from appliance.analysis.deployed import tensors
from appliance.files.series import FileSeries, UsageError
from appliance.files.train import forecaster
from kernels.contract import BadSeries
from tests.kernels.forecast.contracted import PASSENGERS

MONTHS = np.arange("1949-01", "1961-01", dtype="datetime64[M]").astype("datetime64[us]").astype(np.int64)
SERIES = FileSeries("", MONTHS, "us", {"passengers": PASSENGERS})


@pytest.mark.compiled_only("fits")
@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        ("arima", ["p=0", "d=1", "q=1", "P=0", "D=1", "Q=1", "period=12"], r"SARIMAX\(0,1,1\)x\(0,1,1,12\), errors of"),
        ("theta", [], r"OTM: rate 0\.\d+, drift \S+ a row, a season of 12 rows, errors of"),
        (
            "prophet",
            ["seasonality_mode=multiplicative"],
            "linear trend with 25 changepoints; seasons: yearly of order 6",
        ),
    ],
)
def test_what_is_written_goes_on_from_other_rows_and_is_judged_by_the_last_of_its_own(kind, given, told):
    learned = forecaster.learn(kind, SERIES, given, 0.1)
    assert learned.told[0].startswith("held back the last 14 rows: mean error ")
    assert re.match(told, learned.told[1])
    model = tensors.read(learned.content)
    assert (model.kind, model.summary["rows"], model.summary["from"]) == ("forecast", 144, "1949-01-01T00:00:00.000000")
    part = dataclasses.replace(
        SERIES.data, columns={"val": PASSENGERS[60:132]}, times=MONTHS[60:132] // 1000, unit="ms"
    )
    ahead = dataclasses.replace(part, start=int(MONTHS[132] // 1000), step=2_629_800_000, rows=12)
    found = model.run(ahead, None)
    assert np.mean(np.abs(found.value / PASSENGERS[132:] - 1.0)) < 0.08


@pytest.mark.compiled_only("fits")
@pytest.mark.parametrize(("kind", "given"), [("arima", ["p=1", "d=1", "q=0", "period=0"]), ("prophet", [])])
def test_what_is_known_of_the_rows_to_come_is_learned_and_asked_for(kind, given):
    bonus = (np.arange(144) % 5 == 0).astype(np.float64)
    series = dataclasses.replace(SERIES, columns={"passengers": 1000.0 * bonus + PASSENGERS}, known={"bonus": bonus})
    learned = forecaster.learn(kind, series, given, 0.1)
    model = tensors.read(learned.content)
    assert model.summary["covariates"] == "bonus"
    task = dataclasses.replace(
        SERIES.data, start=int(MONTHS[-1]) + 1, step=2_629_800_000_000, rows=2, known={"x": np.append(bonus, [0, 1])}
    )
    value = model.run(dataclasses.replace(task, columns=series.columns), None).value
    assert 800.0 < value[1] - value[0] < 1200.0


def test_a_series_too_short_to_hold_rows_back_is_not_judged():
    short = dataclasses.replace(SERIES, times=MONTHS[:10], columns={"v": PASSENGERS[:10]})
    assert len(forecaster.learn("theta", short, ["period=0"], 0.5).told) == 1
    some = dataclasses.replace(SERIES, times=MONTHS[:24], columns={"v": PASSENGERS[:24]})
    told = forecaster.learn("theta", some, ["period=12"], 0.2).told[0]
    assert told.startswith("not judged, the first 19 rows are too few to learn from: ")


def test_gaps_and_unknown_options_are_refused():
    gappy = dataclasses.replace(SERIES, times=np.delete(MONTHS, 7), columns={"v": np.delete(PASSENGERS, 7)})
    with pytest.raises(BadSeries, match="is out of step: fill gaps first"):
        forecaster.learn("theta", gappy, [], 0.2)
    with pytest.raises(UsageError, match="--option k: there is no such option; there are: decomposition_type"):
        forecaster.learn("theta", SERIES, ["k=2"], 0.2)
