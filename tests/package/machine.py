"""A Debian of its own for a test: made by debootstrap, booted by systemd-nspawn, without any network.

What debootstrap makes is kept under .cache/rootfs; each machine is a copy of it, gone when the test ends. There is one
at a time on a host: they share its control groups, so one's systemd would end the other's services.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".cache" / "rootfs"
MACHINES = ROOT / ".cache" / "machines"
LOCK = Path("/run/lock/taosanode-test-machines")
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
SUITE = "bookworm"
BASE = "systemd,systemd-sysv,dbus,ca-certificates,procps,iproute2,curl"
INSIDE = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
BOOT_WITHIN_S, STOP_WITHIN_S = 120.0, 60.0


class Failed(AssertionError):
    """A command inside a machine failed; the message holds all it wrote."""


class Machine:
    """A booted machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder.with_suffix(".log")
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._init = 0

    def boot(self) -> None:
        """Start systemd and wait until it has started everything."""
        with self._log.open("wb") as log:
            self._nspawn = subprocess.Popen(
                # --register=no: the host need not run systemd. A network of its own, with nothing but loopback.
                ["systemd-nspawn", "-b", "-D", self.folder, "--register=no", "--keep-unit", "--private-network"]
                + ["--link-journal=no", "-M", self.folder.name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.folder.with_suffix(".pid").write_text(str(self._nspawn.pid))
        due = time.monotonic() + BOOT_WITHIN_S
        while not self._is_up():
            if time.monotonic() > due:
                raise Failed(f"not up within {BOOT_WITHIN_S} s:\n{self._log.read_text(errors='replace')}")
            time.sleep(0.2)

    def run(self, *command: str, check: bool = True, timeout: float = 180.0) -> str:
        """Run a command inside and return what it wrote, errors included."""
        prefix = self._enter("-m", "-u", "-i", "-n", "-p", "-C")
        try:
            done = subprocess.run([*prefix, *command], env=INSIDE, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{' '.join(command)}: still running after {timeout} s: {late.output!r}") from None
        text = (done.stdout + done.stderr).decode(errors="replace").strip()
        if check and done.returncode:
            raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{text}")
        return text

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command of the host that shares only the machine's network."""
        return subprocess.Popen([*self._enter("-n"), *command], stdout=subprocess.PIPE, cwd=ROOT)

    def main_pid(self, unit: str = "taosanoded") -> str:
        """Return the main process of a unit that runs; that of one that does not, 0, is the caller to kill(1)."""
        pid = self.property("MainPID", unit)
        assert pid != "0", f"{unit} does not run"
        return pid

    def property(self, name: str, unit: str = "taosanoded") -> str:
        """Return one property of a unit."""
        return self.run("systemctl", "show", "-p", name, "--value", unit)

    def path(self, inside: str) -> Path:
        """Return where the host sees a path of the machine; links on the way must be relative."""
        return self.folder / inside.lstrip("/")

    def stop(self) -> None:
        """Power off, the hard way if need be, and remove the machine."""
        if self._nspawn and self._nspawn.poll() is None:
            with contextlib.suppress(Failed):
                self.run("systemctl", "poweroff", check=False, timeout=10)
            try:
                self._nspawn.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                _kill(self._nspawn.pid)
                self._nspawn.wait(STOP_WITHIN_S)
        _remove(self.folder)

    def _is_up(self) -> bool:
        assert self._nspawn is not None
        if self._nspawn.poll() is not None:
            raise Failed(f"systemd-nspawn ended:\n{self._log.read_text(errors='replace')}")
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        for pid in children:
            if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                self._init = int(pid)
                return self.run("systemctl", "is-system-running", check=False) in ("running", "degraded")
        return False

    def _enter(self, *namespaces: str) -> list[str]:
        return ["nsenter", "-t", str(self._init), *namespaces, "--"]


@contextlib.contextmanager
def machine(name: str, base: Path) -> Iterator[Machine]:
    """Yield a machine made of a copy of `base`; not booted yet."""
    MACHINES.mkdir(parents=True, exist_ok=True)
    folder = MACHINES / f"taos-{name}"
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove(folder)
        subprocess.run(["cp", "-a", "--reflink=auto", base, folder], check=True)
        (folder / "etc" / "machine-id").write_text("uninitialized\n")
        made = Machine(folder)
        try:
            yield made
        finally:
            made.stop()


def debian(suite: str = SUITE) -> Path:
    """Return the root file system of a minimal Debian that knows no mirror."""
    return _cached(f"{suite}-base", lambda folder: _debootstrap(folder, suite))


def debian_with_dnf() -> Path:
    """Return the same with rpm and dnf, whose database is where every rpm system has it."""
    return _cached(f"{SUITE}-dnf", _add_dnf)


def _debootstrap(folder: Path, suite: str) -> None:
    _call("debootstrap", "--variant=minbase", f"--include={BASE}", suite, folder, MIRROR)
    (folder / "etc/apt/sources.list").write_text("")
    subprocess.run(["chroot", folder, "apt-get", "clean"], env=INSIDE, check=True)


def _add_dnf(folder: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", debian(), folder], check=True)
    sources = folder / "etc/apt/sources.list"
    sources.write_text(f"deb {MIRROR} {SUITE} main\n")
    resolver = folder / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", resolver)
    _call("chroot", folder, "apt-get", "-q", "update")
    _call("chroot", folder, "apt-get", "-q", "install", "-y", "--no-install-recommends", "rpm", "dnf")
    subprocess.run(["chroot", folder, "apt-get", "clean"], env=INSIDE, check=True)
    sources.write_text("")
    resolver.write_text("")
    (folder / "etc/rpm").mkdir(exist_ok=True)
    (folder / "etc/rpm/macros").write_text("%_dbpath /var/lib/rpm\n")


def _cached(name: str, make: Callable[[Path], None]) -> Path:
    folder = CACHE / name
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = CACHE / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder


def _call(*command: str | Path) -> None:
    done = subprocess.run(command, env={**os.environ, **INSIDE}, capture_output=True, timeout=900, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}:\n{(done.stdout + done.stderr).decode(errors='replace')[-4000:]}")


def _remove(folder: Path) -> None:
    """Remove a machine's files, after ending what an interrupted run may have left of it."""
    note = folder.with_suffix(".pid")
    if note.exists():
        pid = int(note.read_text())
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in Path(f"/proc/{pid}/cmdline").read_bytes():
                _kill(pid)
        note.unlink()
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in sorted((point for point in mounted if point.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", point], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        shutil.rmtree(folder)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    time.sleep(0.5)
