"""Variables of the environment are settings, and what looks like one and is none is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance import cli
from appliance.commands import check
from appliance.host import environment, settings
from appliance.host.settings import SettingsError, embedded, load

KEYS = [(section, key) for section, keys in settings.SECTIONS.items() for key in keys]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "taosanode.ini"
    path.write_text("[uwsgi]\nthreads = 3\nlogto = a.log\n[taosanode]\nqueue = 5\n[tsfm-service]\ntimemoe-fc =\n")
    return path


def test_every_key_has_a_variable() -> None:
    for section, key in KEYS:
        name = environment.variable(key)
        (line,) = environment.lines({name: " 7 "}, settings.SECTIONS)
        assert line.value == "7"
        assert settings.SECTIONS[line.section][line.key].setting == settings.SECTIONS[section][key].setting
        assert not environment.DISCOVERY.search(name)


def test_the_environment_has_the_last_word(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "THREADS": "8",
        "LOGTO": "",
        "TSFM_SERVICE": "timemoe_fc = http://gpu:1/x,\n moment=http://gpu:2/y, tdtsfm_1=",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"TAOSANODE_{name}", value)
    found = load(file)
    assert (found.threads, found.logto, found.queue) == (8, None, 5)
    assert (found.tsfm["timemoe-fc"], found.tsfm["moment"]) == ("http://gpu:1/x", "http://gpu:2/y")
    assert "tdtsfm_1" not in found.tsfm
    assert found.warnings == ()
    assert found.environment == (
        "TAOSANODE_LOGTO = ",
        "TAOSANODE_THREADS = 8",
        "TAOSANODE_TSFM_SERVICE: timemoe_fc = http://gpu:1/x",
        "TAOSANODE_TSFM_SERVICE: moment = http://gpu:2/y",
        "TAOSANODE_TSFM_SERVICE: tdtsfm_1 = ",
    )


def test_certificate_and_key_are_known_by_the_names_of_tdgpt_too() -> None:
    given = {"TDGPT_CERTFILE": "a.pem", "TDGPT_KEYFILE": "b.pem", "TAOSANODE_KEYFILE": "c.pem", "TDGPT_OTHER": "7"}
    told = {(line.key, line.value) for line in environment.lines(given, settings.SECTIONS)}
    assert told == {("certfile", "a.pem"), ("keyfile", "c.pem")}
    assert not list(environment.mistakes(given, settings.SECTIONS))


def test_without_a_file_the_environment_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAOSANODE_BIND", ":6035")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAOSANODE_ALGORITHM_DIR", "algo")
    found = embedded()
    assert (found.http, found.algorithm_dir) == (("0.0.0.0", 6035), tmp_path / "algo")


@pytest.mark.parametrize(
    ("given", "complaints"),
    [
        ({"THREADS": "many"}, ["TAOSANODE_THREADS = many: allowed: a whole number from 1 to 1024"]),
        ({"THREDS": "8"}, ["TAOSANODE_THREDS = 8: no such setting; did you mean TAOSANODE_THREADS?"]),
        ({"XYZZY": "8", "QUEUE": "\n"}, ["TAOSANODE_XYZZY = 8: no such setting", "TAOSANODE_QUEUE = : allowed: "]),
        ({"DAEMONIZE": "/x"}, ["TAOSANODE_DAEMONIZE = /x: no such setting"]),
        (
            {"HTTP": ":1", "BIND": ":2"},
            ["TAOSANODE_HTTP = :1: TAOSANODE_BIND is the same setting, only one of them can"],
        ),
        ({"KEYFILE": "/k"}, ["TAOSANODE_KEYFILE = /k: means nothing without certfile"]),
        ({"TSFM_SERVICE": "mine = gpu"}, ["TAOSANODE_TSFM_SERVICE: mine = gpu: allowed: a URL"]),
        ({"TSFM_SERVICE": "http://gpu"}, ["TAOSANODE_TSFM_SERVICE: http://gpu: no algorithm = URL"]),
    ],
)
def test_a_wrong_name_or_value_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], complaints: list[str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"TAOSANODE_{name}", value)
    with pytest.raises(SettingsError) as refusal:
        load(file)
    said = str(refusal.value).splitlines()
    assert len(said) == len(complaints)
    for line, complaint in zip(said, complaints, strict=True):
        assert line.startswith(f"environment: {complaint}")


@pytest.mark.parametrize(
    "name",
    [
        "SERVICE_HOST",
        "SERVICE_PORT_HTTP",
        "PORT",
        "PORT_6090_TCP",
        "PORT_6090_TCP_ADDR",
        "TSFM_SERVICE_HOST",
        "SQL_TOKEN",
    ],
)
def test_what_others_set_for_a_service_of_that_name_is_no_setting(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"TAOSANODE_{name}", "tcp://10.0.0.1:6090")
    assert load(file).environment == ()


def test_check_shows_what_the_environment_says(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAOSANODE_QUEUE", "8")
    text, _ = check.report(file)
    assert "ok       environment    TAOSANODE_QUEUE = 8\n" in text
    monkeypatch.setenv("TAOSANODE_HTTP", "6090")
    assert cli.main(["taosanoded", "-c", str(file)]) == cli.FAILED
    told = "environment: TAOSANODE_HTTP = 6090: allowed: host:port, port 1 to 65535\n"
    assert capsys.readouterr().err == told
