"""GET `/openapi.json`: the description of the interface."""

from __future__ import annotations

import falcon

from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed.algorithms import added
from appliance.analysis.deployed.store import Described, Store
from appliance.node import openapi
from appliance.protocol import answers


class OpenApi:
    """The description; made when it is first asked for, and kept until a model comes or goes."""

    def __init__(self, catalog: Catalog, store: Store, *, page: bool) -> None:
        self._catalog, self._store, self._page, self._answer = catalog, store, page, b""
        self._seen: list[Described] = []

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the description."""
        seen = self._store.listed()
        if not self._answer or seen != self._seen:
            found = openapi.document(added(self._catalog, seen), page=self._page)
            self._answer, self._seen = answers.dump(found), seen
        resp.data = self._answer

    on_head = on_get
