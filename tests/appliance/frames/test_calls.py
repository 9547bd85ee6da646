"""What a user of `import taosanode` sees: frames and arrays in, the same out."""

from __future__ import annotations

import doctest
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import taosanode
from appliance.frames import calls

MONTHS = 60


def months(*names: str) -> pd.DataFrame:
    """Series of ends of months, a season of 12 and some noise."""
    rng = np.random.default_rng(1)
    season = 100 + 10 * np.sin(np.arange(MONTHS) * math.pi / 6)
    days = pd.date_range("2020-01-31", periods=MONTHS, freq="ME")
    parts = [pd.DataFrame({"unique_id": n, "ds": days, "y": season + rng.normal(size=MONTHS)}) for n in names]
    return pd.concat(parts, ignore_index=True)


def polars(*names: str) -> pl.DataFrame:
    return pl.DataFrame({name: column.to_numpy() for name, column in months(*names).items()})


def test_examples_of_the_docstrings_are_true() -> None:
    failed, tried = doctest.testmod(calls)
    assert tried >= 8
    assert failed == 0


def test_forecast_of_a_pandas_frame_goes_on_by_the_calendar() -> None:
    found = taosanode.forecast(months("a", "b"), h=2, algo="holtwinters", conf=[80, 95])
    assert list(found.columns) == ["unique_id", "ds", "forecast", "low_80", "high_80", "low_95", "high_95"]
    assert found["unique_id"].tolist() == ["a", "a", "b", "b"]
    assert found["ds"].tolist() == [pd.Timestamp("2025-01-31"), pd.Timestamp("2025-02-28")] * 2
    assert (found["low_95"] < found["low_80"]).all()


def test_frame_and_array_give_the_same_forecast() -> None:
    data = months("a")
    frame = taosanode.forecast(data, h=3, algo="holtwinters", trend="add")
    array = taosanode.forecast(data["y"].to_numpy(), h=3, algo="holtwinters", trend="add")
    np.testing.assert_array_equal(frame["forecast"], array.value)
    np.testing.assert_array_equal(frame["high"], array.high)


def test_several_levels_of_an_array_are_quantiles() -> None:
    found = taosanode.forecast(months("a")["y"].tolist(), h=2, algo="holtwinters", conf=(80, 95))
    assert sorted(found.quantiles) == [0.025, 0.1, 0.9, 0.975]
    assert (found.quantiles[0.025] < found.quantiles[0.1]).all()


def test_polars_frame_with_zone_and_numbers_as_names_keeps_its_types() -> None:
    data = polars("1", "2").with_columns(
        pl.col("unique_id").cast(pl.Int32), pl.col("ds").dt.replace_time_zone("Europe/Berlin")
    )
    found = taosanode.forecast(data, h=2, algo="holtwinters")
    assert isinstance(found, pl.DataFrame)
    assert found.schema["unique_id"] == pl.Int32
    assert found.schema["ds"] == data.schema["ds"]
    assert [str(time)[:25] for time in found["ds"][:2]] == ["2025-01-31 00:00:00+01:00", "2025-02-28 00:00:00+01:00"]


def test_a_column_of_times_keeps_its_values_under_the_name_of_a_result() -> None:
    found = taosanode.forecast(months("a").rename(columns={"ds": "forecast"}), h=2, algo="theta")
    assert list(found) == ["unique_id", "forecast_1", "forecast", "low", "high"]
    assert str(found["forecast_1"].dtype).startswith("datetime64")


def test_what_a_pandas_index_names_is_a_column() -> None:
    data = months("a", "b")
    expected = taosanode.forecast(data, h=2, algo="theta")
    for names in (["unique_id", "ds"], ["unique_id"]):
        found = taosanode.forecast(data.set_index(names), h=2, algo="theta")
        pd.testing.assert_frame_equal(found, expected)


