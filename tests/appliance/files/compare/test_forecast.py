from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from appliance.files.compare import scores
from appliance.files.compare.comparison import Backtest, Comparison, Trial
from appliance.files.compare.forecast import FOLDS, NAIVE, compare, compare_all
from appliance.files.series import FileError, FileResult, FileSeries
from kernels.contract import AlgorithmError, Forecast
from tests.appliance.files.results import forecasted

ROWS = 12


def series(name: str = "", n: int = 200, seed: int = 1, level: float = 100.0) -> FileSeries:
    rng = np.random.default_rng(seed)
    values = level * (1.0 + 0.3 * np.sin(np.arange(n) * 2 * np.pi / 12) + 0.05 * rng.normal(size=n))
    return FileSeries(name, np.arange(n, dtype=np.int64) * 60_000, "ms", {"v": values})


def flat(name: str, known: FileSeries) -> FileResult:
    """Forecast the mean of the history, plus 1 % for each letter of the name; give up on what is called hard."""
    if known.name == "hard" and name != "mean":
        raise AlgorithmError(f"{name} gives up")
    value = np.full(ROWS, known.columns["v"].mean() * (1 + 0.01 * (len(name) - 4)))
    half = 2.0 * known.columns["v"].std()
    return forecasted(known, name, Forecast(value, value - half, value + half))


def table(compared: Comparison) -> dict[str, dict[str, Any]]:
    return {str(row[1]): dict(zip(compared.columns, row, strict=True)) for row in compared.rows}


def naive(all_series: list[FileSeries], name: str, folds: int, season: int, conf: float) -> dict[str, float]:
    """Backtest one algorithm, one row at a time, from the formulas."""
    means: dict[str, list[float]] = {"mase": [], "smape": [], "interval_score": [], "coverage": []}
    squares = []
    for one in all_series:
        values, per_fold = one.columns["v"].tolist(), {key: [] for key in means}
        for fold in range(folds):
            origin = len(values) - ROWS * (folds - fold)
            known = FileSeries(one.name, one.times[:origin], "ms", {"v": np.array(values[:origin])})
            found = flat(name, known).answer
            naive_errors = [abs(values[t] - values[t - season]) for t in range(season, origin)]
            scale = sum(naive_errors) / len(naive_errors)
            absolute, share, winkler, inside = 0.0, 0.0, 0.0, 0
            for h in range(ROWS):
                truth, value, low, high = values[origin + h], found.value[h], found.low[h], found.high[h]
                absolute += abs(truth - value)
                share += 200 * abs(truth - value) / (abs(truth) + abs(value))
                winkler += (high - low) + 2 / (1 - conf) * (max(low - truth, 0) + max(truth - high, 0))
                inside += low <= truth <= high
                squares.append((truth - value) ** 2)
            for key, total in zip(means, (absolute / scale, share, winkler / scale, inside), strict=True):
                per_fold[key].append(total / ROWS)
        for key in means:
            means[key].append(sum(per_fold[key]) / folds)
    return {key: sum(of) / len(of) for key, of in means.items()} | {"rmse": (sum(squares) / len(squares)) ** 0.5}


def test_it_measures_as_the_formulas_say() -> None:
    several = [series("a"), series("b", 150, 2, 5.0), series("c", 90, 3, 1e6)]
    compared = table(compare(several, ["mean", "means"], flat, ROWS, 0.9, 4, 12))
    for name in ("mean", "means"):
        expected = naive(several, name, 4, 12, 0.9)
        assert {key: compared[name][key] for key in expected} == pytest.approx(expected, rel=1e-9)
        assert compared[name]["forecasts"] == 12


def test_no_forecast_sees_the_future() -> None:
    whole = series(n=200)
    seen: list[tuple[int, int]] = []

    def run(name: str, known: FileSeries) -> FileResult:
        assert len(known.times) == len(known.columns["v"])
        assert (known.columns["v"] == whole.columns["v"][: len(known.times)]).all()
        seen.append((int(known.times[-1]), len(known.times)))
        return flat(name, known)

    compare([whole], ["mean"], run, ROWS, folds=5)
    origins = [200 - ROWS * fold for fold in (5, 4, 3, 2, 1)]
    assert seen == [(int(whole.times[origin - 1]), origin) for origin in origins]
    assert max(seen)[0] + ROWS * 60_000 == whole.times[-1]  # the last truth is the last row, and nothing of it was seen


def test_the_future_has_no_say_in_the_season() -> None:
    calm = series(n=200)
    wild = FileSeries("", calm.times, "ms", {"v": np.append(calm.columns["v"][:164], np.tile([0.0, 1e3], 18))})
    for one in (calm, wild):
        assert compare([one], ["mean"], flat, ROWS, folds=3).notes[0].startswith(f"season of MASE and {NAIVE}: 12 rows")


