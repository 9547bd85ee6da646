"""What the page at ``/`` asks the node besides analyses."""

from __future__ import annotations

import time
from functools import partial

import falcon

from appliance.analysis import errors
from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed.algorithms import added
from appliance.analysis.deployed.store import Store
from appliance.host.settings import Settings
from appliance.node.observer import served
from appliance.node.page.description import description
from appliance.node.page.document import document
from appliance.node.refusals import Refusals
from appliance.node.resources import bodies
from appliance.node.slots import Slots
from appliance.protocol import answers
from appliance.protocol.documents import BadRequest, Body

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def wanted(req: falcon.Request) -> bool:
    """Tell whether a client names HTML among what it wants to see, as browsers do."""
    return falcon.MEDIA_HTML.partition(";")[0] in req.get_header("Accept", default="").lower()


def send(req: falcon.Request, resp: falcon.Response) -> None:
    """Answer with the page, or that the browser has it already."""
    page = document()
    resp.set_headers({**HEADERS, "Content-Security-Policy": page.policy})
    resp.etag = page.tag
    if any(tag in (page.tag, "*") for tag in req.if_none_match or ()):
        resp.status = falcon.HTTP_304
        return
    resp.content_type, resp.data = falcon.MEDIA_HTML, page.html


class Refused:
    """GET `/page/refused`: the last requests without a result."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the newest first."""
        resp.set_headers(HEADERS)
        resp.data = answers.dump({"refused": self._refusals.newest()})

    on_head = on_get


class Table:
    """POST `/page/table`: a Parquet file as the numbers in it, read in a slot as any work is."""

    def __init__(self, settings: Settings, slots: Slots) -> None:
        self._settings, self._slots = settings, slots

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the columns; whatever happens, the reply is HTTP 200 and JSON."""
        due, record = time.monotonic() + self._settings.http_timeout_s, served(req)
        try:
            body = bodies.of_any_type(req, self._settings.max_body)
            resp.data = self._slots.run(partial(_table, body), due=due, client_gone=lambda: bodies.hung_up(req))
        except Exception as error:  # what is not an AlgorithmError or ClientGone is a bug, logged in errors.message
            message = errors.message(error)
            record.failed(error, message)
            resp.data = answers.error(message)


def _table(body: Body) -> bytes:
    # the reader of files with its database is loaded when somebody opens such a file, and never otherwise
    from appliance.files.read import whole_table
    from appliance.files.series import FileError

    try:
        return answers.dump(whole_table.table(body))
    except FileError as error:
        raise BadRequest(str(error)) from error


class Algorithms:
    """GET `/page/algorithms`: algorithms and options as they are declared."""

    def __init__(self, catalog: Catalog, settings: Settings, store: Store) -> None:
        self._catalog, self._settings, self._store = catalog, settings, store

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with what forms are made of."""
        resp.set_headers(HEADERS)
        resp.data = answers.dump(description(added(self._catalog, self._store.listed()), self._settings))

    on_head = on_get
