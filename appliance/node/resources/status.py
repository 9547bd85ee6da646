"""GET `/` for people and `/status` for taosd."""

from __future__ import annotations

from importlib.metadata import version

import falcon

from appliance.node.resources import page
from appliance.protocol import answers, fields
from appliance.protocol.shapes import NUMBER, object_of

READY = "ready"


class Home:
    """GET `/`: one line of text that says what answers here; for browsers a page, where there is one."""

    def __init__(self, *, page: bool) -> None:
        self._page = page
        four = [*version("taosanode").split("."), "0", "0"][:4]  # numbers, as the original has
        self._text = f"TDgpt - TDengine TSDB© Time-Series Data Analytics Platform (ver {'.'.join(four)})"

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the product's name and version, or with the page."""
        if self._page:
            resp.append_header("Vary", "Accept")
            if page.wanted(req):
                page.send(req, resp)
                return
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = self._text

    on_head = on_get


class Status:
    """GET `/status`: taosd waits 100 ms for it, so the answer is made beforehand."""

    TOLD = object_of({fields.PROTOCOL: NUMBER, fields.STATUS: {"const": READY}})

    def __init__(self) -> None:
        self._answer = answers.dump({fields.PROTOCOL: answers.PROTOCOL, fields.STATUS: READY})

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer that the node is ready."""
        resp.data = self._answer

    on_head = on_get
