"""The node as processes: one master that loads everything, and workers forked from it."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from appliance.analysis import catalog
from appliance.host import addresses, certificates, logs, paths, processes
from appliance.host.settings import Settings
from appliance.host.systemd import Systemd
from appliance.node import stats
from appliance.node.app import create_app
from appliance.node.guests import Guests
from appliance.node.load import Load
from appliance.node.metrics import MODEL_SERVER, Metrics
from appliance.node.observer import Observer
from appliance.node.resources.metrics import MetricsText
from appliance.node.scoreboard import Scoreboard
from appliance.node.slots import Slots
from appliance.node.state import State
from appliance.transport import readiness
from appliance.transport.gate import Gate
from appliance.transport.listening import Master
from appliance.transport.tls import TlsWorker
from appliance.transport.worker import Worker

log = logging.getLogger(__name__)

# How long a thread may keep the interpreter from another that wants it; the default of 5 ms adds up under load
SWITCH_INTERVAL_S = 0.0005
KILLED_WITHIN_S = 5.0

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # from glibc's malloc.h


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn, configured from `Settings` alone; SIGHUP reads them anew."""

    def __init__(
        self,
        settings: Settings,
        read_settings: Callable[[], Settings],
        ready: Callable[[Settings], None],
        systemd: Systemd,
    ) -> None:
        self._read_settings = read_settings
        self._ready = ready
        self._scoreboard, self._metrics = Scoreboard(), Metrics()
        self._row = 0
        self._overgrown: dict[int, float] = {}  # workers with too much memory: pid -> since when
        self.settings, self._catalog = settings, catalog.build(settings, serve=True)
        self._systemd, self._tls = systemd, certificates.context(settings)
        self._state = ""  # in words, for systemd, from when the node is ready
        self._load = Load(self._scoreboard, systemd.tell)
        logs.configure(settings)
        if settings.pidfile:
            paths.make_folder_of(settings.pidfile)
        _log_warnings(settings)
        self._stats = stats.start(settings, self._scoreboard)
        super().__init__()

    def run(self) -> None:
        """Start the master; returns never, but by SystemExit."""
        try:
            Master(self).run()
        except RuntimeError as error:  # gunicorn's: another node has the pid file, for example
            sys.stderr.write(f"the node cannot start: {error}\n")
            sys.exit(1)

    @property
    def socket_is_kept(self) -> bool:
        """Whether the listening socket outlives this process: connections then wait for the next one."""
        return self._systemd.listens

    def load_config(self) -> None:
        """Translate the settings into gunicorn's own."""
        settings = self.settings
        for key, value in {
            "bind": addresses.host_port(*settings.http),
            "workers": settings.processes,
            "worker_class": TlsWorker if self._tls else Worker,
            "logger_class": logs.GunicornLogger,
            # a thread waits for its slot: there must be more of them than can wait
            "threads": settings.threads + slots_of(settings) + settings.queue,
            "worker_connections": 4096,
            "backlog": 2048,
            "keepalive": 75,
            "timeout": 120,
            "graceful_timeout": settings.reload_mercy_s,
            # the catalogue, the expensive part, is loaded before the fork all the same: in __init__ and reload
            "preload_app": False,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            "control_socket_disable": True,
            "pidfile": os.path.realpath(settings.pidfile) if settings.pidfile else None,
            "proc_name": "taosanode",
            "when_ready": self._when_ready,
            "on_reload": self._on_reload,
            "pre_fork": self._pre_fork,
            "post_fork": self._post_fork,
            "child_exit": self._child_exit,
            "on_exit": self._on_exit,
        }.items():
            self.cfg.set(key, value)
        Worker.max_body = settings.max_body
        if self._tls:
            TlsWorker.context = self._tls

    def load(self) -> Callable[..., Any]:
        """Return the application of one worker; called after the fork, since its threads would not survive one."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        _keep_freed_memory()
        row = self._scoreboard.take(self._row)
        recorder = self._metrics.recorder(self._row)
        observer = Observer(row, recorder, self._catalog.names)
        self._catalog.servers.answered = lambda model, outcome, seconds: recorder.observe(
            MODEL_SERVER, model, outcome, seconds, 0
        )
        Worker.gate = Gate(self.settings.allow_from, row.turn_away) if self.settings.allow_from else None
        # before there are threads
        guests = Guests(self._catalog, memory_of(self.settings), self._replace_worker)
        slots = Slots(slots_of(self.settings), self.settings.queue, row.slots, self._replace_worker)
        metrics = MetricsText(
            self._metrics,
            self._scoreboard,
            State(self._scoreboard, slots, self._catalog.servers, os.getppid()).lines,
        )
        return create_app(self._catalog, self.settings, slots, guests, observer, metrics)

    def look_after(self, arbiter: Master) -> None:
        """Tell how busy they are; end workers with too much memory: first they may finish what they do, then not."""
        if self._systemd.listens and self._state:
            self._load.report(self._state, self.settings.processes * slots_of(self.settings))
        self._overgrown = {pid: since for pid, since in self._overgrown.items() if pid in arbiter.WORKERS}
        limit, now = memory_of(self.settings), time.monotonic()
        for pid in list(arbiter.WORKERS):
            size = processes.resident_bytes(pid)
            if size > limit and pid not in self._overgrown:
                log.error(
                    "worker %d has %d MB of memory, more than the limit of %d: it ends", pid, size >> 20, limit >> 20
                )
                self._overgrown[pid] = now
                arbiter.kill_worker(pid, signal.SIGTERM)
            elif pid in self._overgrown and (size > 2 * limit or now > self._overgrown[pid] + KILLED_WITHIN_S):
                arbiter.kill_worker(pid, signal.SIGKILL)

    def _replace_worker(self) -> None:
        """Have this worker finish what it can and end: something of its does not work any more."""
        log.error("an analysis does not end, or no process can be forked: worker %d is replaced", os.getpid())
        self._worker.handle_exit(signal.SIGTERM, None)

    def reload(self) -> None:
        """Read settings and algorithms anew; keep the old ones if the new ones are no good.

        All that can fail comes first and leaves nothing behind, so a refused reload has nothing to put back.
        """
        before, replaced = self.settings, self._stats
        try:
            settings = self._read_settings()
            overlaps = self._check_reachable(settings)
            found, tls = catalog.build(settings, serve=True), certificates.context(settings)
            moved = settings.stats != before.stats
            statistics = stats.start(settings, self._scoreboard) if moved else replaced
            try:
                logs.configure(settings)
            except OSError:
                if moved and statistics:
                    statistics.stop()
                raise
        except Exception as error:
            log.error("reload refused, the node goes on as it was: %s", error)
            self._tell("reload refused, goes on as it was: " + " ".join(str(error).split()))
            return
        _log_warnings(settings)
        self.settings, self._catalog, self._stats, self._tls = settings, found, statistics, tls
        if moved and replaced:
            replaced.stop()
        if statistics:
            statistics.processes = settings.processes
        if settings.http != before.http:
            self._systemd.forget()  # gunicorn listens anew, perhaps on an address that includes the old one
            if overlaps:
                self._stop_listening(settings.http[1])
        super().reload()
        self._tell(self._summary())

    def _check_reachable(self, settings: Settings) -> bool:
        """Refuse an address or a pid file that gunicorn could not have: it would end the node.

        Returns
        -------
        Whether the new address includes the one that the workers listen on, or the other way round.

        Raises
        ------
        OSError
        """
        reason = addresses.unusable(*settings.http) if settings.http != self.settings.http else None
        ours = {os.getpid(), *(worker.pid for worker in self._scoreboard.workers())}
        if reason and not ours & addresses.owners(settings.http[1]).keys():
            raise OSError(f"http = {reason}")
        if settings.pidfile and settings.pidfile != self.settings.pidfile:
            if unusable := paths.unusable_pid_file(settings.pidfile, os.getpid()):
                raise OSError(f"pidfile = {unusable}")
            paths.make_folder_of(settings.pidfile)
        return reason is not None

    def _stop_listening(self, port: int) -> None:
        """Have the old workers give up a port: they finish what they do first, as at any reload."""
        pids = [worker.pid for worker in self._scoreboard.workers() if worker.pid]
        log.info("port %d is listened on anew once %d workers have finished", port, len(pids))
        due = time.monotonic() + self.settings.reload_mercy_s
        for number, until in ((signal.SIGTERM, due), (signal.SIGKILL, due + KILLED_WITHIN_S)):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                    os.kill(pid, number)
            while not addresses.owners(port).keys().isdisjoint(pids) and time.monotonic() < until:
                time.sleep(0.05)

    def _pre_fork(self, arbiter: Arbiter, worker: Worker) -> None:
        self._row = worker.row = self._scoreboard.reserve()

    def _post_fork(self, arbiter: Arbiter, worker: Worker) -> None:
        self._worker = worker
        if self._stats:
            self._stats.leave()

    def _child_exit(self, arbiter: Arbiter, worker: Worker) -> None:
        self._scoreboard.free(worker.row)

    def _on_exit(self, arbiter: Arbiter) -> None:
        if self._stats:
            self._stats.stop()

    def _when_ready(self, arbiter: Arbiter) -> None:
        """Report once a worker has answered; gunicorn calls this before there are any."""
        self._systemd.keep(arbiter.LISTENERS[0].sock)
        if self.settings.allow_from or self._tls:  # a question of ours might be turned away
            readiness.when(lambda: bool(self._scoreboard.workers()), self._report_ready)
        else:
            readiness.when_answering(addresses.local_url(*self.settings.http), self._report_ready)

    def _on_reload(self, arbiter: Arbiter) -> None:
        self._systemd.keep(arbiter.LISTENERS[0].sock)  # a new one, if the address has changed

    def _report_ready(self) -> None:
        self._state = self._summary()
        self._systemd.tell(f"READY=1\nSTATUS={self._state}")
        self._ready(self.settings)

    def _tell(self, state: str) -> None:
        self._state = state
        self._systemd.tell(f"STATUS={state}")

    def _summary(self) -> str:
        return f"serving {len(self._catalog)} algorithms at {addresses.host_port(*self.settings.http)}"


def _log_warnings(settings: Settings) -> None:
    for warning in settings.warnings:
        log.warning("%s", warning)
    if settings.environment:
        log.info("settings of the environment: %s", "; ".join(settings.environment))


def _keep_freed_memory() -> None:
    """Let the C library reuse what a request has freed; only much of it goes back to the system.

    By default the arrays of every request come as fresh pages, and touching those for the first time costs twice as
    much as all else a request of 40 000 rows does.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc only
        for parameter, value in ((M_ARENA_MAX, 1), (M_MMAP_THRESHOLD, 32 << 20), (M_TRIM_THRESHOLD, 64 << 20)):
            libc.mallopt(parameter, value)


def memory_of(settings: Settings) -> int:
    """Return how many bytes a worker may have."""
    return settings.memory_limit or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def slots_of(settings: Settings) -> int:
    """Return how many analyses one worker process runs at once."""
    return settings.slots or len(os.sched_getaffinity(0))
