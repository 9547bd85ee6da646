from __future__ import annotations

import subprocess
import sys

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
        "try: cli.main(['taosanode', '--help'])\n"
        "except SystemExit: pass\n"
        "slow = {'numpy', 'numba', 'torch', 'duckdb', 'falcon', 'gunicorn'} & set(sys.modules); assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
