"""Tells how busy the node is, for who looks by `systemctl status`."""

from __future__ import annotations

import time
from collections.abc import Callable

from appliance.node.scoreboard import Scoreboard

TELL_EVERY_S = 10.0


class Load:
    """What the workers of a scoreboard have done since it was told last.

    tell : takes a state of systemd, such as ``STATUS=...``; an idle node tells nothing twice.
    clock : seconds.
    """

    def __init__(
        self, scoreboard: Scoreboard, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._scoreboard, self._tell, self._clock = scoreboard, tell, clock
        self._at, self._requests, self._told = clock(), scoreboard.requests(), ""

    def report(self, state: str, slots: int) -> None:
        """Tell what the node does, if it is time to: called every second or so.

        state : what else there is to say, first.
        slots : analyses that all workers together could run.
        """
        seconds = self._clock() - self._at
        if seconds < TELL_EVERY_S:
            return
        requests, workers = self._scoreboard.requests(), self._scoreboard.workers()
        rate = (requests - self._requests) / seconds
        busy, queued = (sum(getattr(worker, what) for worker in workers) for what in ("slots_busy", "queued"))
        told = f"STATUS={state}; {rate:.1f} requests/s, {busy} of {slots} slots busy, {queued} waiting"
        if told != self._told:
            self._tell(told)
        self._at, self._requests, self._told = self._clock(), requests, told
