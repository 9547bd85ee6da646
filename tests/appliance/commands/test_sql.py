from __future__ import annotations

import io
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import taosrest

from appliance import cli
from appliance.sql import anode
from tests.appliance.sql.fake_node import FakeNode, fake_node

DOCUMENTED = (Path(__file__).parents[2] / "golden" / "show_anodes.txt").read_text()


@pytest.fixture
def node() -> Iterator[FakeNode]:
    with fake_node() as running:
        yield running


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anode, "PATIENCE_S", 2.0)  # a busy machine must not make a live node look dead


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in ("TOKEN", "USER", "PASSWORD"):
        monkeypatch.delenv(f"TAOSANODE_SQL_{name}", raising=False)
    return ["taosanode", "sql", "--registry", str(tmp_path / "anodes.db")]


def shape(printed: str) -> str:
    """Replace what differs from run to run: the node's address, times and durations."""
    printed = re.sub(r"\| (127\.0\.0\.1|192\.168\.0\.1):\d+ +\|", "| URL |", printed)
    printed = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "TIME", printed)
    return re.sub(r"\(\d+\.\d{6}s\)", "(SECONDS)", printed)


def test_the_documented_session(sql: list[str], node: FakeNode, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([*sql, "-s", f"create anode '{node.url}'"])
    capsys.readouterr()
    assert cli.main([*sql, "-s", "show anodes; show anodes full;"]) == cli.OK
    assert shape(capsys.readouterr().out) == shape(DOCUMENTED)
    assert cli.main([*sql, "-s", "UPDATE ANODE 1; UPDATE ALL ANODES; DROP ANODE 1; SHOW ANODES"]) == cli.OK
    lines = [line for line in shape(capsys.readouterr().out).splitlines() if " OK, " in line]
    affected = "OK, 0 row(s) affected (SECONDS)"
    assert lines == [
        f"Query {affected}",
        f"Query {affected}",
        f"Drop {affected}",
        "Query OK, 0 row(s) in set (SECONDS)",
    ]


def test_an_error_does_not_stop_the_rest_but_counts(sql: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*sql, "-s", "create anode '127.0.0.1:1'; show anodes"]) == cli.FAILED
    shown = capsys.readouterr()
    assert shape(shown.err) == "\nDB error: Analysis service can't access[0x80000441] (SECONDS)\n\n"
    assert "Query OK, 0 row(s)" in shown.out


def test_a_file_and_standard_input(
    sql: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "script.sql"
    file.write_text("-- look\nshow anodes;\nquit;\nnot reached;")
    assert cli.main([*sql, "--csv", "-f", str(file)]) == cli.OK
    monkeypatch.setattr(sys, "stdin", io.StringIO("show anodes;"))
    assert cli.main([*sql, "--csv"]) == cli.OK
    assert capsys.readouterr().out == "id,url,status,create_time,update_time\n" * 2
    assert cli.main([*sql, "-f", str(tmp_path / "none.sql")]) == cli.FAILED
    assert "none.sql" in capsys.readouterr().err


def test_json(sql: list[str], node: FakeNode, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*sql, "--json", "-s", f"create anode '{node.url}'; select id from ins_anodes"]) == cli.OK
    created, selected = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert created["column_meta"] == [["affected_rows", "INT", 4]]
    assert selected["data"] == [[1]]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--cluster", "http://host"], cli.USAGE, "--cluster needs credentials"),
        (["--cluster", "nowhere", "--credentials", "/none"], cli.FAILED, "No such file"),
        (["--serve", "0.0.0.0:6041"], cli.USAGE, "open to others"),
    ],
)
def test_refusals(
    tmp_path: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if "--cluster" in arguments else ["--registry", str(tmp_path / "anodes.db")]
    assert cli.main(["taosanode", "sql", *where, *arguments]) == code
    assert message in capsys.readouterr().err


def test_an_address_without_a_port_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["taosanode", "sql", "--serve", "6041"])
    assert end.value.code == cli.USAGE
    assert "host:port is expected, got 6041" in capsys.readouterr().err


def test_serve_until_told_to_stop(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "appliance", "sql", "--registry", str(tmp_path / "a.db"), "--serve", address]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    assert address in process.stderr.readline()
    assert taosrest.connect(url=f"http://{address}").query("show anodes").rows == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_statements_need_neither_the_console_nor_the_mathematics(tmp_path: Path) -> None:
    code = (
        "import sys; from appliance import cli\n"
        "cli.main(['taosanode', 'sql', '--registry', sys.argv[1], '-s', 'show anodes'])\n"
        "slow = {'numpy', 'numba', 'torch', 'falcon', 'gunicorn', 'prompt_toolkit'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.db")], check=True, stdout=subprocess.DEVNULL)