def test_columns_may_have_numbers_and_commas_for_names() -> None:
    days = pd.date_range("2024-01-01", periods=30)
    wide = pd.DataFrame(np.arange(1.0, 61.0).reshape(30, 2), days)
    assert set(taosanode.forecast(wide, h=1, algo="theta", value="*")["column"]) == {"0", "1"}
    wide.columns = ["a, b", "c"]
    found = taosanode.forecast(pl.DataFrame(wide.reset_index()), h=1, algo="theta", value=["a, b", "c"])
    assert found["column"].to_list() == ["a, b", "c"]


def test_days_of_an_offset_from_utc_go_on() -> None:
    days = pd.date_range("2024-01-31", periods=30, freq="ME", tz="+02:00")
    found = taosanode.forecast(pd.DataFrame({"ds": days[:-1], "y": np.arange(1.0, 30.0)}), h=1, algo="theta")
    assert found["ds"].tolist() == [days[-1]]


def test_dates_stay_dates() -> None:
    data = polars("a").with_columns(pl.col("ds").cast(pl.Date))
    assert taosanode.forecast(data, h=1, algo="holtwinters").schema["ds"] == pl.Date


def test_index_of_times_and_gaps_are_understood() -> None:
    data = months("a").set_index("ds")["y"].drop(pd.Timestamp("2020-06-30"))
    with pytest.warns(taosanode.SeriesWarning, match="1 row in 1 gap filled by kalman") as told:
        taosanode.forecast(data, h=1, algo="holtwinters")
    assert told[0].filename == __file__
    found = taosanode.impute(data, "linear")
    assert len(found) == MONTHS
    assert found.loc[found["filled"] == 1, "ds"].tolist() == [pd.Timestamp("2020-06-30")]


def test_rows_and_windows_of_a_detector() -> None:
    data = months("a", "b")
    data.loc[70, "y"] = 500.0
    rows = taosanode.detect(data, "ksigma")
    assert rows.loc[rows["flag"] < 0, ["unique_id", "ds"]].to_numpy().tolist() == [["b", pd.Timestamp("2020-11-30")]]
    windows = taosanode.detect(data, "ksigma", output="windows")
    assert windows[["unique_id", "rows"]].to_numpy().tolist() == [["b", 1]]


def test_columns_of_a_wide_frame_are_series_and_correlate() -> None:
    wide = months("a", "b").pivot(index="ds", columns="unique_id", values="y")
    found = taosanode.forecast(wide, h=1, algo="holtwinters", value="*")
    assert found["column"].tolist() == ["a", "b"]
    pairs = taosanode.correlate(wide.assign(c=-2 * wide["a"]))
    assert pairs.loc[0, ["first", "second"]].tolist() == ["a", "c"]
    assert pairs.loc[0, "value"] == pytest.approx(-1.0)


def test_comparison_ranks_algorithms() -> None:
    found = taosanode.compare(months("a"), ["holtwinters", "zero"], folds=2)
    assert {"holtwinters", "zero", "seasonal-naive"} == set(found["algorithm"])
    assert found["rank"].is_monotonic_increasing
    found = taosanode.compare(months("a").assign(odd=0), "iqr,ksigma", value="y", labels="odd")
    assert {"iqr", "ksigma"} == set(found["algorithm"])


def test_dict_of_arrays_gives_a_dict(tmp_path: Path) -> None:
    data = {"ds": np.arange("2024-01", "2029-01", dtype="datetime64[M]").astype("datetime64[s]"), "y": months("a")["y"]}
    plot = tmp_path / "a.png"
    found = taosanode.forecast(data, h=2, algo="holtwinters", plot=plot)
    assert found["ds"].astype("datetime64[D]").astype(str).tolist() == ["2029-01-01", "2029-02-01"]
    assert plot.stat().st_size > 1000


