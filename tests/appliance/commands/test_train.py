from __future__ import annotations

import numpy as np
import pytest

from appliance import cli
from appliance.analysis.deployed import tensors


@pytest.fixture
def data(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 2))
    path = tmp_path / "normal.csv"
    path.write_text(
        "ts,pressure,flow\n" + "".join(f"{i},{a:.4f},{b:.4f}\n" for i, (a, b) in enumerate(rows)) + "60,1,\n"
    )
    return path


def command(data, *more, kind="iforest"):
    return cli.main(["taosanode", "train", kind, "--data", str(data), "--drop-nulls", *more])


def test_a_model_is_trained_and_everything_about_it_is_said(data, tmp_path, capsys):
    out = tmp_path / "pumps.safetensors"
    assert command(data, "--out", str(out), "--option", "n_estimators=5") == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "60 rows of 2 columns: pressure, flow; 1 row with an empty cell left out"
    assert told[1].startswith("held back 12 rows: ")
    assert told[2].startswith("5 trees; a row is flagged above the score 0.")
    assert told[3].endswith(f"curl -F model_name=pumps -F model_binary=@{out} http://127.0.0.1:6090/deploy")
    assert tensors.read(out.read_bytes()).algo == "iforest"
    assert command(data, "--out", str(out)) == 2
    assert "exists already; --force replaces it" in capsys.readouterr().err
    assert command(data, "--out", str(out), "--force", "--hold-out", "0") == 0


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--out", "m.pkl"), 2, "--out m.pkl: a model of iforest is a file *.safetensors"),
        (("--out", "m.safetensors", "--hold-out", "1"), 2, "--hold-out must be 0 to 0.9, got 1"),
        (("--out", "m.safetensors", "--target", "flow"), 2, "iforest predicts no --target"),
        (
            ("--out", "m.safetensors", "--covariate", "flow"),
            2,
            "iforest learns from no --covariate; arima and",
        ),
        (("--out", "m.safetensors", "--deploy", "ftp://x"), 2, "--deploy ftp://x: a node's address is expected"),
        (("--out", "m.safetensors", "--deploy", "x", "--name", "../x"), 2, "--name ../x: letters, digits"),
        (("--out", "m.safetensors", "--option", "k=2"), 2, "--option k: there is no such option"),
        (("--out", "m.safetensors", "--option", "n_estimators=0"), 1, "n_estimators should be greater than 0"),
        (("--out", "/nowhere/m.safetensors"), 1, "No such file"),
    ],
)
def test_what_cannot_be_trained_is_refused(data, capsys, monkeypatch, tmp_path, more, code, message):
    monkeypatch.chdir(tmp_path)
    assert command(data, *more) == code
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["normal.csv"]
