"""Real shells complete command lines of ours, typed into a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import completions
import pytest

from appliance import cli
from appliance.analysis import reference
from appliance.analysis.kinds import KINDS
from models import table

ALGORITHMS = {"anomaly-detection": ["iqr", "ksigma"], "forecast": ["arima", "holtwinters"]}
OPTIONS = {"anomaly-detection": ["alpha", "k", "scores"], "forecast": ["period", "trend"]}
GIVE_UP_S = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed, and a working folder with some files."""
    made = tmp_path_factory.mktemp("shells")
    completions.write(made, ALGORITHMS, OPTIONS)
    (made / "home").mkdir()
    for name in ("nodes.ini", "taos.pth"):
        (made / "home" / name).touch()
    (made / "home" / "models").mkdir()
    return made


class Terminal:
    """A shell that believes it talks to a person."""

    def __init__(self, command: list[str], folder: Path, env: dict[str, str], setup: str) -> None:
        ours, theirs = pty.openpty()
        self._file = ours
        bare = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "TERM": "dumb", "LC_ALL": "C.UTF-8", **env}
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=bare, cwd=folder / "home", start_new_session=True
        )
        os.close(theirs)
        self.type(f"{setup}; echo is'' set\n")
        self.wait_for("is set")

    def type(self, text: str) -> None:
        os.write(self._file, text.encode())

    def wait_for(self, *words: str) -> str:
        """Read until every word was shown; return all that was."""
        shown, end = "", time.monotonic() + GIVE_UP_S
        while not all(re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", shown) for word in words):
            assert select.select([self._file], [], [], max(end - time.monotonic(), 0.0))[0], shown
            shown += os.read(self._file, 65536).decode()
        return shown

    def completes(self, line: str, *words: str) -> str:
        """Check that the words are offered after a line; return all that was shown."""
        self.type(f"{line}\t\t")
        shown = self.wait_for(*words)
        self.type("\x15\n")  # forget the line
        return shown

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._file)


@pytest.fixture(params=["bash", "zsh"])
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    if request.param == "bash":
        user = folder / "user"
        user.mkdir(exist_ok=True)
        if not (user / "completions").exists():
            (user / "completions").symlink_to(folder / "bash")
        setup = ". /usr/share/bash-completion/bash_completion; bind 'set completion-query-items 0'"
        shell = Terminal(
            ["bash", "--norc", "--noprofile", "-i"], folder, {"BASH_COMPLETION_USER_DIR": str(user)}, setup
        )
    else:
        setup = f"fpath=({folder}/zsh $fpath); autoload -U compinit; compinit -u -D; LISTMAX=10000"
        shell = Terminal(["zsh", "-f", "-i"], folder, {}, setup)
    yield shell
    shell.close()


def test_commands_options_and_values_are_completed(terminal: Terminal) -> None:
    terminal.completes("taosanode ", *cli.COMMANDS)
    terminal.completes("taosanode sql --c", "--csv", "--cluster", "--credentials")
    terminal.completes("taosanode start-model ", "tdtsfm", "timemoe", "all")
    terminal.completes("start-model mine --dtype ", "float32", "bfloat16")
    terminal.completes("start-tdtsfm --", "--weights", "--port")
    assert "arima" not in terminal.completes("taosanode detect nodes.ini --algo ", "iqr", "ksigma")
    terminal.completes("taosanode list ", "iqr", "ksigma", "arima", "holtwinters")
    terminal.completes("taosanode list --kind ", "anomaly", "forecast")


def test_the_value_of_an_option_is_typed_right_behind_its_name(terminal: Terminal) -> None:
    assert "trend" not in terminal.completes("taosanode detect nodes.ini --option ", "alpha=", "k=", "scores=")
    terminal.type("taosanode() { echo got:$*; }\n")
    terminal.type("taosanode forecast nodes.ini --option tr\tadd\n")
    terminal.wait_for("got:forecast nodes.ini --option trend=add")


def test_files_and_folders_are_completed_where_they_are_meant(terminal: Terminal) -> None:
    terminal.completes("taosanoded -c n", "nodes.ini")
    assert "nodes.ini" not in terminal.completes("taosanode start-model tdtsfm --weights m", "models/")
    terminal.completes("taosanode convert-weights ta", "taos.pth")


def test_fish_completes_too(folder: Path) -> None:
    installed = folder / "bin"  # fish completes only what there is
    installed.mkdir()
    for name in ("taosanode", "taosanoded"):
        (installed / name).symlink_to("/bin/true")
    env = {"PATH": f"{installed}:{os.environ['PATH']}", "HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"}

    def offered(line: str) -> set[str]:
        script = f"set fish_complete_path {folder}/fish; complete -C {line!r}"
        done = subprocess.run(["fish", "-c", script], env=env, cwd=folder / "home", capture_output=True, text=True)
        assert done.stderr == ""
        return {row.split("\t")[0] for row in done.stdout.splitlines()}

    assert set(cli.COMMANDS) <= offered("taosanode ")
    assert offered("taosanode start-model ") == {*(row.name for row in table.OURS), "all"}
    assert "nodes.ini" in offered("taosanoded -c ")
    assert {"iqr", "arima"} <= offered("taosanode list ")
    assert offered("taosanode forecast nodes.ini --option ") == {"period=", "trend="}


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("detect", ["iqr", "ksigma"]),
        ("forecast", ["arima", "holtwinters"]),
        ("check", ["iqr", "ksigma", "arima", "holtwinters"]),
    ],
)
def test_algorithms_of_the_commands_kind_are_offered(command: str, names: list[str]) -> None:
    parser = cli.parser("taosanode check")
    action = parser.add_argument("--algo", metavar="NAME")
    completions._hinted(parser, command, ALGORITHMS, OPTIONS)
    assert action.choices == names


def test_words_are_the_names_of_all_algorithms_and_options_by_kind() -> None:
    algorithms, options = completions.words(reference.shipped())
    assert set(algorithms) == set(options) == {kind.wire_type for kind in KINDS}
    assert {"ksigma", "sample_ad_model"} <= set(algorithms["anomaly-detection"])
    assert {"k", "n_neighbors", "scores", "timeout"} <= set(options["anomaly-detection"])
    assert {"trend", "max_P", "rows", "host"} <= set(options["forecast"])
    assert "trend" in options["anomaly-detection"]  # shesd has one
    assert "k" not in options["forecast"]