def test_series_that_fails_raises_or_is_left_out_with_a_warning() -> None:
    data = months("a", "b")
    data.loc[70, "y"] = np.nan
    with pytest.raises(taosanode.AlgorithmError, match="series b: column y: 1 of 60 values are missing"):
        taosanode.detect(data, "iqr")
    with pytest.warns(taosanode.SeriesWarning, match="series b") as told:
        found = taosanode.detect(data, "iqr", errors="warn")
    assert told[0].filename == __file__
    assert set(found["unique_id"]) == {"a"}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: taosanode.forecast(months("a"), algo="armia"), "unknown algorithm armia, did you mean arima"),
        (lambda: taosanode.forecast(months("a"), algo="arima", perod=3), "unknown option perod, did you mean period"),
        (lambda: taosanode.detect(months("a"), output="both"), "output must be rows or windows, got 'both'"),
        (lambda: taosanode.detect(months("a"), errors="no"), "errors must be raise or warn, got 'no'"),
        (lambda: taosanode.detect({"ds": [1, 2], "y": [1]}), "columns of one length are needed, got ds: 2, y: 1"),
        (lambda: taosanode.detect("file.csv"), "a data frame in memory .* expected, got builtins.str"),
        (lambda: taosanode.forecast(pl.DataFrame({"y": [1]}).lazy()), "in memory .* got polars.*LazyFrame"),
        (lambda: taosanode.detect([1.0, math.nan] * 10), "value at row 1 is missing or not finite: nan"),
        (lambda: taosanode.impute([math.nan] + [1.0] * 20), "the first and the last value must be numbers"),
        (lambda: taosanode.list_algorithms("anomalies"), "kind must be one of .*anomaly.*, got 'anomalies'"),
        (lambda: taosanode.compare(months("a"), kind="x"), "kind must be one of .*, got 'x'"),  # type: ignore[arg-type]
        (lambda: taosanode.detect(months("a"), None), "algo must be the name of an algorithm, got None"),  # type: ignore[arg-type]
        (lambda: taosanode.forecast(months("a"), fill="nearest"), "fill must be kalman"),
        (lambda: taosanode.detect(["x"] * 20), "numbers is expected: could not convert string to float: 'x'"),
        (lambda: taosanode.detect(np.ones(20) * 1j), "numbers is expected: they are complex128"),
        (lambda: taosanode.detect(np.ma.masked_greater(np.arange(20.0), 18.0)), "value at row 19 is missing"),
        (lambda: taosanode.forecast(pd.concat([months("a")] * 2)), "goes back from .*; sort sorts"),
    ],
)
def test_wrong_use_is_told(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(taosanode.AlgorithmError, match=told):
        call()


def test_algorithms_are_listed() -> None:
    assert {"arima", "auto", "holtwinters", "zero"} <= set(taosanode.list_algorithms("forecast"))
    assert "iqr" in taosanode.list_algorithms()


def test_covariates_are_columns_that_go_on_where_the_value_ends() -> None:
    rng = np.random.default_rng(2)
    price = rng.normal(size=65)
    sold = [*(7.0 * price[:60] + 0.1 * rng.normal(size=60)), *[math.nan] * 5]
    frame = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=65), "sold": sold, "price": price})
    found = taosanode.forecast(frame, value="sold", covariate="price")
    np.testing.assert_allclose(found["forecast"], 7.0 * price[60:], atol=0.5)
    past, future = frame[:60], frame[60:].drop(columns="sold")
    pd.testing.assert_frame_equal(taosanode.forecast(past, value="sold", covariate="price", future=future), found)
    with pytest.raises(taosanode.AlgorithmError, match="the frame future has no column price; there are: ds"):
        taosanode.forecast(past, value="sold", covariate="price", future=future[["ds"]])
    with pytest.raises(taosanode.AlgorithmError, match="future needs covariate"):
        taosanode.forecast(past, value="sold", future=future)
    with pytest.raises(taosanode.AlgorithmError, match="covariates are columns of a frame, or of a dict of arrays"):
        taosanode.forecast([1.0, 2.0] * 10, covariate="price")


