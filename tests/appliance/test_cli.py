from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import cli


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["taosanode", "--help"])
    assert end.value.code == cli.OK
    shown = capsys.readouterr().out
    assert all(f"  {command} " in shown for command in cli.COMMANDS)


@pytest.mark.parametrize("argv", [["taosanode"], ["taosanode", "nonesuch"], ["taosanoded", "--nonesuch"]])
def test_wrong_usage_exits_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == cli.USAGE
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(cli.LINKS))
def test_every_link_leads_to_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([f"/usr/bin/{name}", "--help"])
    assert end.value.code == cli.OK
    assert f"usage: {name}" in capsys.readouterr().out


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["taosanode", command, "--help"])
    assert end.value.code == cli.OK
    assert f"usage: taosanode {command}" in capsys.readouterr().out


def test_help_does_not_import_what_is_slow() -> None:
    code = (
        "import sys; from appliance import cli\n"
        "for name in ['taosanode', *cli.LINKS, *(f'taosanode {command}' for command in cli.COMMANDS)]:\n"
        "    cli.parser(name).format_help()\n"
        "slow = {'numpy', 'numba', 'torch', 'falcon', 'gunicorn', 'duckdb', 'matplotlib'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_link_asks_for_nothing_that_its_name_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert "NAME" not in cli.parser("start-tdtsfm").format_usage()
    assert "NAME" in cli.parser("start-model").format_usage()
    assert cli.parser("stop-timer-moe").parse_args([]).model == "timemoe"


@pytest.mark.parametrize("name", ["taosanode", "taosanoded", *(f"taosanode {command}" for command in cli.COMMANDS)])
def test_every_help_tells_the_exit_codes(name: str) -> None:
    told = cli.parser(name).format_help()
    assert all(f"\n  {code} " in told for code in (0, 1, 2, 130, 141))


PROGRAM = [sys.executable, "-m", "appliance"]


@pytest.mark.parametrize("arguments", [["list", "--json"], ["sql", "-s", "show anodes"]])
def test_output_nobody_reads_any_more_ends_it_without_a_word(arguments: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    with os.fdopen(writing, "wb") as output:
        done = subprocess.run([*PROGRAM, *arguments], stdout=output, stderr=subprocess.PIPE, env=env, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize("arguments", [["list", "--help"], ["list", "--json"]])
def test_output_that_finds_no_room_is_one_line(arguments: list[str]) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": ""}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, env=env, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"standard output cannot be written: No space left on device\n")


def test_ctrl_c_ends_it_as_a_shell_expects() -> None:
    code = (
        # as in a terminal: what a shell starts in the background, these tests perhaps, ignores it
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, time; from appliance import cli; from appliance.commands import list as command\n"
        "def run(given): print('runs', flush=True); time.sleep(60)\n"
        "command.run = run; sys.exit(cli.main(['taosanode', 'list']))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"runs\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == -signal.SIGINT  # $? is 130
