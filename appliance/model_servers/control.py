"""Starts and stops the model servers: one process each, known by a locked pid file.

The server holds a lock on its pid file for as long as it lives. So a file left behind by a crash is never taken for
a running server, and a process that merely got the same number is never stopped.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from appliance.host import addresses
from appliance.host.settings import Settings
from appliance.model_servers import torch_runtime
from appliance.transport import readiness
from models import table
from models.files import CheckpointError, describe

READY_S = 180.0  # a large model on a cold disk
STOP_S = 40.0  # more than the server gives running requests
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve, and where.

    folder : the model's directory.
    dtype : "float32" or "bfloat16".
    threads : processor threads for one forecast, 0 for torch's own choice.
    pidfile, log : of the process; the log is where standard error goes.
    """

    name: str
    folder: Path
    host: str
    port: int
    dtype: str
    threads: int
    pidfile: Path
    log: Path


class ControlError(Exception):
    """A server could not be started or stopped; the message says why and what to do."""


class AlreadyRunning(ControlError):
    """A second start of the same model."""


def known(settings: Settings) -> dict[str, str]:
    """Return server name -> URL for every algorithm of `[tsfm-service]` whose server this program can be."""
    return {server_name(name): url for name, url in settings.tsfm.items() if _can_be_served(name)}


def server_name(name: str) -> str:
    """Return the server that an algorithm's or a model's name means."""
    row = table.of_any_name(name)
    return row.name if row else name


def _can_be_served(name: str) -> bool:
    row = table.of_any_name(name)
    return row is None or bool(row.module)


def plan(
    settings: Settings,
    name: str,
    *,
    folder: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    dtype: str = "float32",
    threads: int = 0,
) -> Plan:
    """Say what a start would do: the address from the settings unless given, pid file and log beside the node's."""
    name = server_name(name)
    if not _can_be_served(name):
        raise ControlError(f"the server of {name} is none of this program's: the node only asks it")
    url = urlsplit(known(settings).get(name, ""))
    if port is None and url.hostname is None:
        raise ControlError(
            f"{name} has no line in [tsfm-service]: name one of {', '.join(known(settings))}, or a --port"
        )
    return Plan(
        name=name,
        folder=(folder or settings.model_dir / name).absolute(),
        host=host or url.hostname or "127.0.0.1",
        port=port or url.port or 80,
        dtype=dtype,
        threads=threads,
        pidfile=pidfile(settings, name),
        log=_beside(settings.app_log) / f"{name}.log",
    )


def pidfile(settings: Settings, name: str) -> Path:
    """Return where a server's pid file is: beside the node's own."""
    return _beside(settings.pidfile) / f"{name}.pid"


def _beside(path: Path | None) -> Path:
    return (path.parent if path else Path(".run")).absolute()


def start(plan: Plan, command: list[str]) -> int:
    """Start a server in the background and wait until it answers; return its process id.

    Parameters
    ----------
    command : what runs `model_server.serve(plan)`.

    Raises
    ------
    AlreadyRunning, ControlError
    """
    check(plan)
    plan.log.parent.mkdir(parents=True, exist_ok=True)
    with plan.log.open("ab") as log:
        begin = log.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=os.getcwd()
        )
    try:
        _wait_until_ready(plan, process, begin)
    except BaseException:
        process.terminate()
        process.wait(STOP_S)
        raise
    return process.pid


def stop(plan_name: str, pidfile: Path) -> int | None:
    """Stop the server that holds the pid file; return its process id, None if there was none."""
    pid = running(pidfile)
    if pid is None:
        return None
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    while running(pidfile) is not None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)  # its worker ends by itself when it finds itself alone
            raise ControlError(f"{plan_name} did not stop within {STOP_S:.0f} s, process {pid} was killed")
        time.sleep(POLL_S)
    return pid


def running(pidfile: Path) -> int | None:
    """Return the process id of the server that holds the pid file, None if nobody does."""
    try:
        file = os.open(pidfile, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(file, 32).strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(file)
    return None


@contextmanager
def held(pidfile: Path) -> Iterator[None]:
    """Hold the pid file while the block runs; it is gone afterwards.

    Raises
    ------
    AlreadyRunning : a server holds it.
    ControlError : it cannot be written.
    """
    try:
        file = _lock(pidfile)
    except OSError as error:
        told = "it lies in the folder that `pidfile` of [uwsgi] names"
        raise ControlError(f"pid file {pidfile}: {error.strerror}; {told}") from error
    master = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == master:  # a forked worker leaves through here too
            pidfile.unlink(missing_ok=True)
        os.close(file)


def _lock(pidfile: Path) -> int:
    pidfile.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = os.open(pidfile, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise AlreadyRunning(f"{pidfile} is held by a running server") from error
        if os.fstat(file).st_nlink:
            break
        os.close(file)  # the last server has just removed it
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    return file


def check(plan: Plan) -> None:
    """Refuse a plan that cannot come true.

    Raises
    ------
    AlreadyRunning, ControlError
    """
    check_not_running(plan)
    check_weights(plan)
    _check_address(plan)


def check_not_running(plan: Plan) -> None:
    """Refuse a plan whose pid file a server holds."""
    pid = running(plan.pidfile)
    if pid:
        raise AlreadyRunning(f"{plan.name} is running already, process {pid}")


def check_weights(plan: Plan) -> None:
    """Refuse a plan whose folder holds no readable weights, or that nothing here can compute."""
    try:
        torch_runtime.find()
        describe(plan.folder)
    except torch_runtime.TorchMissing as error:
        raise ControlError(f"{error}; the weights belong in {plan.folder}") from error
    except CheckpointError as error:
        row = table.of_any_name(plan.name)
        known = f"; {row.title}: {row.files}; {table.WITHOUT_WEIGHTS}" if row and row.files else ""
        raise ControlError(f"{error}{known}") from error


def _check_address(plan: Plan) -> None:
    reason = addresses.unusable(plan.host, plan.port)
    if reason:
        raise ControlError(f"{plan.name}: {reason}")


def _wait_until_ready(plan: Plan, process: subprocess.Popen[bytes], log_begin: int) -> None:
    deadline = time.monotonic() + READY_S
    while process.poll() is None:
        if _answers(plan, process.pid):
            return
        if time.monotonic() > deadline:
            raise ControlError(f"{plan.name} did not answer within {READY_S:.0f} s, see {plan.log}")
        time.sleep(POLL_S)
    raise ControlError(f"{plan.name} did not start: {_reason(plan.log, log_begin)}; see {plan.log}")


def _answers(plan: Plan, pid: int) -> bool:
    """Ask for the status; it waits in the server's queue until the model is loaded."""
    try:
        told = json.loads(readiness.status(addresses.local_url(plan.host, plan.port)) or b"{}")
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("pid") == pid


def _reason(log: Path, begin: int) -> str:
    """Return the last error that a server wrote."""
    with log.open("rb") as file:
        file.seek(begin)
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if " ERROR " in line or line.startswith("taosanode:")]
    return (errors or lines or ["it wrote nothing"])[-1]