def test_the_seasonal_naive_row_is_that_forecast() -> None:
    one = series()
    values = one.columns["v"]
    expected = []
    for origin in (176, 188):
        value, _, _ = scores.seasonal_naive(values[:origin], ROWS, 12, 0.95)
        expected.append(np.abs(value - values[origin : origin + ROWS]).mean() / scores.scale(values[:origin], 12))
    found = table(compare([one], ["mean"], flat, ROWS, folds=2, season=12))[NAIVE]
    assert found["mase"] == pytest.approx(np.mean(expected))
    assert found["seconds"] is None


def test_ranks_are_by_mean_mase_and_a_sentence_tells() -> None:
    compared = compare([series(), series("b", seed=5)], ["mean", "means", "meanss"], flat, ROWS, folds=2, season=12)
    rows = table(compared)
    errors = [row["mase"] for row in rows.values()]
    assert errors == sorted(errors)
    assert [row["rank"] for row in rows.values()] == [1, 2, 3, 4]
    assert next(iter(rows)) == NAIVE
    assert compared.sentence.startswith(
        f"no algorithm did better than repeating the last season ({NAIVE}): mean MASE "
        f"{errors[0]:.3g} over 4 forecasts of 2 series, "
    )
    less = 100 * (1 - errors[0] / errors[1])
    assert f"{less:.1f} % less than mean (nearer in 4 of 4)" in compared.sentence


def test_the_best_is_told_against_the_second_and_the_naive_one() -> None:
    def run(name: str, known: FileSeries) -> FileResult:
        ahead = np.arange(len(known.times), len(known.times) + ROWS)
        value = 100.0 * (1.0 + 0.3 * np.sin(ahead * 2 * np.pi / 12)) + 3.0 * (name == "near")
        return forecasted(known, name, Forecast(value, value - 10, value + 10))

    compared = compare([series()], ["near", "exact"], run, ROWS, folds=3, season=12)
    assert [row[1] for row in compared.rows] == ["exact", "near", NAIVE]
    assert compared.sentence.startswith("exact did best: mean MASE 0.")
    assert "% less than near (nearer in " in compared.sentence
    assert compared.sentence.endswith(f"% less than {NAIVE}")


def test_a_failed_forecast_counts_as_the_naive_one() -> None:
    several = [series("easy"), series("hard", seed=4)]
    compared = compare(several, ["mean", "means"], flat, ROWS, folds=2, season=12)
    rows = table(compared)
    alone = [table(compare([one], ["means"], flat, ROWS, folds=2, season=12)) for one in several]
    assert (rows["means"]["failed"], rows["means"]["reason"]) == (2, "means gives up")
    assert rows["means"]["forecasts"] == 4
    assert rows["means"]["mase"] == pytest.approx((alone[0]["means"]["mase"] + alone[1][NAIVE]["mase"]) / 2)
    assert (rows["mean"]["failed"], rows["mean"]["reason"]) == (0, None)
    assert f"forecasts that failed count as {NAIVE}: means" in compared.notes


def test_who_always_fails_has_no_rank() -> None:
    def run(name: str, known: FileSeries) -> FileResult:
        if name == "file":
            raise FileError("no usual step")
        return flat("mean", known)

    compared = compare([series()], ["file", "mean"], run, ROWS, folds=2)
    assert compared.rows[-1] == (None, "file", *[None] * 6, 2, 2, "no usual step")
    compared = compare([series()], ["file"], run, ROWS, folds=2)
    assert compared.sentence == "no algorithm could forecast: all of their 2 forecasts of 1 series failed"


def test_an_answer_of_another_length_is_a_failure() -> None:
    found = table(compare([series()], ["mean"], flat, 5, folds=1))
    assert found["mean"]["reason"] == "12 rows instead of 5"


def test_short_series_have_fewer_folds_or_none() -> None:
    several = [series("long"), series("short", 40), series("tiny", 20)]
    compared = compare(several, ["mean"], flat, ROWS, folds=5, season=12)
    assert table(compared)["mean"]["forecasts"] == 5 + 1
    assert "1 series are too short and left out, such as tiny with 20 rows" in compared.notes
    with pytest.raises(FileError) as refused:
        compare([series("tiny", 20)], ["mean"], flat, ROWS, season=12)
    assert str(refused.value) == "a comparison needs 36 rows of a series, got 20"
    with pytest.raises(FileError):
        compare([], ["mean"], flat, ROWS)


def test_a_constant_history_has_no_mase() -> None:
    still = FileSeries("still", np.arange(60, dtype=np.int64), "ms", {"v": np.full(60, 7.0)})
    compared = compare([still, series()], ["mean"], flat, ROWS, folds=2, season=12)
    alone = compare([series()], ["mean"], flat, ROWS, folds=2, season=12)
    assert table(compared)["mean"]["mase"] == table(alone)["mean"]["mase"]
    assert "2 of 4 histories do not vary, so MASE and interval_score leave them out" in compared.notes
    compared = compare([still], ["mean"], flat, ROWS, folds=2)
    assert table(compared)["mean"]["mase"] is None
    assert compared.sentence == f"mean and {NAIVE} did equally well: mean sMAPE 0 over 2 forecasts of 1 series"


