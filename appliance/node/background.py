"""The node as a process in the background, where no systemd keeps it: known by its pid file.

Nothing here imports what a node computes with: the commands that ask are quick.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from appliance.host import addresses, paths
from appliance.host.settings import EMBEDDED_FOLDER, Settings

READY = "taosanode is ready at"  # how the node begins what it says once it answers
OURS = "taosanode"  # in the command line of a node
OUTPUT = "taosanoded.out"  # standard output and error: what is said before the logs are open
READY_S = 120.0  # the first start of a source tree compiles
STOP_AFTER_MERCY_S = 10.0
POLL_S = 0.02


class NotDone(Exception):
    """The node was not started or not stopped; the message says why."""


def running(settings: Settings) -> int | None:
    """Return the process of the running node: the pid file names it, and it is one of ours or has the port."""
    pid = paths.pid_in(settings.pidfile)
    if pid is None:
        return None
    return pid if pid in addresses.owners(settings.http[1]) or OURS in paths.command_line(pid) else None


def start(settings: Settings, command: list[str]) -> tuple[int, Path]:
    """Start the node and wait until it answers; return its process, and where its output goes.

    Parameters
    ----------
    command : what runs the node in the foreground.

    Raises
    ------
    NotDone : it ended, or does not answer in time; with what it said.
    OSError
    """
    output = (settings.app_log or settings.logto or EMBEDDED_FOLDER / OUTPUT).absolute().parent / OUTPUT
    paths.make_folder_of(output)
    with output.open("ab") as file:
        begin = file.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, cwd=os.getcwd()
        )
    due = time.monotonic() + READY_S
    while READY not in _said(output, begin):
        if process.poll() is not None:
            raise NotDone(f"the node did not start: {' '.join(_said(output, begin).split()) or 'it said nothing'}")
        if time.monotonic() > due:
            process.terminate()
            raise NotDone(f"the node did not answer within {READY_S:.0f} s, see {output}")
        time.sleep(POLL_S)
    return process.pid, output


def stop(settings: Settings) -> int | None:
    """Stop the node once running requests are answered; return the process that it was, None if none ran.

    Raises
    ------
    NotDone : it had to be killed, or it is not known which process it is.
    OSError
    """
    if settings.pidfile is None:
        raise NotDone("the configuration names no pidfile: it is not known which process to stop")
    pid = running(settings)
    if pid is None:
        return None
    os.kill(pid, signal.SIGTERM)
    longest_s = settings.reload_mercy_s + STOP_AFTER_MERCY_S
    due = time.monotonic() + longest_s
    while paths.command_line(pid):  # nobody may wait for it: then it stays as a name without a command
        if time.monotonic() > due:
            os.kill(pid, signal.SIGKILL)
            raise NotDone(f"the node did not stop within {longest_s:.0f} s, process {pid} was killed")
        time.sleep(POLL_S)
    return pid


def _said(output: Path, begin: int) -> str:
    with output.open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace")
