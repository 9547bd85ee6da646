"""GET `/openapi.json`: the description of the interface."""

from __future__ import annotations

import falcon

from appliance.analysis.catalog import Catalog
from appliance.node import openapi
from appliance.protocol import answers


class OpenApi:
    """The description; made when it is first asked for, and kept."""

    def __init__(self, catalog: Catalog, *, page: bool) -> None:
        self._catalog, self._page, self._answer = catalog, page, b""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the description."""
        self._answer = self._answer or answers.dump(openapi.document(self._catalog, page=self._page))
        resp.data = self._answer

    on_head = on_get
