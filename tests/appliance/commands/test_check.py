import os
import socket
from pathlib import Path

import pytest

from appliance import cli
from appliance.commands import check
from models import table
from tests.appliance.fake_server import answer, serving, silent

ROOT = Path(__file__).parents[3]


@pytest.fixture
def port():
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    return number


@pytest.fixture
def checking(tmp_path, port):
    """Check a configuration in a folder of its own: its server keys and its node keys; {port} is a free port."""

    def run(server: str = "", node: str = "") -> tuple[list[str], int]:
        text = f"[uwsgi]\nhttp = 127.0.0.1:{port}\n{server}\n[taosanode]\nmodel-dir = model\n{node}\n[tsfm-service]\n"
        no_models = "".join(f"{name} =\n" for name in table.default_urls())
        (tmp_path / "taosanode.ini").write_text(text + no_models)
        report, code = check.report(tmp_path / "taosanode.ini")
        return report.splitlines(), code

    return run


def line(report: list[str], what: str) -> str:
    [found] = [line for line in report if line[9:].startswith(f"{what} ")]
    return found


def test_fine_configuration_is_usable(checking, tmp_path, port):
    (tmp_path / "model" / "timemoe").mkdir(parents=True)
    (tmp_path / "resource" / "algo").mkdir(parents=True)
    report, code = checking("logto = log/a.log\npidfile = p.pid", "app-log = log/b.log")
    assert code == 0
    assert report[0] == f"Configuration: {tmp_path / 'taosanode.ini'}"
    assert report[-1] == "Usable."
    assert line(report, "http") == f"ok       http           127.0.0.1:{port} is free"
    assert line(report, "logto").endswith("/log/a.log (will be made)")
    assert line(report, "pidfile").endswith("/p.pid (will be made)")
    assert line(report, "model-dir").endswith("/model: timemoe")
    assert line(report, "algorithm-dir").endswith("/resource/algo: no files")
    assert {"iqr", "ksigma"} <= set(line(report, "algorithms").replace(",", "").split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "resource", "taosanode.ini"]


def test_bad_values_are_all_named(checking, tmp_path):
    report, code = checking("threads = many", "queue = -1")
    assert code == 1
    assert f"{tmp_path}/taosanode.ini:3: threads = many: allowed: a whole number from 1 to 1024" in report[2]
    assert "queue = -1" in report[3]
    assert report[-1] == "Not usable: 2 errors."


def test_missing_file_is_not_usable(tmp_path):
    report, code = check.report(tmp_path / "none.ini")
    assert code == 1
    assert "cannot be read: No such file or directory" in report
    assert report.endswith("Not usable: 1 error.\n")


def test_keys_without_effect_are_remarks(checking):
    report, code = checking("master = true\nproceses = 2")
    assert code == 0
    assert "master has no meaning for this node" in report[2]
    assert "did you mean processes?" in report[3]
    assert report[-1].startswith("Usable, with 4 remarks")  # neither folder is there


def test_port_of_somebody_else_is_an_error_naming_them(checking, port):
    with socket.create_server(("127.0.0.1", port)):
        report, code = checking()
    assert code == 1
    assert f"127.0.0.1:{port} is in use by process {os.getpid()} (" in line(report, "http")


def test_port_of_the_running_node_is_fine(checking, tmp_path, port):
    (tmp_path / "node.pid").write_text(f"{os.getpid()}\n")
    with socket.create_server(("127.0.0.1", port)):
        report, code = checking("pidfile = node.pid")
    assert code == 0
    assert line(report, "http").endswith(f"belongs to the running node, process {os.getpid()}")


def test_address_of_another_machine_is_an_error(checking):
    report, code = checking("stats = 192.0.2.1:8387")
    assert code == 1
    assert "192.0.2.1:8387 cannot be listened on: Cannot assign requested address" in line(report, "stats")


def test_one_port_for_two_services_is_an_error(checking, port):
    report, code = checking(f"stats = :{port}")
    assert code == 1
    assert "is the port of http" in line(report, "stats")


