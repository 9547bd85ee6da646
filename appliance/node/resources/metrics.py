"""GET `/metrics`, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import falcon

from appliance.node.metrics import CONTENT_TYPE, Metrics, exposition
from appliance.node.refusals import Refusals
from appliance.node.scoreboard import Scoreboard


class MetricsText:
    """The counts of all worker processes.

    state : yields the lines of what is not counted, but looked at when it is asked for.
    """

    def __init__(
        self, metrics: Metrics, scoreboard: Scoreboard, state: Callable[[], Iterator[str]] = lambda: iter(())
    ) -> None:
        self._metrics = metrics
        self._scoreboard = scoreboard
        self._state = state

    @property
    def refusals(self) -> Refusals:
        """The last requests without a result."""
        return self._metrics.refusals

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with what has been counted until now."""
        resp.content_type = CONTENT_TYPE
        resp.data = (
            exposition(self._metrics, self._scoreboard) + "".join(f"{line}\n" for line in self._state()).encode()
        )

    on_head = on_get
