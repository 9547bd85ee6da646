from __future__ import annotations

import argparse

import pytest

from appliance.commands import detect, forecast
from appliance.files.run import arguments, question


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    forecast.arguments(made)
    return made


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ([], ""),
        (["--rows", "3", "--conf", "80"], "rows=3,conf=80"),
        (["--every", "5m", "--start", "2026-01-01T00:00:00+02:00"], "every=5m,start=2026-01-01T00:00:00+02:00"),
        (["--timeout", "7", "--option", "period=4"], "timeout=7,period=4"),
    ],
)
def test_an_argument_says_the_same_as_its_option(given: list[str], option: str) -> None:
    assert question.read("arima", parser().parse_args(["a.csv", *given]).option) == ("arima", option)


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        (["--option", "rows=7", "--rows", "3"], "3"),
        (["--rows", "3", "--option", "rows=7"], "7"),
        (["--rows", "3", "--algo", "arima,rows=7"], "3"),
        (["--rows", "3", "--rows", "4"], "4"),
    ],
)
def test_of_what_is_said_twice_the_last_counts_and_an_argument_more_than_the_algorithm(
    given: list[str], rows: str
) -> None:
    found = parser().parse_args(["a.csv", *given])
    assert question.Question(*question.read(found.algo or "arima", found.option)).given["rows"] == rows


def test_one_line_has_no_say_in_the_next() -> None:
    made = parser()
    made.parse_args(["a.csv", "--rows", "3", "--option", "period=4"])
    assert made.parse_args(["a.csv"]).option == []
    assert made.parse_args(["a.csv"]).rows is None


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ([], None),
        (["--compare", "--rows", "3", "--folds", "2"], None),
        (["--compare", "--start", "0"], "--start and --compare exclude each other"),
        (["--compare", "--covariate", "x"], "--covariate and --compare exclude each other"),
        (["--duplicates", "sum", "--covariate", "x"], "--covariate and --duplicates exclude each other"),
        (["--season", "4"], "--season needs --compare"),
        (["--future", "b.csv"], "--future b.csv needs --covariate: the columns that are known there"),
    ],
)
def test_what_goes_together(given: list[str], refused: str | None) -> None:
    assert arguments.conflict(parser().parse_args(["a.csv", *given])) == refused


def test_a_piece_that_is_no_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    made = argparse.ArgumentParser()
    detect.arguments(made)
    assert detect.run(made.parse_args(["a.csv", "--algo", "iqr,k"])) == 2
    assert capsys.readouterr().err == "'k' is no option: name=value is expected\n"
