"""The foundation models of an installed node, under apt and under dnf: one story for each, like test_life.

The models are tiny ones with random weights: what is tested is how they are installed, started, kept up and stopped.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from pathlib import Path

import pytest

from tests.package.machine import ROOT, Failed, Machine
from tests.package.managers import Manager
from tests.package.test_life import answers, ask, becomes, our_files

PACKAGE = "taosanode-tsfm"
MODELS = "/var/lib/taos/taosanode/model"
WEIGHTS = {"tdtsfm": ROOT / "tests" / "checkpoints" / "tdtsfm", "timemoe": ROOT / "tests" / "golden" / "timemoe"}
ALGORITHMS = {"tdtsfm": "tdtsfm_1", "timemoe": "timemoe-fc"}
PORTS = {"tdtsfm": 6061, "timemoe": 6062}
UNITS = {name: f"taosanode-model@{name}.service" for name in WEIGHTS}
MOST_BYTES = 350_000_000  # of both packages
BACK_WITHIN_S = 30.0  # python, torch and the weights


@pytest.fixture
def machine(manager: Manager) -> Machine:
    return manager._machine


def tried(machine: Machine, *command: str) -> tuple[int, str]:
    """Return exit code and what was written, errors included."""
    *lines, code = machine.run("sh", "-c", '"$@" 2>&1; echo $?', "sh", *command).splitlines()
    return int(code), "\n".join(lines)


def state(machine: Machine, name: str) -> str:
    return machine.property("ActiveState", UNITS[name])


def serves(machine: Machine, name: str, port: int | None = None) -> bool:
    url = f"http://127.0.0.1:{port or PORTS[name]}/status"
    return '"status":"ready"' in machine.run("curl", "-s", "-m", "10", url, check=False)  # it may be slow


def forecasts(machine: Machine, name: str) -> None:
    answer = ask(machine, "first", ALGORITHMS[name], "300")["answer"]
    assert answer["rows"] == 10
    assert all(math.isfinite(value) for value in answer["res"][1])


def test_both_packages_are_small_enough(packages: Path) -> None:
    for built in (["taosanode_*.deb", "taosanode-tsfm_*.deb"], ["taosanode-[0-9]*.rpm", "taosanode-tsfm-[0-9]*.rpm"]):
        sizes = [package.stat().st_size for pattern in built for package in packages.glob(pattern)]
        assert len(sizes) == 2
        assert sum(sizes) <= MOST_BYTES, sizes


def test_without_the_package_every_command_names_it(manager: Manager, machine: Machine) -> None:
    manager.install()
    values = "\n".join(str(round(math.sin(i / 7) + (i * i % 7) / 50, 6)) for i in range(600))
    machine.path("/root/normal.csv").write_text(f"pressure\n{values}\n")
    for command in (
        ("start-tdtsfm",),
        ("start-time-moe",),
        ("start-timer-moe",),
        ("start-model", "timemoe"),
        ("taosanode", "train-ad", "--data", "/root/normal.csv", "--name", "pumps"),
        ("taosanode", "convert-weights", "/root/taos.pth"),
    ):
        code, told = tried(machine, *command)
        assert code == 1, command
        assert f"install the package {PACKAGE}" in told
        assert len(told.splitlines()) == 1, told


def test_installs_without_a_network(manager: Manager, machine: Machine, version: str) -> None:
    manager.install(PACKAGE)
    assert manager.version(PACKAGE) == version
    assert manager.verify(PACKAGE) == ""
    assert state(machine, "timemoe") == "inactive"
    code, told = tried(machine, "start-time-moe")
    assert code == 1
    assert "no weights in /usr/local/taos/taosanode/model/timemoe: put model.safetensors and config.json there" in told


@pytest.mark.parametrize("name", ["tdtsfm", "timemoe"])
def test_start_command_returns_when_the_model_answers(machine: Machine, name: str) -> None:
    shutil.copytree(WEIGHTS[name], machine.path(f"{MODELS}/{name}"))
    told = machine.run({"tdtsfm": "start-tdtsfm", "timemoe": "start-timer-moe"}[name])
    assert serves(machine, name)
    assert f"{name} is ready" in told
    assert UNITS[name] in told
    assert state(machine, name) == "active"
    assert machine.property("StatusText", UNITS[name]) == f"serving {name} at 127.0.0.1:{PORTS[name]}"
    code, told = tried(machine, "start-model", name)
    assert code == 1
    assert f"{name} is running already, process {machine.main_pid(UNITS[name])}" in told


def test_node_forecasts_with_both(machine: Machine) -> None:
    machine.run("systemctl", "start", "taosanoded")
    for name in WEIGHTS:
        forecasts(machine, name)


def test_models_do_not_depend_on_the_node(machine: Machine) -> None:
    machine.run("systemctl", "restart", "taosanoded")
    assert {state(machine, name) for name in WEIGHTS} == {"active"}
    code, told = tried(machine, "start-model", "tdtsfm")
    assert code == 1
    assert "running already" in told


def test_killed_server_comes_back(machine: Machine) -> None:
    before = machine.main_pid(UNITS["tdtsfm"])
    machine.run("kill", "-9", before)
    assert becomes(lambda: machine.property("NRestarts", UNITS["tdtsfm"]) == "1", BACK_WITHIN_S)
    assert becomes(lambda: state(machine, "tdtsfm") == "active", BACK_WITHIN_S)
    assert serves(machine, "tdtsfm")
    assert machine.main_pid(UNITS["tdtsfm"]) != before
    forecasts(machine, "tdtsfm")


def test_unit_is_active_only_while_the_model_answers(machine: Machine) -> None:
    master = machine.main_pid(UNITS["timemoe"])
    machine.run("kill", "-9", machine.run("pgrep", "-P", master))
    assert becomes(lambda: state(machine, "timemoe") == "reloading", 5)
    assert machine.property("StatusText", UNITS["timemoe"]) == "loads timemoe again"
    assert becomes(lambda: state(machine, "timemoe") == "active", BACK_WITHIN_S)
    assert serves(machine, "timemoe")
    assert machine.main_pid(UNITS["timemoe"]) == master
    forecasts(machine, "timemoe")


def test_sandbox_is_tight(machine: Machine) -> None:
    verdict = machine.run("systemd-analyze", "security", "--no-pager", UNITS["timemoe"]).splitlines()[-1]
    assert float(verdict.split(":")[1].split()[0]) <= 1.5, verdict


def test_what_is_stopped_stays_so(machine: Machine) -> None:
    pid = machine.main_pid(UNITS["timemoe"])
    assert f"timemoe has stopped, process {pid}" in machine.run("stop-time-moe")
    machine.run("kill", "-TERM", machine.main_pid(UNITS["tdtsfm"]))  # as anybody could
    assert becomes(lambda: state(machine, "tdtsfm") == "inactive")
    time.sleep(2)
    for name in WEIGHTS:
        assert state(machine, name) == "inactive"
        assert not serves(machine, name)
    assert "tdtsfm was not running" in machine.run("stop-tdtsfm")


def test_unit_starts_and_stops_by_itself(machine: Machine) -> None:
    machine.run("systemctl", "start", UNITS["timemoe"])
    assert serves(machine, "timemoe")
    machine.run("systemctl", "stop", UNITS["timemoe"])
    assert not serves(machine, "timemoe")


def test_weights_that_do_not_fit_are_told_and_tried_once(machine: Machine) -> None:
    config = machine.path(f"{MODELS}/tdtsfm/config.json")
    sound = config.read_text()
    config.write_text(json.dumps({**json.loads(sound), "Taos_hidden_size": 8, "hidden_size": 8}))
    code, told = tried(machine, "start-tdtsfm")
    assert code == 1
    assert "has shape" in told
    assert state(machine, "tdtsfm") == "failed"
    time.sleep(2)
    assert machine.property("NRestarts", UNITS["tdtsfm"]) == "0"
    config.write_text(sound)


def test_options_make_a_process_of_its_own(machine: Machine) -> None:
    told = machine.run("start-model", "tdtsfm", "--port", "7001", "--threads", "1")
    assert "tdtsfm is ready at http://127.0.0.1:7001" in told
    assert state(machine, "tdtsfm") != "active"
    machine.run("systemctl", "restart", "taosanoded")
    for again in (("start-tdtsfm",), ("systemctl", "start", UNITS["tdtsfm"])):
        code, _ = tried(machine, *again)
        assert code == 1
    assert serves(machine, "tdtsfm", 7001)
    assert "tdtsfm has stopped" in machine.run("stop-tdtsfm")
    assert not serves(machine, "tdtsfm", 7001)
    machine.run("start-model", "all")
    assert {state(machine, name) for name in WEIGHTS} == {"active"}
    machine.run("stop-model", "all")
    assert {state(machine, name) for name in WEIGHTS} == {"inactive"}


def test_weights_are_converted(machine: Machine) -> None:
    import torch
    from safetensors.torch import load_file

    folder = machine.path(f"{MODELS}/tdtsfm")
    torch.save(load_file(folder / "model.safetensors"), folder / "taos.pth")
    (folder / "model.safetensors").unlink()
    assert "tensors" in machine.run("taosanode", "convert-weights", f"{MODELS}/tdtsfm/taos.pth")
    (folder / "taos.pth").unlink()
    machine.run("start-tdtsfm")
    forecasts(machine, "tdtsfm")


def test_a_trained_model_is_served_at_once(machine: Machine) -> None:
    told = machine.run("taosanode", "train-ad", "--data", "/root/normal.csv", "--name", "pumps")
    assert "training 100 %" in told
    answer = ask(machine, "first", "sample_ad_model", "600", "model=pumps")["answer"]
    assert answer["rows"] >= 1
    machine.run("systemctl", "reload", "taosanoded")
    assert becomes(lambda: answers(machine))
    assert ask(machine, "first", "sample_ad_model", "600", "model=pumps")["answer"] == answer


def test_upgrade_of_the_node_takes_the_models_along(
    manager: Manager, machine: Machine, next_packages: Path, version: str
) -> None:
    machine.run("systemctl", "enable", "--now", UNITS["timemoe"])
    before = machine.main_pid(UNITS["timemoe"])
    machine.run("stop-tdtsfm")
    manager.offer(next_packages)
    manager.upgrade_node()
    assert manager.version() == manager.version(PACKAGE) > version
    assert machine.main_pid(UNITS["timemoe"]) != before
    assert machine.property("UnitFileState", UNITS["timemoe"]) == "enabled"
    assert state(machine, "timemoe") == "active"
    assert state(machine, "tdtsfm") == "inactive"
    forecasts(machine, "timemoe")
    assert manager.verify(PACKAGE) == ""


def test_without_the_package_the_node_goes_on(manager: Manager, machine: Machine) -> None:
    manager.remove(PACKAGE)
    assert not serves(machine, "timemoe")
    assert "could not be found" in machine.run("systemctl", "status", UNITS["timemoe"], check=False)
    assert not machine.path(f"/etc/systemd/system/multi-user.target.wants/{UNITS['timemoe']}").is_symlink()
    assert not machine.path("/usr/local/taos/taosanode/tsfm").exists()
    assert answers(machine)


def test_uninstalling_removes_both_and_keeps_the_models(manager: Manager, machine: Machine) -> None:
    manager.install(PACKAGE)
    machine.run("start-model", "all")
    told = machine.run("rmtaosanode", "-y")
    assert "\nTDengine TDgpt is uninstalled successfully!" in told
    for package in ("taosanode", PACKAGE):
        with pytest.raises(Failed):
            manager.version(package)
    assert machine.run("pgrep", "-f", "taosanode", check=False) == ""
    assert all(path.startswith("/var/lib/taos") for path in our_files(machine))
    for name in (*WEIGHTS, "pumps"):
        assert machine.path(f"{MODELS}/{name}/model.safetensors").exists()
