"""What an unmodified server's user gets: statements against a running node, of every release of taosd."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.node import Node
from tests.appliance.taosd import Column, Taosd, table
from tests.appliance.taosd_answers import MID, NEW, OLD, Rejected, Release

SECOND = 1000
TIMES = [1_700_000_000_000 + SECOND * i for i in range(200)]
WAVE = [10 + 3 * math.sin(i / 4) + math.cos(i * i) for i in range(200)]
SPIKE = [value + 60 * (i == 150) for i, value in enumerate(WAVE)]
REMOTE = {"tdtsfm_1", "timemoe-fc"}  # they need a model server, which is not running here


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Node() as running:
        yield running


def server(node: Node, release: Release = NEW) -> Taosd:
    return Taosd(f"127.0.0.1:{node.address[1]}", release)


def algorithms(taosd: Taosd, kind: str) -> list[str]:
    """What CREATE ANODE registered of one kind."""
    pairs = (key.split(":", 1) for key in taosd.create_anode().algorithms)
    return sorted(name for type, name in pairs if type == kind)


@pytest.mark.parametrize("release", [OLD, MID, NEW], ids=["3.3.6", "3.3.7", "3.4"])
def test_create_anode_registers_every_algorithm(node: Node, release: Release) -> None:
    taosd = server(node, release)
    assert {"iqr", "ksigma"} <= set(algorithms(taosd, "anomaly-detection"))
    assert taosd.create_anode().silent == []
    assert taosd.show_anodes() == "ready"


@pytest.mark.parametrize("release", [OLD, MID, NEW], ids=["3.3.6", "3.3.7", "3.4"])
def test_anomaly_window_finds_the_spike_with_every_detector(node: Node, release: Release) -> None:
    taosd = server(node, release)
    for algo in algorithms(taosd, "anomaly-detection"):
        windows = taosd.anomaly_window(table(TIMES, SPIKE), f"algo={algo},wncheck=0")
        if algo not in ("sample_ad_model", "shift"):  # one judges windows of rows, one looks for what stays
            assert any(start <= TIMES[150] <= end for start, end in windows.windows), algo  # stretches, of `shape`


@pytest.mark.parametrize("release", [OLD, MID, NEW], ids=["3.3.6", "3.3.7", "3.4"])
@pytest.mark.parametrize("bounds", [True, False])
def test_forecast_answers_with_every_forecaster(node: Node, release: Release, bounds: bool) -> None:
    taosd = server(node, release)
    for algo in set(algorithms(taosd, "forecast")) - REMOTE:
        predicted = taosd.forecast(table(TIMES, WAVE), f"algo={algo},rows=7,wncheck=0", bounds=bounds)
        assert len(predicted.value) == 7
        assert predicted.times == [TIMES[-1] + SECOND * i for i in range(1, 8)]


@pytest.mark.parametrize("type", ["BOOL", "TINYINT", "INT", "BIGINT UNSIGNED", "FLOAT"])
def test_columns_of_every_numeric_type(node: Node, type: str) -> None:
    values = [i % 2 for i in range(200)] if type == "BOOL" else [i % 5 + 100 * (i == 150) for i in range(200)]
    server(node).anomaly_window(table(TIMES, values, type=type), "algo=iqr,wncheck=0")


def test_nanoseconds_and_data_before_time(node: Node) -> None:
    times = [1_700_000_000_123_456_789 + i for i in range(200)]
    columns = table(times, SPIKE)[::-1]
    windows = server(node).anomaly_window(columns, "algo=ksigma,wncheck=0", prec="ns")
    assert windows.windows


def test_white_noise_is_an_error_of_the_query(node: Node) -> None:
    noise = np.random.default_rng(3).normal(size=500).tolist()
    columns = table([SECOND * i for i in range(500)], noise)
    with pytest.raises(Rejected, match="white noise"):
        server(node).anomaly_window(columns, "algo=iqr")
    server(node).anomaly_window(columns, "algo=iqr,wncheck=0")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_c_prints_for_not_a_number_is_refused_by_name(node: Node, value: float) -> None:
    with pytest.raises(Rejected, match="is not a finite number"):
        server(node).anomaly_window(table(TIMES, [*WAVE[:-1], value]), "algo=iqr")


def test_null_is_read_as_the_zero_that_was_sent(node: Node) -> None:
    windows = server(node).anomaly_window(table(TIMES, [*WAVE[:-1], None]), "algo=ksigma,wncheck=0")
    assert TIMES[-1] in [start for start, _ in windows.windows]


def test_several_columns(node: Node) -> None:
    columns = table(TIMES, SPIKE, WAVE, WAVE)
    assert server(node).anomaly_window(columns, "algo=iqr,wncheck=0").windows


def test_largest_request(node: Node) -> None:
    rng = np.random.default_rng(7)
    columns = table([SECOND * i for i in range(40_000)], np.cumsum(rng.normal(size=40_000)).tolist())
    server(node).anomaly_window(columns, "algo=iqr")


def test_arima_takes_covariates_that_are_known_ahead(node: Node) -> None:
    known = [float(i % 7 == 3) for i in range(210)]
    values = [w + 50.0 * x for w, x in zip(WAVE, known, strict=False)]
    columns = [*table(TIMES, values), Column("dynamic_real_1", "DOUBLE", known)]
    said = "algo=arima,wncheck=0,dynamic_real_100=[1 0 1],dynamic_real_100_col=c3"  # numbered from 1 in the schema
    found = server(node).forecast(columns, said).value
    assert found[6] > found[5] + 40.0  # row 206 is 3 modulo 7
    past = [*table(TIMES, values), Column("past_dynamic_real_1", "DOUBLE", known[:200])]
    with pytest.raises(Rejected, match="past_dynamic_real_1 ends with the data"):
        server(node).forecast(past, "algo=arima,wncheck=0")


def test_covariates_are_refused_in_words(node: Node) -> None:
    columns = [*table(TIMES, WAVE), Column("dynamic_real_1", "DOUBLE", [1.0] * 210)]
    for algo in set(algorithms(server(node), "forecast")) - REMOTE:
        with pytest.raises(Rejected, match="covariate"):
            server(node).forecast(columns, f"algo={algo},wncheck=0")
