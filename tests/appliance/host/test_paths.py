from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from appliance.host import paths


def test_a_file_in_a_missing_folder_can_be_written_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.log"
    assert paths.unwritable(path) is None
    paths.make_folder_of(path)
    path.write_text("")
    assert paths.unwritable(path) is None


def test_what_cannot_be_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert paths.unwritable(tmp_path) == f"{tmp_path} is a folder, a file is needed"
    below = tmp_path / "file" / "x"
    assert paths.unwritable(below) == f"{below} cannot be made: no right to write to {tmp_path / 'file'}"


def test_a_folder_may_be_missing_but_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert paths.unreadable_folder(tmp_path) is None
    assert paths.unreadable_folder(tmp_path / "none") is None
    assert paths.unreadable_folder(tmp_path / "file") == f"{tmp_path / 'file'} is not a folder that can be read"


@pytest.mark.parametrize(("text", "pid"), [("1\n", 1), ("0", None), ("-1", None), ("x", None), ("999999999", None)])
def test_a_pid_file_names_a_process_that_runs_or_none(tmp_path: Path, text: str, pid: int | None) -> None:
    (tmp_path / "pid").write_text(text)
    assert paths.pid_in(tmp_path / "pid") == pid
    assert paths.pid_in(tmp_path / "none") is None


def test_the_pid_file_of_a_running_process_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    path.write_text(f"{os.getpid()}\n")
    assert paths.unusable_pid_file(path, os.getpid()) is None
    told = f"{path} names process {os.getpid()} ({paths.command(os.getpid())}), which is running"
    assert paths.unusable_pid_file(path) == told
    assert paths.command(999999999) == ""


def test_a_link_to_a_pid_file_that_is_not_there_yet_is_one_to_its_place(tmp_path: Path) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "file").write_text("")
    link = tmp_path / "installed" / "pid"
    link.symlink_to(tmp_path / "run" / "node" / "pid")
    assert paths.unusable_pid_file(link) is None
    paths.make_folder_of(link)
    assert (tmp_path / "run" / "node").is_dir()
    lost = tmp_path / "installed" / "lost"
    lost.symlink_to(tmp_path / "file" / "pid")
    assert paths.unusable_pid_file(lost) == f"{lost} cannot be made: no right to write to {tmp_path / 'file'}"


def test_a_socket_in_use_is_told_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        assert (
            paths.unusable_socket(path) == f"{path} is in use by process {os.getpid()} ({paths.command(os.getpid())})"
        )
        assert paths.unusable_socket(path, os.getpid()) is None
    assert paths.unusable_socket(path) is None  # a stale one is replaced


def test_what_cannot_be_a_socket_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert paths.unusable_socket(tmp_path / "file") == f"{tmp_path / 'file'} is there and no socket"
    told = paths.unusable_socket(tmp_path / ("x" * 108))
    assert told
    assert told.endswith("is too long for a socket, at most 107 bytes")
    assert paths.unusable_socket(tmp_path / "run" / "s") is None


def test_a_process_tells_how_it_was_called() -> None:
    assert sys.orig_argv[-1] in paths.command_line(os.getpid())
    assert paths.command_line(999999999) == ""