@pytest.mark.parametrize(
    ("period", "season"), [({}, 12), ({"period": "24"}, 24), ({"period": "-1"}, 12), ({"period": "auto"}, 12),
                           ({"period": "0"}, 12)],
)  # fmt: skip
def test_the_season_is_the_period_that_algorithms_are_told(period: dict[str, str], season: int) -> None:
    trial = Trial([series()], ["mean"], flat, {"rows": str(ROWS), "conf": "80"} | period)
    assert compare_all(trial).notes[0] == f"season of MASE and {NAIVE}: {season} rows; intervals promise 80 %"
    told = compare_all(dataclasses.replace(trial, season=6)).notes[0]
    assert told == f"season of MASE and {NAIVE}: 6 rows; intervals promise 80 %"


def test_rows_and_folds_are_those_that_were_asked_for() -> None:
    trial = Trial([series()], ["mean"], flat, {"rows": str(ROWS)})
    assert table(compare_all(trial))["mean"]["forecasts"] == FOLDS
    assert table(compare_all(dataclasses.replace(trial, folds=5)))["mean"]["forecasts"] == 5
    assert table(compare_all(dataclasses.replace(trial, options={})))["mean"]["reason"] == "12 rows instead of 10"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "0"}, "a comparison forecasts what follows each origin, so it takes no start"),
        ({"rows": "0"}, "rows must be at least 1, got 0"),
        ({"rows": "many"}, "rows must be an integer, got 'many'"),
        ({"conf": "0"}, "invalid value of conf, should between 0 and 1.0, got 0.0"),
    ],
)
def test_options_that_no_comparison_can_have_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises((FileError, AlgorithmError)) as refused:
        compare_all(Trial([series()], ["mean"], flat, options))
    assert str(refused.value) == message


def test_every_cell_fits_its_column() -> None:
    kinds = {"VARCHAR": str, "BIGINT": int, "DOUBLE": float}
    huge = FileSeries(
        "huge", np.arange(60, dtype=np.int64), "ms", {"v": 1e300 * np.random.default_rng(1).normal(size=60)}
    )

    def quietly(name: str, known: FileSeries) -> FileResult:
        with np.errstate(over="ignore"):  # of this test's own deviation, not of what is tested
            return flat(name, known)

    compared = compare([huge, series("hard")], ["mean", "means"], quietly, ROWS, conf=1.0)
    for row in compared.rows:
        for cell, kind in zip(row, compared.columns.values(), strict=True):
            assert cell is None or (
                type(cell) is kinds[kind] and cell == cell and abs(cell if kind != "VARCHAR" else 0) < np.inf
            )


def test_jobs_run_side_by_side_with_the_same_outcome() -> None:
    several = [series("a"), series("b", seed=2)]
    waiting = threading.Barrier(4, timeout=30)

    def together(name: str, known: FileSeries) -> FileResult:
        waiting.wait()  # passes only if four jobs are at it at once
        return flat(name, known)

    with ThreadPoolExecutor(4) as pool:
        at_once = table(compare(several, ["mean", "means"], together, ROWS, folds=2, each=pool.map))
    in_turn = table(compare(several, ["mean", "means"], flat, ROWS, folds=2))
    for name, row in in_turn.items():
        assert {k: v for k, v in row.items() if k != "seconds"} == {
            k: v for k, v in at_once[name].items() if k != "seconds"
        }
        assert name == NAIVE or row["seconds"] >= 0


@pytest.mark.parametrize("gap", [slice(150, 162), slice(180, 185), slice(188, 199), slice(0, 0)])
def test_rows_after_a_gap_are_held_against_the_forecast_of_their_time(gap: slice) -> None:
    hours = np.delete(np.arange(200), gap)
    truth = 10.0 + np.sin(np.arange(240) * 2 * np.pi / 24)
    whole = FileSeries("", hours * 3_600_000, "ms", {"v": truth[hours]})

    def run(name: str, known: FileSeries) -> FileResult:
        ahead = int(known.times[-1]) // 3_600_000 + 1 + np.arange(ROWS)
        return forecasted(known, name, Forecast(truth[ahead], truth[ahead] - 1.0, truth[ahead] + 1.0))

    told: list[Backtest] = []
    compared = table(compare([whole], ["exact"], run, ROWS, season=24, tell=told.append))
    assert compared["exact"]["smape"] == 0.0
    assert compared[NAIVE]["smape"] == pytest.approx(0.0, abs=0.1)
    for one in told:
        np.testing.assert_array_equal(one.truth, truth[one.times // 3_600_000])
        assert set(one.times) <= set(whole.times)


def test_a_gap_longer_than_a_forecast_is_in_none() -> None:
    whole, missing = series(n=200), slice(164, 188)
    columns = {"v": np.delete(whole.columns["v"], missing)}
    told: list[Backtest] = []
    compare(
        [FileSeries("", np.delete(whole.times, missing), "ms", columns)],
        ["mean"],
        flat,
        ROWS,
        season=12,
        tell=told.append,
    )
    spans = [(one.origin // 60_000, one.times // 60_000) for one in told if one.algorithm == "mean"]
    assert [(origin, *ahead[[0, -1]]) for origin, ahead in spans] == [(139, 140, 151), (151, 152, 163), (188, 189, 199)]
