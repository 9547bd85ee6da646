"""The falcon application: which path leads to which resource."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import falcon

from appliance.analysis import errors
from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed import predicting
from appliance.analysis.deployed.algorithms import Live
from appliance.analysis.deployed.store import Store
from appliance.analysis.kinds import KINDS
from appliance.analysis.tools import TOOLS
from appliance.host.settings import Settings
from appliance.node import openapi
from appliance.node.browsers import Browsers
from appliance.node.guests import Guests
from appliance.node.observer import Observer, served
from appliance.node.resources import page
from appliance.node.resources.analysis import Analysis
from appliance.node.resources.deploying import Deploy, Undeploy
from appliance.node.resources.listing import Listing, Models
from appliance.node.resources.metrics import MetricsText
from appliance.node.resources.openapi import OpenApi
from appliance.node.resources.status import Home, Status
from appliance.node.resources.tool import Tool
from appliance.node.slots import Slots
from appliance.protocol import answers


def create_app(
    catalog: Catalog, settings: Settings, slots: Slots, guests: Guests, observer: Observer, metrics: MetricsText
) -> falcon.App[Any, Any]:
    """Build the WSGI application of one worker process."""
    app: falcon.App[Any, Any] = falcon.App(middleware=observer)
    app.add_middleware(Browsers(settings.allow_host))
    parsing = threading.Lock()
    store = Store(settings.dynamic_model_dir, catalog.reserved)
    app.add_route("/", Home(page=settings.page))
    if settings.page:
        app.add_route("/page/algorithms", page.Algorithms(catalog, settings, store))
        app.add_route("/page/refused", page.Refused(metrics.refusals))
        app.add_route("/page/table", page.Table(settings, slots))
    app.add_route("/status", Status())
    app.add_route("/list", Listing(catalog, settings, store))
    app.add_route("/models", Models(catalog, settings, store))
    for kind in KINDS:
        for path, algorithm in ((kind.route, ""), *kind.shortcuts.items()):
            algorithms = Live(catalog.of_kind(kind.wire_type), kind.wire_type, store)
            app.add_route(path, Analysis(kind, algorithms, settings, slots, guests, parsing, algorithm))
    for tool in TOOLS:
        for path in tool.OPERATION.paths:
            app.add_route(path, Tool(tool.answer, settings, slots))
    for path, predicted in predicting.ROUTES.items():
        app.add_route(path, Tool(partial(predicting.answer, store, predicted), settings, slots))
    app.add_route("/deploy", Deploy(store, settings, catalog.reserved))
    app.add_route("/undeploy", Undeploy(store, settings))
    app.add_route("/metrics", metrics)
    app.add_route(openapi.PATH, OpenApi(catalog, store, page=settings.page))
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(falcon.HTTPError, _http_error)
    return app


def _unexpected(req: falcon.Request, resp: falcon.Response, error: Exception, _: Any) -> None:
    resp.status, resp.content_type = falcon.HTTP_200, falcon.MEDIA_JSON
    message = errors.message(error)
    served(req).failed(error, message)
    resp.data = answers.error(message)


def _http_error(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, _: Any) -> None:
    resp.status, resp.content_type = error.status, falcon.MEDIA_JSON
    resp.set_headers(error.headers or {})
    resp.data = answers.error(f"{error.status}: {req.method} {req.path}")
