from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from appliance import cli
from benchmarks.node import Node
from tests.appliance.commands.test_detect import detect
from tests.appliance.files import samples
from tests.appliance.files.samples import one, several, write


def labelled() -> samples.Table:
    """Three series of which row 18 of each is an outlier, and row 30 of one is called an anomaly besides."""
    table = several()
    truth = [int(place // 3 == 18 or place == 3 * 30) for place in range(len(table["ts"]))]
    return {**table, "fault": truth}


def test_detectors_are_compared_by_agreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", several())
    assert detect(path, "--by", "host", "--compare", "--format", "json") == cli.OK
    shown = capsys.readouterr()
    found = {row["algorithm"]: row for row in json.loads(shown.out)}
    assert {"grubbs", "iqr", "ksigma", "lof", "shesd"} <= set(found)
    assert (found["iqr"]["windows"], found["iqr"]["rows"], found["iqr"]["failed"]) == (3, 3, 0)
    assert "without labels nobody knows which detector is right" in shown.err


@pytest.mark.parametrize("values", [{0: 0, 1: 1}, {0: 1, 1: -1}, {0: 0, 1: 7}])
def test_detectors_are_compared_by_labels(
    tmp_path: Path, values: dict[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    table = labelled()
    table["fault"] = [values[label] for label in table["fault"]]
    path = write(tmp_path / "a.parquet", table)
    arguments = ["--by", "host", "--compare", "iqr,ksigma", "--labels", "fault", "--out", tmp_path / "out.json"]
    assert detect(path, *arguments) == cli.OK
    iqr = next(row for row in json.loads((tmp_path / "out.json").read_text()) if row["algorithm"] == "iqr")
    assert (iqr["precision"], iqr["recall"]) == (1.0, 0.75)
    assert iqr["f1"] == pytest.approx(6 / 7)
    assert (iqr["event_precision"], iqr["event_recall"]) == (1.0, 0.75)
    said = capsys.readouterr().err
    assert re.search(r"did best: VUS-PR [01][.\d]* of its scores against 4 labelled rows", said)
    assert "found 3 of 4 events (event F1 0.857)" in said


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--compare", "--algo", "iqr"], 2, "--algo and --compare exclude each other"),
        (["--compare", "--plot", "term"], 2, "--plot and --compare exclude each other"),
        (["--compare", "--flags"], 2, "--flags and --compare exclude each other"),
        (["--labels", "fault"], 2, "--labels needs --compare"),
        (["--compare", ","], 2, "--compare ',': names of algorithms are expected, separated by commas"),
        (["--compare", "iqr,nix"], 2, "unknown algorithm nix; there are: auto, copod, ecod"),
        (["--compare", "--labels", "nix"], 2, "--labels: there is no column nix; there are: ts, value"),
        (["--compare", "ksigma,iqr", "--option", "kk=1"], 2, "unknown option kk, did you mean k?"),
        (["--compare", "--option", "kk=1"], 2, "unknown option kk, did you mean k?"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_one_clear_line(
    tmp_path: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert detect(write(tmp_path / "a.csv", one()), *arguments) == code
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1


def test_detectors_of_a_node_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", several())
    with Node() as node:
        url = "http://{}:{}".format(*node.address)
        arguments = [path, "--by", "host", "--compare", "--format", "json"]
        assert detect(*arguments, "--url", url) == cli.OK
        there = json.loads(capsys.readouterr().out)
    assert detect(*arguments) == cli.OK
    here = json.loads(capsys.readouterr().out)
    assert [row | {"seconds": 0} for row in there] == [row | {"seconds": 0} for row in here]
    assert detect(*arguments, "--url", url) == cli.FAILED
    assert capsys.readouterr().err == f"{url} cannot be reached: Connection refused\n"
    assert detect(*arguments[:3], "--compare", "iqr,lof", "--url", url) == cli.FAILED
    assert capsys.readouterr().err == f"{url} cannot be reached: Connection refused\n"


def test_a_series_that_cannot_be_read_is_left_out_of_the_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = several(["a", "b"])
    table["value"][0] = None
    assert detect(write(tmp_path / "a.parquet", table), "--by", "host", "--compare", "iqr,lof") == cli.FAILED
    shown = capsys.readouterr()
    assert shown.err.startswith("series a: column value: 1 of 40 values are missing")
    assert "iqr" in shown.out
