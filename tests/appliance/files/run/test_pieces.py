"""Series above the limit of a request, which is lowered here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import taosanode
from appliance import cli
from appliance.analysis.catalog import Catalog
from appliance.analysis.kinds import BY_TYPE
from appliance.files.run import pieces
from appliance.files.run.local import Local
from appliance.files.run.question import Question
from appliance.files.series import FileResult, FileSeries
from appliance.host.settings import Settings
from kernels.contract import ANOMALY, FORECAST, AlgorithmError, Detection
from tests.appliance.files.samples import MINUTE, START, write

KIND = BY_TYPE[ANOMALY]
PIECE, OVERLAP = 400, 100
Ask = Callable[[FileSeries], FileResult]


@pytest.fixture(autouse=True)
def _short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", PIECE)
    monkeypatch.setattr(pieces, "OVERLAP", OVERLAP)


def season(rows: int, *odd: int) -> np.ndarray:
    values = 10.0 * np.sin(np.arange(rows) * np.pi / 12.0) + np.random.default_rng(6).normal(0.0, 0.3, rows)
    values[list(odd)] += 30.0
    return values


def series_of(values: np.ndarray) -> FileSeries:
    return FileSeries("", START + MINUTE * np.arange(len(values)), "ms", {"v": values})


def local(asked: list[int]) -> Ask:
    """A detector that looks at each row alone: unusual is what is above 20."""

    def ask(series: FileSeries) -> FileResult:
        asked.append(len(series.times))
        score = series.columns["v"]
        answer = Detection(np.where(score > 20.0, -1, 1).astype(np.int8), score)
        return FileResult.of(series, KIND, "local", series.data, answer)

    return ask


def answer(values: np.ndarray, ask: Ask, **given: str) -> FileResult:
    return pieces.answer(KIND, series_of(values), given, ask, lambda: False)


@pytest.mark.parametrize("rows", [401, 450, 700, 701, 1333])
def test_the_joined_answer_of_a_local_detector_is_the_one_about_all_rows(rows: int) -> None:
    values, asked = season(rows, 0, 200, 333, 350, 351, 399, rows - 1), list[int]()
    values[300:390] += 30.0  # most of the first overlap
    found, whole = answer(values, local(asked)), local([])(series_of(values))
    assert len(asked) > 1
    assert set(asked) == {PIECE}
    np.testing.assert_array_equal(found.answer.flags, whole.answer.flags)
    np.testing.assert_array_equal(found.answer.score, values)
    assert found.task.times.tolist() == whole.task.times.tolist()
    assert found.remark == f"{rows:,} rows in {len(asked)} pieces"


def test_a_window_across_the_seam_is_whole(catalog: Catalog) -> None:
    values = season(700)
    values[340:360] += 60.0  # around the middle of the overlap
    found = Local(KIND, catalog, Settings(), Question("iqr")).answer("iqr", series_of(values))
    begin, end, rows = (column.tolist() for column in KIND.cells("windows", found.task, found.answer)[:3])
    assert begin == [START + MINUTE * 340]
    assert end == [START + MINUTE * 359]
    assert rows == [20]


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.5])
def test_pieces_cover_all_rows_and_have_room_for_what_is_missing(missing: float) -> None:
    steps = np.flatnonzero(np.random.default_rng(2).random(3000) >= missing)
    spans = pieces.cut(START + MINUTE * steps)
    assert spans[0][0] == 0
    assert spans[-1][1] == len(steps)
    for (begin, end), (later, _) in zip(spans[:-1], spans[1:], strict=True):
        assert begin < later <= end - OVERLAP
    for begin, end in spans:
        assert 0.7 * PIECE <= end - begin <= PIECE
        assert steps[end - 1] - steps[begin] < PIECE or missing == 0.5


def test_what_a_piece_is_refused_for_tells_its_rows() -> None:
    def refused(series: FileSeries) -> FileResult:
        raise AlgorithmError("no")

    with pytest.raises(AlgorithmError, match=r"^rows 1 to 400: no$"):
        answer(season(500), refused)
    with pytest.raises(AlgorithmError, match="interrupted after 0 of 500 rows"):
        pieces.answer(KIND, series_of(season(500)), {}, refused, lambda: True)


@pytest.mark.parametrize("option", ["only_last", "explain"])
def test_what_looks_at_the_whole_series_is_refused(option: str) -> None:
    told = f"{option} looks at the whole series, and 500 rows are analysed in pieces of 400; --last 400 takes the last"
    with pytest.raises(AlgorithmError, match=told):
        answer(season(500), local([]), **{option: "1"})
    assert answer(season(500), local([]), **{option: "0"}).remark


def test_other_kinds_are_asked_at_once() -> None:
    asked: list[int] = []
    pieces.answer(BY_TYPE[FORECAST], series_of(season(500)), {}, local(asked), lambda: False)
    assert asked == [500]


def test_the_command_takes_several_long_series_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, times = 600, [START + MINUTE * at for at in range(600)]
    values = [*season(rows, 350).tolist(), *season(rows, 20, 590).tolist(), *season(100, 50).tolist()]
    names = ["a"] * rows + ["b"] * rows + ["c"] * 100
    path = write(tmp_path / "a.parquet", {"ts": [*times, *times, *times[:100]], "host": names, "value": values})
    out = tmp_path / "out.json"
    assert cli.main(["taosanode", "detect", path, "--by", "host", "--algo", "spike", "--out", str(out)]) == cli.OK
    assert {(row["host"], row["start"], row["rows"]) for row in json.loads(out.read_text())} >= {
        ("a", "2023-11-15T04:03:20.000Z", 1),
        ("b", "2023-11-14T22:33:20.000Z", 1),
        ("b", "2023-11-15T08:03:20.000Z", 1),
        ("c", "2023-11-14T23:03:20.000Z", 1),
    }
    told = capsys.readouterr().err
    assert "series a: 600 rows in 2 pieces\nseries b: 600 rows in 2 pieces\n" in told
    assert "series c" not in told


def test_gaps_are_filled_piece_by_piece(catalog: Catalog) -> None:
    values = np.delete(season(900, 350), np.arange(100, 130))
    times = np.delete(START + MINUTE * np.arange(900), np.arange(100, 130))
    engine = Local(KIND, catalog, Settings(), Question("auto"))
    found = engine.answer("auto", FileSeries("", times, "ms", {"v": values}))
    assert found.answer.flags[320] == -1
    assert found.remark.startswith("870 rows in 3 pieces; rows 1 to 370: 30 rows in 1 gap filled by kalman")


def test_frames_and_arrays_of_python_are_cut_likewise() -> None:
    values = season(600, 350)
    with pytest.warns(taosanode.SeriesWarning, match="600 rows in 2 pieces"):
        frame = taosanode.detect(
            pd.DataFrame({"ds": pd.date_range("2026-01-01", periods=600, freq="min"), "y": values})
        )
    assert frame["flag"].tolist() == taosanode.detect(values).flags.tolist()
    assert frame["flag"][350] == -1
    with pytest.raises(AlgorithmError, match="explain looks at the whole series.*; last 400 takes the last ones"):
        taosanode.detect(values, explain=1)
