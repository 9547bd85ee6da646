"""POST `/deploy` and `/undeploy`: the only endpoints that answer with statuses of HTTP, as the contract has it."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection
from typing import Any

import falcon
from falcon.media import MultipartFormHandler

from appliance.analysis import errors
from appliance.analysis.deployed import posted
from appliance.analysis.deployed.posted import BadPost
from appliance.analysis.deployed.store import Exists, Store
from appliance.host.settings import Settings
from appliance.node.observer import served
from appliance.node.resources import bodies
from appliance.protocol import answers, fields
from kernels.contract import AlgorithmError

log = logging.getLogger(__name__)

MOST_PARTS = 16


class Deploy:
    """Keep a model.

    taken : names of the node's own algorithms.
    """

    def __init__(self, store: Store, settings: Settings, taken: Collection[str]) -> None:
        self._store, self._settings, self._taken = store, settings, taken

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200, or 400 for what cannot be deployed and 500 for what cannot be written, or for a bug."""
        name = ""
        try:
            asked = self._read(req)
            name = asked.name
            self._add(asked)
        except AlgorithmError as error:
            _answer(req, resp, falcon.HTTP_400, error, str(error))
        except OSError as error:
            _answer(req, resp, falcon.HTTP_500, error, f"Error deploying model {name}: {error.strerror}")
        except Exception as error:
            _answer(req, resp, falcon.HTTP_500, error, errors.message(error))
        else:
            log.info("model %s was deployed", asked.name)
            _answer(req, resp, falcon.HTTP_200, None, f'Model "{asked.name}" deployed successfully')

    def _add(self, asked: posted.Posted) -> None:
        try:
            if asked.name.lower() in self._taken:
                raise Exists(asked.name)
            self._store.add(asked.name, asked.config)
        except Exists as error:
            raise Exists(f"Model with name {asked.name} already exists") from error
        except AlgorithmError as error:
            raise BadPost(f"Error deploying model {asked.name}: {error}") from error

    def _read(self, req: falcon.Request) -> posted.Posted:
        if (req.content_length or 0) > self._settings.max_body:
            raise BadPost(f"a body of {req.content_length} bytes, at most {self._settings.max_body} are allowed")
        if req.content_type and req.content_type.lower().startswith("multipart/form-data"):
            return posted.parts(parts(req, self._settings.max_body))
        return posted.model(posted.document(bodies.read(req, self._settings.max_body)))


class Undeploy:
    """Remove a model."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200, 400, 404 for a model that is not there, or 500 where it cannot be removed, or for a bug."""
        name = ""
        try:
            body = bodies.read(req, self._settings.max_body)
            if not body:
                raise BadPost("Missing JSON payload in request")
            document: Any = posted.document(body)
            if not isinstance(document, dict) or fields.MODEL_NAME not in document:
                raise BadPost("Missing required field model_name in request payload")
            name = posted.name(document[fields.MODEL_NAME])
            there = self._store.remove(name)
        except AlgorithmError as error:
            _answer(req, resp, falcon.HTTP_400, error, str(error))
        except OSError as error:
            _answer(req, resp, falcon.HTTP_500, error, f"Error undeploying model {name}: {error.strerror}")
        except Exception as error:
            _answer(req, resp, falcon.HTTP_500, error, errors.message(error))
        else:
            if there:
                log.info("model %s was removed", name)
                _answer(req, resp, falcon.HTTP_200, None, f'Model "{name}" undeployed successfully')
            else:
                missing = BadPost(f"Model with name {name} does not exist")
                _answer(req, resp, falcon.HTTP_404, missing, str(missing))


def parts(req: falcon.Request, most: int) -> dict[str, bytes]:
    """Return the parts of a form by name, each of at most so many bytes; raises BadPost."""
    found: dict[str, bytes] = {}
    if not req.content_length:
        return found
    body = bytes(req.stream.read(req.content_length))  # falcon's reader takes nothing else
    try:
        form = MultipartFormHandler().deserialize(io.BytesIO(body), req.content_type, len(body))
        for count, part in enumerate(form):
            name = part.name or ""
            if count == MOST_PARTS or name in found:
                raise BadPost("Missing required fields in request payload, required: model_name and config")
            found[name] = part.stream.read(most)
    except (falcon.HTTPError, ValueError) as error:
        if isinstance(error, BadPost):
            raise
        raise BadPost("invalid request format: the multipart body cannot be read") from error
    return found


def _answer(req: falcon.Request, resp: falcon.Response, status: str, error: BaseException | None, message: str) -> None:
    resp.status = status
    text = " ".join(message.split())
    if error is None:
        resp.data = answers.dump({fields.STATUS: fields.SUCCESS, "message": text})
    else:
        served(req).failed(error, text)
        resp.data = answers.dump({fields.STATUS: fields.ERROR, fields.ERROR: text})
