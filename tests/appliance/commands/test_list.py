from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance import cli
from appliance.analysis.kinds import KINDS


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["taosanode", "list", *arguments]) == cli.OK
    return capsys.readouterr().out


def test_lists_every_algorithm_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    shown = listed(capsys)
    assert "anomaly-detection  iqr " in shown
    assert "forecast           arima " in shown


def test_json_is_the_body_of_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(listed(capsys, "--json"))["protocol"] == 1.0


@pytest.mark.parametrize("kind", [name for kind in KINDS for name in (kind.name, kind.wire_type)])
def test_a_kind_leaves_the_others_out(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = listed(capsys, "--kind", kind).splitlines()
    assert lines
    assert {line.split()[0] for line in lines} == {one.wire_type for one in KINDS if kind in (one.name, one.wire_type)}
    details = json.loads(listed(capsys, "--kind", kind, "--json"))["details"]
    assert [len(detail["algo"]) for detail in details if detail["algo"]] == [len(lines)]


def test_an_algorithm_is_shown_with_its_options_and_those_of_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listed(capsys, "ksigma").splitlines()
    assert lines == [
        "ksigma (anomaly detection): k-sigma rule: beyond k standard deviations of the mean",
        "",
        "OPTION  DEFAULT  VALUES           MEANING",
        "k       3        a number 1 to 3  threshold in standard deviations",
        "",
        "taken by every anomaly-detection algorithm:",
        "",
        *lines[7:],
    ]
    assert lines[7].split() == ["OPTION", "DEFAULT", "VALUES", "MEANING"]
    assert [line.split()[0] for line in lines[8:]] == [
        "scores",
        "valid_code",
        "only_last",
        "explain",
        "wncheck",
        "timeout",
    ]


def test_aliases_choices_and_what_there_is_none_of_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "rows - 1 where that is less (also n_neighbors, n_neighbor, neighbor)" in listed(capsys, "LOF")
    assert "none, add, mul or auto" in listed(capsys, "holtwinters")
    assert "\nno options of its own\n" in listed(capsys, "iqr")


def test_an_option_that_the_algorithm_has_itself_is_not_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    names = [line.split(" ")[0] for line in listed(capsys, "holtwinters").splitlines()]
    assert names.count("period") == 1
    assert {"trend", "rows", "conf", "every", "start"} <= set(names)


def test_a_name_may_be_spelt_as_in_sql(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, "TDtsfm_1").startswith("tdtsfm_1 (forecast): ")


def test_a_name_that_several_kinds_have_is_shown_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "twice.py").write_text(
        "from kernels.contract import FORECAST, Algorithm, Forecast\n"
        "from kernels.options import NoOptions\n"
        "def run(task, params):\n    return Forecast(*[task.series[-1:].repeat(task.rows)] * 3)\n"
        "ALGORITHM = Algorithm('iqr', 'the last value', FORECAST, NoOptions, run)\n"
    )
    (tmp_path / "node.ini").write_text(f"[taosanode]\nalgorithm-dir = {tmp_path}\n")
    shown = listed(capsys, "iqr", "-c", str(tmp_path / "node.ini"))
    assert [line.split(":")[0] for line in shown.splitlines() if line.startswith("iqr (")] == [
        "iqr (forecast)",
        "iqr (anomaly detection)",
    ]
    assert shown.count("iqr (") == 2
    only = listed(capsys, "iqr", "-c", str(tmp_path / "node.ini"), "--kind", "forecast")
    assert only.count("iqr (") == 1


def test_json_of_one_algorithm_is_its_entry(capsys: pytest.CaptureFixture[str]) -> None:
    details = json.loads(listed(capsys, "arima", "--json"))["details"]
    assert [one["name"] for detail in details for one in detail["algo"]] == ["arima"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ksgma"], cli.FAILED, "unknown algorithm ksgma, did you mean ksigma?\n"),
        (
            ["nonesuch-at-all", "--kind", "anomaly"],
            cli.FAILED,
            "unknown algorithm nonesuch-at-all; there are: ",
        ),
        (["ksigma", "--kind", "forecast"], cli.FAILED, "unknown algorithm ksigma"),
        (["--kind", "forcast"], cli.USAGE, "unknown kind of analysis forcast, did you mean forecast?\n"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_the_next_best(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["taosanode", "list", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(message)
