"""Uninstall the node: stop everything, remove the package, its configuration and its logs.

Models and the operator's own algorithms are kept, unless --purge is given. No other package is touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from appliance.host.processes import clean_environment

EXIT_STATUS = {1: "not removed: you said no, or the package manager failed"}
EPILOG = """
examples:
  rmtaosanode --dry-run
      see what it would do
  rmtaosanode -y --purge
      leave nothing behind, and ask nothing
"""

PACKAGES = ("taosanode-tsfm", "taosanode")  # what depends on the other one comes first
SERVICES = ("taosanoded.service", "taosanode-model@*.service")
KEPT = (Path("/var/lib/taos/taosanode/model"), Path("/var/lib/taos/taosanode/resource"))
DEPLOYED = (Path("/var/lib/taosanode"), Path("/var/lib/private/taosanode"))  # models: a link, and where it leads
LEFT_BY_PACKAGES = (  # of rpm, which knows no purge, and of an installation that is not a package's any more
    Path("/etc/taos/taosanode.ini"),
    Path("/etc/taos/taosanode.ini.new"),
    Path("/etc/taos/taosanode.ini.rpmsave"),
    Path("/etc/taos/taosanode.ini.tdgpt"),
)
STOP_WITHIN_S = 30.0

# This program's own files vanish while the package manager runs, so the shell does the rest. $1 is what is done at
# last, $2 what is said; the remaining words are the package manager's command line.
AFTERWARDS = """
finally=$1 farewell=$2; shift 2
"$@" || { echo "rmtaosanode: $1 failed, see above; nothing else was removed" >&2; exit 1; }
eval "$finally"
echo "$farewell"
"""


class NotInstalled(Exception):
    """The running program belongs to no package."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("-y", "--yes", action="store_true", help="do it without asking")
    parser.add_argument("--purge", action="store_true", help="remove models and the operator's algorithms as well")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")


def run(given: argparse.Namespace) -> int:
    """Remove the node; does not return when it gets as far as the package manager."""
    program = Path(sys.executable)
    try:
        command = package_command(program)
    except NotInstalled as error:
        sys.stderr.write(f"rmtaosanode: {error}\n")
        return 1
    gone = [*LEFT_BY_PACKAGES, *(KEPT[0].parent, *DEPLOYED) * given.purge]
    kept = [] if given.purge else [path for path in KEPT if path.exists()]
    if not given.purge and any(DEPLOYED[0].glob("*")):
        kept.append(DEPLOYED[0])
    _say("stops", [*SERVICES, *(f"process {pid}" for pid in processes(program))])
    _say("runs", [" ".join(command)])
    _say("removes", [str(path) for path in gone if path.exists()])
    _say("keeps", [str(path) for path in kept])
    if given.dry_run:
        return 0
    if os.geteuid() != 0:
        sys.stderr.write("rmtaosanode: only root can uninstall the node\n")
        return 1
    if not given.yes and not _agreed():
        return 1
    sys.stdout.flush()
    stop(program)
    finally_, farewell = last_steps(gone, kept)
    shell = ["sh", "-c", AFTERWARDS, "rmtaosanode", finally_, farewell, *command]
    os.execve("/bin/sh", shell, clean_environment(os.environ))


def package_command(program: Path) -> list[str]:
    """Return the command that removes the package which this program came in, and what depends on it.

    Raises
    ------
    NotInstalled : it came in none.
    """
    for manager, owner, remove in (
        ("dpkg", ["dpkg", "-S", str(program)], ["dpkg", "--purge"]),
        ("rpm", ["rpm", "-qf", "--qf", "%{NAME}\n", str(program)], ["rpm", "-e"]),
    ):
        if shutil.which(manager) and _output(owner).split(":")[0].strip() == "taosanode":
            installed = [name for name in PACKAGES if _installed(manager, name)]
            return [*remove, *installed]
    raise NotInstalled(f"{program} belongs to no installed package")


def processes(program: Path) -> list[int]:
    """Return the processes that run this very executable, other than this one and its parents."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (os.getpid(), os.getppid()):
            continue
        try:
            if (entry / "exe").samefile(program):
                found.append(int(entry.name))
        except OSError:  # ended meanwhile, or a kernel thread
            continue
    return sorted(found)


def stop(program: Path) -> None:
    """End the services, then whatever else still runs this executable."""
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "stop", *SERVICES], env=clean_environment(os.environ), check=False)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes(program):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        due = time.monotonic() + STOP_WITHIN_S
        while processes(program) and time.monotonic() < due:
            time.sleep(0.1)


def last_steps(gone: Sequence[Path], kept: Sequence[Path]) -> tuple[str, str]:
    """Return what the shell does after the package is gone, and what it says."""
    steps = [f"rm -rf '{path}'" for path in gone]
    steps += [f"rmdir '{path}' 2> /dev/null" for path in ("/var/lib/taos/taosanode", "/var/lib/taos", "/etc/taos")]
    told = [f"kept: {path}" for path in kept]
    return "; ".join(steps), "\n".join([*told, "TDengine TDgpt is uninstalled successfully!"])


def _installed(manager: str, name: str) -> bool:
    if manager == "dpkg":
        return _output(["dpkg-query", "-W", "-f", "${db:Status-Status}", name]) == "installed"
    return _output(["rpm", "-q", "--qf", "%{NAME}", name]) == name


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, env=clean_environment(os.environ), capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _agreed() -> bool:
    sys.stdout.write("Uninstall the node? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(verb: str, items: Sequence[str]) -> None:
    for item in items:
        sys.stdout.write(f"{verb} {item}\n")