def test_stats_may_be_a_unix_socket(checking, tmp_path):
    report, code = checking(f"stats = {tmp_path}/s.sock")
    assert code == 0
    assert line(report, "stats").endswith("/s.sock (will be made)")


def test_stats_at_a_file_is_an_error(checking, tmp_path):
    report, code = checking(f"stats = {tmp_path}/taosanode.ini")
    assert code == 1
    assert line(report, "stats").endswith("/taosanode.ini is there and no socket")


def test_pid_file_of_a_process_that_is_no_node_is_an_error(checking, tmp_path):
    (tmp_path / "node.pid").write_text("1\n")
    report, code = checking("pidfile = node.pid")
    assert code == 1
    assert "node.pid names process 1 (" in line(report, "pidfile")


def test_folder_of_a_pid_file_will_be_made(checking, tmp_path):
    report, code = checking("pidfile = run/node.pid")
    assert code == 0
    assert line(report, "pidfile").endswith(f"{tmp_path}/run/node.pid (will be made)")


def test_model_service_with_the_name_of_an_algorithm_is_an_error_with_its_line(tmp_path, port):
    (tmp_path / "a.ini").write_text(
        f"[uwsgi]\nhttp = :{port}\n[taosanode]\nmodel-dir = .\n[tsfm-service]\narima = http://127.0.0.1:{port}/x\n"
    )
    report, code = check.report(tmp_path / "a.ini")
    assert code == 1
    where = f"{tmp_path}/a.ini:6: arima = http://127.0.0.1:{port}/x"
    assert f"{where}: the node has an algorithm of that name and kind (forecast) itself" in report
    assert report.endswith("Not usable: 1 error.\n")


def test_log_that_is_a_folder_is_an_error(checking, tmp_path):
    (tmp_path / "log").mkdir()
    report, code = checking("logto = log")
    assert code == 1
    assert line(report, "logto").endswith("/log is a folder, a file is needed")


def test_log_below_a_file_is_an_error(checking, tmp_path):
    report, code = checking("logto = taosanode.ini/a.log")
    assert code == 1
    assert "cannot be made: no right to write to" in line(report, "logto")


def test_model_folder_that_is_a_file_is_an_error(checking, tmp_path):
    (tmp_path / "model").write_text("")
    report, code = checking()
    assert code == 1
    assert line(report, "model-dir").endswith("/model is not a folder that can be read")


GOOD = """
import numpy as np
from taosanode import ANOMALY, Algorithm, Detection, NoOptions, as_series

def detect(task, params):
    n = len(as_series(task.series))
    return Detection(np.ones(n, np.int8), np.zeros(n))

ALGORITHM = Algorithm("good", "nothing is odd", ANOMALY, NoOptions, detect)
"""


def test_broken_algorithm_is_shown_with_its_traceback_and_the_others_are_listed(checking, tmp_path):
    folder = tmp_path / "resource" / "algo"
    folder.mkdir(parents=True)
    (folder / "bad.py").write_text("x = 1\ny = x / 0\n")
    (folder / "good.py").write_text(GOOD)
    report, code = checking()
    assert code == 0  # the node starts without it
    assert line(report, "algorithm-dir").endswith("/resource/algo: bad.py, good.py")
    assert f"FAULT    algorithms     {folder / 'bad.py'} cannot be used, the node leaves it out:" in report
    assert "    ZeroDivisionError: division by zero" in report
    assert any("good" in entry for entry in report if entry.startswith("ok       algorithms"))
    assert any(entry.endswith("good.py keeps the contract on 14 series") for entry in report)
    assert report[-1] == "Usable, with 1 fault and 1 remark."


def test_algorithm_that_breaks_the_contract_is_shown_with_the_line_that_does(checking, tmp_path):
    folder = tmp_path / "resource" / "algo"
    folder.mkdir(parents=True)
    (folder / "odd.py").write_text(
        GOOD.replace("np.ones(n, np.int8)", "np.ones(n // 0, np.int8)").replace("good", "odd")
    )
    report, code = checking()
    assert code == 0
    told = next(entry for entry in report if entry.startswith("FAULT    odd"))
    assert "on ordinary and 13 more series: line 7, `return Detection(np.ones(n // 0, np.int8)" in told
    assert "`: ZeroDivisionError" in told