def test_a_plot_draws_what_an_analysis_finds(tmp_path: Path) -> None:
    assert taosanode.plot(months("a"), tmp_path / "a.svg", "forecast", "theta", h=6) == tmp_path / "a.svg"
    assert "Forecast by theta" in (tmp_path / "a.svg").read_text()
    with pytest.raises(taosanode.AlgorithmError, match="kind must be one of anomaly, forecast, imputation, got 'x'"):
        taosanode.plot([1.0] * 20, tmp_path / "a.svg", "x")  # type: ignore[arg-type]
    with pytest.raises(taosanode.AlgorithmError, match="a plot is a file that ends in .png, .svg"):
        taosanode.plot([1.0] * 20, tmp_path / "a.pdf")


def test_a_plot_shows_the_parts_of_a_series(tmp_path: Path) -> None:
    taosanode.plot(months("a"), tmp_path / "a.svg", "forecast", "theta", h=6, parts=True)
    assert "remainder" in (tmp_path / "a.svg").read_text()
    with pytest.raises(taosanode.AlgorithmError, match="plot_parts is for anomaly and forecast, got imputation"):
        taosanode.plot(months("a"), tmp_path / "a.svg", "imputation", parts=True)
    with pytest.raises(taosanode.AlgorithmError, match="plot_parts needs plot"):
        taosanode.detect([1.0] * 20, plot_parts=True)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_whole_numbers_are_integers_and_windows_tell_who_found_them(make: Callable[..., Any]) -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(40 + 20 * np.sin(np.arange(240) * math.pi / 12)).astype(float)
    data = make({"unique_id": ["a"] * 240, "ds": np.arange(240) * 3_600_000 + 1_700_000_000_000, "y": counts})
    found = taosanode.forecast(data, h=3, algo="holtwinters", whole=True)
    assert [str(found[name].dtype).lower() for name in ("forecast", "low", "high")] == ["int64"] * 3
    counts[100] = 500.0
    spiky = make({"unique_id": ["a"] * 240, "ds": np.arange(240) * 3_600_000 + 1_700_000_000_000, "y": counts})
    assert "spike" in taosanode.detect(spiky, output="windows")["found_by"][0]
    rows = taosanode.detect(spiky)["found_by"].to_list()
    assert "spike" in rows[100]
    assert not isinstance(rows[0], str)
    assert taosanode.detect(data, output="windows", least=99.0, sensitivity=99.0)["found_by"].to_list() == []


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1.0, 2.0, 3.0, 4.0] * 6),
        pd.Series([1, 2, 3, 4] * 6, dtype="Int64"),
        pl.Series([1, 2, 3, 4] * 6),
        pl.Series("v", [1, 2, 3, 4] * 6).cast(pl.Decimal(10, 2)),
    ],
)
def test_a_series_without_times_is_its_values(series: Any) -> None:
    found = taosanode.forecast(series, h=4, algo="holtwinters", seasonal="add", period=4)
    np.testing.assert_array_equal(
        found.value, taosanode.forecast([1, 2, 3, 4] * 6, h=4, algo="holtwinters", seasonal="add", period=4).value
    )


def test_a_series_of_pandas_with_times_goes_on_after_them() -> None:
    for index in (pd.date_range("2020-01", periods=24, freq="MS"), pd.period_range("2020-01", periods=24, freq="M")):
        found = taosanode.forecast(pd.Series([1.0, 2.0, 3.0, 5.0] * 6, index), h=2, algo="theta")
        assert list(found.columns) == ["time", "forecast", "low", "high"]
        assert found["time"].tolist() == [pd.Timestamp("2022-01-01"), pd.Timestamp("2022-02-01")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pl.Series(["a"] * 20), "a series of numbers is expected, got String"),
        (pl.Series([1.0] * 10 + [None] * 10), "value at row 10 is missing or not finite"),
        (pl.DataFrame({"v": [1.0] * 20}), "the frame has one column, v, and no times; a series or an array of values"),
    ],
)
def test_a_series_of_something_else_and_a_frame_without_times_are_refused(data: Any, message: str) -> None:
    with pytest.raises(taosanode.AlgorithmError, match=message):
        taosanode.forecast(data, h=2)
