from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

from appliance.files.compare.anomaly import compare
from appliance.files.compare.comparison import Comparison
from appliance.files.compare.detection_scores import vus_pr
from appliance.files.series import FileError, FileResult, FileSeries
from kernels.contract import AlgorithmError
from tests.appliance.files.results import detected

NAMES = ["first", "second", "third"]


def series(name: str, n: int = 60) -> FileSeries:
    return FileSeries(name, np.arange(n, dtype=np.int64) * 1000, "ms", {"v": np.zeros(n)})


def marks(name: str, of: str, n: int) -> np.ndarray:
    """Return what a detector flags in a series: anything, but always the same."""
    rng = np.random.default_rng([*name.encode(), *of.encode()])
    return np.repeat(rng.random(n // 3) < 0.3, 3)


def runs_of(marked: np.ndarray) -> list[tuple[int, int]]:
    """Return begin and end of each run of marked rows."""
    edges = np.flatnonzero(np.diff(marked.astype(int), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def runs(marked: np.ndarray) -> int:
    """Return how many runs of marked rows there are."""
    return int((np.diff(marked.astype(int), prepend=0) > 0).sum())


def run(name: str, one: FileSeries) -> FileResult:
    if one.name == "hard" and name == "third":
        raise AlgorithmError("third gives up")
    flags = np.where(marks(name, one.name, len(one.times)), -1, 1).astype(np.int8)
    return detected(one, name, flags)


def table(compared: Comparison) -> dict[str, dict[str, Any]]:
    return {str(row[1]): dict(zip(compared.columns, row, strict=True)) for row in compared.rows}


def test_agreement_is_that_of_an_independent_implementation() -> None:
    several = [series("a"), series("b", 90)]
    found = table(compare(several, NAMES, run))
    flagged = {name: np.concatenate([marks(name, s.name, len(s.times)) for s in several]) for name in NAMES}
    for name in NAMES:
        others = [other for other in NAMES if other != name]
        assert found[name]["agreement"] == pytest.approx(
            np.mean([jaccard_score(flagged[name], flagged[other]) for other in others])
        )
        assert found[name]["rows"] == flagged[name].sum()
        assert found[name]["share"] == pytest.approx(flagged[name].mean())
        seconded = flagged[name] & np.any([flagged[other] for other in others], axis=0)
        assert found[name]["confirmed"] == pytest.approx(seconded.sum() / flagged[name].sum())
        assert found[name]["windows"] == sum(runs(marks(name, s.name, len(s.times))) for s in several)


def test_without_labels_the_sentence_says_that_nobody_knows() -> None:
    compared = compare([series("a")], NAMES, run)
    agreements = [row["agreement"] for row in table(compared).values()]
    assert agreements == sorted(agreements, reverse=True)
    assert [row["rank"] for row in table(compared).values()] == [1, 2, 3]
    best = compared.rows[0][1]
    assert compared.sentence == (
        f"without labels nobody knows which detector is right; {best} agrees most with the others (mean Jaccard index "
        f"{agreements[0]:.3g}), the ranks are by that alone"
    )
    assert "f1" not in compared.columns


def test_two_detectors_without_labels_are_not_ranked() -> None:
    compared = compare([series("a")], NAMES[:2], run)
    assert [row["rank"] for row in table(compared).values()] == [None, None]
    assert compared.sentence.endswith("with fewer than three there is no majority either, so none is ranked")


def test_labels_rank_by_the_volume_under_the_surface_of_the_scores() -> None:
    several = [series("a"), series("b", 90)]
    labels = {s.name: marks("truth", s.name, len(s.times)).astype(np.int8) for s in several}
    compared = compare(several, NAMES, run, labels)
    found = table(compared)
    truth = np.concatenate([labels[s.name] for s in several])
    for name in NAMES:
        flagged = np.concatenate([marks(name, s.name, len(s.times)) for s in several])
        assert found[name]["f1"] == pytest.approx(f1_score(truth, flagged))
        assert 0.0 <= found[name]["event_recall"] <= 1.0
    scored = [row["vus_pr"] for row in found.values()]
    assert scored == sorted(scored, reverse=True)
    volumes = [vus_pr(np.zeros(len(s.times)), runs_of(labels[s.name] != 0), len(s.times) // 10) for s in several]
    assert scored[0] == pytest.approx(np.mean(volumes))  # `detected` gives every row the score 0
    best, second = list(found)[:2]
    assert compared.sentence.startswith(
        f"{best} did best: VUS-PR {scored[0]:.3g} of its scores against {int(truth.sum())} labelled rows, {second} "
        f"comes next with {scored[1]:.3g}; its windows found "
    )


@pytest.mark.parametrize("told", [True, False])
def test_a_detector_that_flags_everything_is_not_the_best(told: bool) -> None:
    def flag(name: str, one: FileSeries) -> FileResult:
        flags = np.full(60, -1, np.int8)
        if name == "right":
            flags[:] = 1
            flags[20:29] = -1
        return detected(one, name, flags, np.where(flags < 0, 2.0, 1.0) if told else np.full(60, np.nan))

    truth = np.zeros(60, np.int8)
    truth[20:30] = 1
    found = table(compare([series("a")], ["all", "right"], flag, {"a": truth}))
    assert list(found) == ["right", "all"]
    assert found["all"]["event_f1"] == 1.0  # one window that touches the one event: why scores decide
    assert found["right"]["f1"] == pytest.approx(2 * 9 / 19)
    assert found["all"]["precision"] == pytest.approx(10 / 60)


def test_labels_without_an_anomaly_decide_nothing() -> None:
    compared = compare([series("a")], NAMES, run, {"a": np.zeros(60, np.int8)})
    assert all(row["recall"] is None for row in table(compared).values())
    assert compared.sentence.startswith("without labels nobody knows")
    assert any("mark no row" in note for note in compared.notes)


def test_what_fails_has_found_nothing() -> None:
    several = [series("a"), series("hard")]
    labels = {s.name: np.ones(60, np.int8) for s in several}
    compared = compare(several, NAMES, run, labels)
    third = table(compared)["third"]
    assert (third["failed"], third["reason"]) == (1, "third gives up")
    assert third["recall"] == pytest.approx(marks("third", "a", 60).sum() / 120)
    assert third["share"] == pytest.approx(marks("third", "a", 60).mean())
    assert "third failed on 1 of 2 series" in compared.notes
    both = [jaccard_score(marks("third", "a", 60), marks(other, "a", 60)) for other in NAMES[:2]]
    assert third["agreement"] == pytest.approx(np.mean(both))  # over the series that both have answered


def test_who_always_fails_has_no_rank() -> None:
    compared = compare([series("hard")], NAMES, run)
    assert compared.rows[-1] == (None, "third", *[None] * 6, 1, "third gives up")
    assert compare([series("hard")], ["third"], run).sentence == "no detector answered"


def test_detectors_that_find_nothing_agree() -> None:
    def nothing(name: str, one: FileSeries) -> FileResult:
        flags = np.ones(60, np.int8)
        return detected(one, name, flags)

    found = table(compare([series("a")], NAMES, nothing))
    assert {row["agreement"] for row in found.values()} == {1.0}
    assert {row["rank"] for row in found.values()} == {1}
    assert {row["confirmed"] for row in found.values()} == {None}


def test_jobs_run_side_by_side() -> None:
    waiting = threading.Barrier(3, timeout=30)

    def together(name: str, one: FileSeries) -> FileResult:
        waiting.wait()  # passes only if three jobs are at it at once
        return run(name, one)

    with ThreadPoolExecutor(3) as pool:
        at_once = table(compare([series("a")], NAMES, together, each=pool.map))
    for name, row in table(compare([series("a")], NAMES, run)).items():
        assert {**row, "seconds": 0} == {**at_once[name], "seconds": 0}


def test_no_series_is_refused() -> None:
    with pytest.raises(FileError, match="no series"):
        compare([], NAMES, run)