def test_model_service_that_is_down_is_a_remark(tmp_path, port):
    (tmp_path / "a.ini").write_text(f"[uwsgi]\nhttp = :{port}\n[tsfm-service]\nchronos = http://127.0.0.1:{port}/x\n")
    report, code = check.report(tmp_path / "a.ini")
    assert code == 0
    assert f"chronos: http://127.0.0.1:{port}/x does not answer: Connection refused" in report


def test_model_service_that_is_up_is_seen(tmp_path, port):
    with serving(answer("", "405 No")) as up:
        (tmp_path / "a.ini").write_text(f"[uwsgi]\nhttp = :{port}\n[tsfm-service]\nmine = {up.url}\n")
        report, _ = check.report(tmp_path / "a.ini")
    assert f"mine: {up.url} answers" in report


def test_model_service_that_listens_and_says_nothing_is_a_remark(tmp_path, port, monkeypatch):
    monkeypatch.setattr(check, "SERVICE_ANSWERS_WITHIN_S", 0.1)
    with serving(silent) as hangs:
        (tmp_path / "a.ini").write_text(f"[uwsgi]\nhttp = :{port}\n[tsfm-service]\nmine = {hangs.url}\n")
        report, _ = check.report(tmp_path / "a.ini")
    assert f"mine: {hangs.url} does not answer: no answer within 0.1 s" in report


def test_without_a_file_the_embedded_node_is_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report, _ = check.report(None)
    assert report.startswith("Configuration: none, the defaults\n")
    assert f"{tmp_path}/.run/log/taosanode.log (will be made)" in report
    assert list(tmp_path.iterdir()) == []


def test_bug_of_ours_is_shown(checking, monkeypatch):
    def fail(settings):
        raise RuntimeError("a kernel is broken")

    monkeypatch.setattr("appliance.analysis.catalog.build", fail)
    report, code = checking()
    assert code == 1
    assert "    RuntimeError: a kernel is broken" in report


def test_command_prints_the_report_and_returns_its_code(capsys, tmp_path):
    code = cli.main(["taosanode", "check", "-c", str(tmp_path / "none.ini")])
    assert code == 1
    assert capsys.readouterr().out.endswith("Not usable: 1 error.\n")


def test_configuration_of_tdgpt_is_shown_as_what_it_becomes_and_written(tmp_path, port, capsys):
    theirs = tmp_path / "taosanode.config.py"
    theirs.write_text(f"bind = '127.0.0.1:{port}'\nmodel_dir = 'model'\nthreads = max(2, 4)\npidfile = 'p.pid'\n")
    report, code = check.report(theirs)
    assert code == 0
    assert f"{theirs}:1: bind becomes http = 127.0.0.1:{port} in [uwsgi]" in report
    assert f"remark   configuration  {theirs}:3: threads = max(2, 4): a call, no literal, the default holds" in report
    assert cli.main(["taosanode", "check", "--convert", str(theirs)]) == 0
    written = tmp_path / "taosanode.ini"
    assert capsys.readouterr().out.splitlines()[-1] == f"written: {written}"
    assert f"http = 127.0.0.1:{port}" in written.read_text()
    assert check.report(written)[1] == 0
    written.write_text("mine")
    assert cli.main(["taosanode", "check", "--convert", str(theirs)]) == 1  # never over what is there
    assert (written.read_text(), "File exists" in capsys.readouterr().err) == ("mine", True)


def test_configuration_of_tdgpt_that_is_no_good_is_not_written(tmp_path, capsys):
    theirs = tmp_path / "taosanode.config.py"
    theirs.write_text("workers = 0\n")
    assert cli.main(["taosanode", "check", "--convert", str(theirs), "-o", str(tmp_path / "a.ini")]) == 1
    assert "processes = 0: allowed: a whole number from 1 to 256" in capsys.readouterr().err
    assert not (tmp_path / "a.ini").exists()
