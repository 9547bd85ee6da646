import argparse

import numpy as np
import pytest

from appliance import cli
from appliance.commands import train_ad
from appliance.files.run.progress import CLEAR
from appliance.model_servers import torch_runtime
from kernels.contract import Task
from models import _autoencoder_training
from models.anomaly import _autoencoder
from models.anomaly.sample_ad_model import Params, build


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    train = _autoencoder_training.train_own
    monkeypatch.setattr(
        _autoencoder_training,
        "train_own",
        lambda values, tolerance, progress: train(values, tolerance, progress, steps=20),
    )


@pytest.fixture
def data(tmp_path):
    values = 5.0 + np.sin(np.arange(400) / 4.0) + 0.1 * np.random.default_rng(0).standard_normal(400)
    path = tmp_path / "normal.csv"
    path.write_text("ts, value,unit\n" + "".join(f"{i},{v:.6f},bar\n" for i, v in enumerate(values)) + "\n")
    return path


def command(tmp_path, data, *more, name="pumps"):
    given = ["--data", str(data), "--name", name, "--model-dir", str(tmp_path / "model"), *more]
    if "--column" not in more:
        given += ["--column", "value"]
    return cli.main(["taosanode", "train-ad", *given])


def test_a_trained_model_is_found_by_the_detector(tmp_path, data, capsys):
    assert command(tmp_path, data) == 0
    err = capsys.readouterr().err
    assert "training 100 %" in err
    assert "ANOMALY_WINDOW(col, 'algo=sample_ad_model,model=pumps')" in err
    found = build(tmp_path / "model").run(Task.of(np.full(100, 500.0)), Params("pumps"))
    assert (found.flags < 0).all()
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["pumps"]


def test_the_model_folder_comes_from_the_configuration(tmp_path, data, capsys):
    ini = tmp_path / "taosanode.ini"
    ini.write_text(f"[taosanode]\nmodel-dir = {tmp_path}/elsewhere\n")
    code = cli.main(["taosanode", "train-ad", "--data", str(data), "--column", "value", "--name", "x", "-c", str(ini)])
    assert code == 0
    assert (tmp_path / "elsewhere" / "x" / "config.json").is_file()


def test_an_existing_model_is_only_replaced_on_demand(tmp_path, data, capsys):
    assert command(tmp_path, data) == 0
    assert command(tmp_path, data) == 1
    assert "pumps exists already; --force replaces it" in capsys.readouterr().err
    before = (tmp_path / "model" / "pumps" / "config.json").read_text()
    assert command(tmp_path, data, "--force", "--tolerance", "0.1") == 0
    assert (tmp_path / "model" / "pumps" / "config.json").read_text() != before


def test_a_folder_of_something_else_is_never_replaced(tmp_path, data, capsys):
    weights = tmp_path / "model" / "tdtsfm" / "taos.pth"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"precious")
    assert command(tmp_path, data, "--force", name="tdtsfm") == 1
    assert "holds something else than an anomaly detection model" in capsys.readouterr().err
    assert weights.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["../x", ".x", "a/b", "", "a b"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, data, name, capsys):
    assert command(tmp_path, data, f"--name={name}") == 1
    assert f"--name {name!r}: letters, digits" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["sample_ad_model", "sample-ad-autoencoder"])
def test_the_shipped_models_names_are_taken(tmp_path, data, name, capsys):
    assert command(tmp_path, data, name=name) == 1
    assert "the name of the model that comes with the node" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        ("", "value", "is empty"),
        ("a,b\n1,2\n", "c", "has no column c: a, b"),
        ("a,b\n1,2\n", None, "has several columns, --column must name one: a, b"),
        ("a\n1\nx\n", "a", "data.csv: column a, row 2 holds no finite number"),
        ("a,b\n1,2\n\n3\n", "b", "line 4 has 1 columns, the header 2"),
    ],
)
def test_unreadable_data_is_refused_with_its_place(tmp_path, content, column, message, capsys):
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode("latin-1"))
    given = ["taosanode", "train-ad", "--data", str(path), "--name", "x", "--model-dir", str(tmp_path / "model")]
    assert cli.main(given + (["--column", column] if column else [])) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_too_little_data_and_a_missing_file_are_refused(tmp_path, capsys):
    path = tmp_path / "short.csv"
    path.write_text("value\n1\n2\n")
    assert command(tmp_path, path) == 1
    assert "input data is too short: training needs at least 256 rows, got 2" in capsys.readouterr().err
    assert command(tmp_path, tmp_path / "no.csv") == 1
    assert "No such file" in capsys.readouterr().err


def test_without_torch_the_command_says_what_to_install(tmp_path, data, monkeypatch, capsys):
    monkeypatch.setattr(torch_runtime.importlib.util, "find_spec", lambda name: None)
    assert command(tmp_path, data) == 1
    assert "torch is not installed: pip install 'taosanode[tsfm]'" in capsys.readouterr().err


def test_a_terminal_gets_a_bar_and_a_log_every_tenth():
    drawn = []
    tell = train_ad._told(True, drawn.append)
    for done in range(1, 201):
        tell(done, 200)
    assert "[##############################] 200/200" in drawn[-2]
    assert drawn[-1] == CLEAR
    lines = []
    tell = train_ad._told(False, lines.append)
    for done in range(1, 201):
        tell(done, 200)
    assert lines == [f"training {percent} %\n" for percent in range(10, 101, 10)]


def test_a_failed_write_leaves_the_old_model(tmp_path, data, monkeypatch):
    assert command(tmp_path, data) == 0

    def fail(model, folder):
        raise OSError("disk full")

    monkeypatch.setattr(_autoencoder, "write", fail)
    assert command(tmp_path, data, "--force") == 1
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["pumps"]
    assert _autoencoder.read(tmp_path / "model" / "pumps")


def test_an_error_that_is_not_the_users_is_not_hidden(tmp_path, data, monkeypatch):
    monkeypatch.setattr(train_ad, "_train", lambda values, tolerance: 1 / 0)
    parser = argparse.ArgumentParser()
    train_ad.arguments(parser)
    given = parser.parse_args(["--data", str(data), "--column", "value", "--name", "x", "--model-dir", str(tmp_path)])
    with pytest.raises(ZeroDivisionError):
        train_ad.run(given)


def test_a_tolerance_out_of_range_is_refused(tmp_path, data, capsys):
    assert command(tmp_path, data, "--tolerance", "0.5") == 1
    assert "tolerance must be 0 to 0.1, got 0.5" in capsys.readouterr().err
