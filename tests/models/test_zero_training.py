from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from kernels.forecast import _zero_net
from models import _zero_training
from models._zero_lessons import STEPS, lessons
from models._zero_training import Stage


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, float]]]:
    folder, seen = tmp_path_factory.mktemp("zero"), []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("POOL", 256), ("BATCH", 128), ("LOOK_AT", 256), ("EVERY", 10)):
            patch.setattr(_zero_training, name, value)
        patch.setattr(torch, "compile", lambda function: function)  # which takes longer than these few steps
        threads = torch.get_num_threads()
        stages = (Stage(25, 40, 1e-3, False), Stage(10, 10, 1e-3, True))
        _zero_training.train(folder, stages, seen.append)
        torch.set_num_threads(threads)
    return folder, seen


def test_training_tells_its_progress_and_gets_better(trained: tuple[Path, list[dict[str, float]]]) -> None:
    _, seen = trained
    assert [(look["step"], look["of"]) for look in seen] == [(10, 25), (20, 25), (25, 25), (10, 10)]
    assert seen[3]["loss"] < seen[2]["loss"] < seen[0]["loss"]


def test_what_is_written_is_what_the_forecaster_reads(trained: tuple[Path, list[dict[str, float]]]) -> None:
    weights = _zero_net.read(trained[0])
    assert {name: value.shape for name, value in weights.items()} == {
        name: value.shape for name, value in _zero_net.shipped().items()
    }


@pytest.mark.parametrize(("done", "ended", "wanted"), [(0, (1.0, 4.0, 8.5), 5.5), (2, (8.5,), 5.5)])
def test_each_stage_but_the_first_writes_the_mean_of_what_it_began_with_and_its_end(
    done: int, ended: tuple[float, ...], wanted: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter(ended)
    _zero_training._write(tmp_path, {"w": np.full(2, 2.5, np.float32)})  # of the first two

    def learned(folder: Path, *unused: object, **begin: bool) -> None:
        _zero_training._write(folder, {"w": np.full(2, next(ends), np.float32)})

    monkeypatch.setattr(_zero_training, "learn", learned)
    monkeypatch.setattr(_zero_training, "LOOK_AT", 8)
    threads = torch.get_num_threads()
    _zero_training.train(tmp_path, [Stage(1, 1, 1.0, False)] * 3, print, done=done)
    torch.set_num_threads(threads)
    np.testing.assert_array_equal(_zero_training._stored(tmp_path)["w"], [wanted, wanted])


def test_the_forecasters_network_equals_that_of_torch(trained: tuple[Path, list[dict[str, float]]]) -> None:
    weights, seen = _zero_net.read(trained[0]), lessons(np.random.default_rng(0), 20)
    net = _zero_training.Net(seen)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in _zero_training._stored(trained[0]).items()})
    with torch.inference_mode():
        wanted = net(torch.from_numpy(seen.series), torch.from_numpy(seen.step)).numpy()
    step, view = seen.step.reshape(-1, seen.step.shape[2]).astype(np.float64), np.repeat(np.arange(20), STEPS)
    told = _zero_net.quantiles(weights, seen.series.astype(np.float64), step, view)
    np.testing.assert_allclose(told.reshape(wanted.shape), wanted, atol=1e-4)


def test_the_model_card_is_that_of_the_shipped_weights() -> None:
    shipped = (_zero_net.SHIPPED / _zero_net.FILE).read_bytes()
    card = (Path(__file__).parents[2] / "docs" / "zero.md").read_text()
    assert f"| SHA-256 | {hashlib.sha256(shipped).hexdigest()} |" in card


def test_the_loss_is_least_at_the_quantiles() -> None:
    shares = torch.tensor([0.1, 0.5, 0.9])
    drawn = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 20_000)).astype(np.float32))

    def at(*said: float) -> float:
        told = torch.tensor(said).expand(1, drawn.shape[1], 3)
        return float(_zero_training.loss(lambda series, step: told, drawn, drawn, drawn, shares))  # type: ignore[arg-type]

    assert at(-1.28, 0.0, 1.28) < min(at(-1.0, 0.0, 1.28), at(-1.28, 0.3, 1.28), at(-1.28, 0.0, 1.6))


def test_the_command_prints_a_line_for_each_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        _zero_training,
        "train",
        lambda folder, stages, tell, seed, done: tell({"step": stages[done].steps, "seed": seed}),
    )
    monkeypatch.setattr("sys.argv", ["train", "--out", str(tmp_path)])
    _zero_training.main()
    line = json.loads(capsys.readouterr().out)
    assert (line["step"], line["seed"]) == (_zero_training.STAGES[0].steps, _zero_training.SEED)
