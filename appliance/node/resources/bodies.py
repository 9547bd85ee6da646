"""The body of a request, and whether its client is still there."""

from __future__ import annotations

import select
import socket

import falcon

from appliance.protocol.documents import BadRequest, Body


def read(req: falcon.Request, limit: int) -> Body:
    """Return the body of a request, JSON of at most `limit` bytes; raises BadRequest."""
    if req.content_type and "json" not in req.content_type.lower():
        raise BadRequest("invalid request format: the content type must be application/json")
    return of_any_type(req, limit)


def of_any_type(req: falcon.Request, limit: int) -> Body:
    """Return the body of a request of at most `limit` bytes, whatever it is; raises BadRequest."""
    if (req.content_length or 0) > limit:
        raise BadRequest(f"invalid request format: body of {req.content_length} bytes, at most {limit} are allowed")
    body: Body = req.stream.read(limit + 1 if req.content_length is None else req.content_length)
    if len(body) > limit:
        raise BadRequest(f"invalid request format: body of more than {limit} bytes")
    return body


def hung_up(req: falcon.Request) -> bool:
    """Tell whether the client has closed its side of the connection."""
    connection: socket.socket | None = req.env.get("gunicorn.socket")
    if connection is None:
        return False
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
