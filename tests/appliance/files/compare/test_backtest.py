from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from appliance import cli
from tests.appliance.files import samples
from tests.appliance.files.samples import MINUTE, START

TWO = ["--compare", "theta,ets:model=ANN:period=0", "--rows", "5", "--folds", "2", "--option", "wncheck=0"]


def shops(path: Path) -> str:
    """One series that rises, which a level does not follow, and one that stays where it is."""
    noise = np.random.default_rng(1).normal(size=60)
    rising, level = 10.0 + np.arange(60.0), 50.0 + noise
    return samples.write(
        path,
        {
            "ts": [START + MINUTE * at for at in range(60)] * 2,
            "shop": ["rising"] * 60 + ["level"] * 60,
            "sold": [*rising.tolist(), *level.tolist()],
        },
    )


def forecast(*arguments: str | Path) -> int:
    return cli.main(["taosanode", "forecast", *map(str, arguments)])


def test_each_series_is_forecast_by_what_did_best_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, back, out = shops(tmp_path / "a.csv"), tmp_path / "back.parquet", tmp_path / "out.parquet"
    assert forecast(path, "--by", "shop", "--auto", *TWO, "--backtest-out", back, "--out", out) == cli.OK
    told = capsys.readouterr().err
    found = samples.rows(back)
    errors: dict[tuple[str, str], list[float]] = {}
    for shop, origin, time, algorithm, actual, value, low, high in found:
        assert time > origin
        assert low <= value <= high
        errors.setdefault((shop, algorithm), []).append(abs(actual - value))
    assert {len(each) for each in errors.values()} == {10}
    assert {name for _, name in errors} == {"seasonal-naive", "theta", "ets:model=ANN:period=0"}
    best = {
        shop: min(TWO[1].split(","), key=lambda name: math.fsum(errors[shop, name])) for shop in ("rising", "level")
    }
    assert {(row[0], row[-1]) for row in samples.rows(out)} == set(best.items())
    assert best["rising"] == "theta"
    assert "best by series: " in told
    assert told.splitlines()[-1] == "2 of 2 series done, 10 rows"


def test_a_series_too_short_to_be_compared_gets_what_did_best_on_the_others(tmp_path: Path) -> None:
    rows = samples.several(("a", "b"))
    kept = [at for at, name in enumerate(rows["host"]) if name == "a" or at >= 56]
    path = samples.write(tmp_path / "a.csv", {name: [column[at] for at in kept] for name, column in rows.items()})
    out = tmp_path / "out.csv"
    more = ["--by", "host", "--auto", "--compare", "theta", "--rows", "5", "--option", "wncheck=0", "--out", out]
    assert forecast(path, *more) == cli.OK
    assert {(row[0], row[-1]) for row in samples.rows(out)} == {("a", "theta"), ("b", "theta")}


def test_several_columns_are_compared_on_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = samples.write(tmp_path / "a.csv", samples.one(other=[at % 7 for at in range(40)]))
    assert forecast(path, "--value", "value,other", *TWO) == cli.OK
    assert "over 4 forecasts of 2 series" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backtest-out", "b.csv"], "--backtest-out needs --compare"),
        (["--auto", "--algo", "theta"], "--algo and --compare exclude each other"),
        (["--auto", "--backtest-out", "b.doc"], "--backtest-out b.doc: no format has the suffix '.doc'"),
        (["--auto", "--out", "b.csv", "--backtest-out", "./b.csv"], "--out and --backtest-out name one file: b.csv"),
        (["--auto", "--backtest-out", "a.csv"], "--backtest-out a.csv is the file a.csv, which is read"),
    ],
)
def test_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    shops(Path("a.csv"))
    assert forecast("a.csv", "--by", "shop", *arguments) == cli.USAGE
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
