"""The course of `taosanode train`: read, learn, judge, store, and deploy where that is asked for."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

import orjson

from appliance.analysis.deployed.store import NAME
from appliance.files.series import FileError, UsageError
from appliance.files.train import learned
from appliance.files.train.learned import Learned
from appliance.protocol import fields
from appliance.transport.http import Client, Failed
from kernels import registry

WAIT_S, CONNECT_S, MAX_ANSWER = 60.0, 10.0, 1024 * 1024
MAX_SHARE = 0.9


def run(given: argparse.Namespace, module: str) -> list[str]:
    """Train as the arguments say; return what is said of it.

    module : of this package, which learns this kind.

    Raises
    ------
    UsageError, FileError, AlgorithmError, OSError
    """
    learner = importlib.import_module(f"appliance.files.train.{module}")
    place, node = Path(given.out), _node(given.deploy)
    name = given.name or place.stem
    if node and not NAME.fullmatch(name):
        raise UsageError(f"--name {name}: letters, digits, '_', '.' and '-', at most 63, the first none of the signs")
    if place.suffix != learner.SUFFIX:
        raise UsageError(f"--out {place}: a model of {given.kind} is a file *{learner.SUFFIX}")
    if place.exists() and not given.force:
        raise UsageError(f"--out {place} exists already; --force replaces it")
    if not 0.0 <= given.hold_out <= MAX_SHARE:
        raise UsageError(f"--hold-out must be 0 to {MAX_SHARE}, got {given.hold_out:g}")
    if (given.target is not None) != learner.TARGET:
        raise UsageError(f"{given.kind} needs --target" if learner.TARGET else f"{given.kind} predicts no --target")
    if given.covariate and given.kind not in (known := _with_covariates()):
        raise UsageError(f"{given.kind} learns from no --covariate; {' and '.join(known)} do")
    data, said = learner.READ(given)
    found: Learned = learner.learn(given.kind, data, given.option, given.hold_out)
    told = [said, *found.told]
    learned.store(found, place)
    if node:
        _deploy(node, name, found, place.suffix)
        return [*told, f"{place} is written, and is the model {name} of {given.deploy}"]
    form = f"curl -F model_name={name} -F model_binary=@{place} http://127.0.0.1:6090/deploy"
    return [*told, f"{place} is written; to deploy it: {form}"]


def _with_covariates() -> list[str]:
    return [name for name in registry.learners() if registry.learner(name).made.NEEDS.covariates]


def _node(url: str | None) -> SplitResult | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise UsageError(f"--deploy {url}: {error}") from error
    if not usable:
        raise UsageError(f"--deploy {url}: a node's address is expected, such as http://127.0.0.1:6090")
    return parts._replace(path=f"{parts.path.rstrip('/')}/deploy")


def _deploy(node: SplitResult, name: str, model: Learned, suffix: str) -> None:
    """Post a model as a form; raises FileError in the node's own words."""
    mark = uuid4().hex.encode()
    parts = {fields.MODEL_NAME: name.encode(), fields.MODEL_BINARY: model.content}
    lines: list[bytes] = []
    for part, content in parts.items():
        disposition = f'Content-Disposition: form-data; name="{part}"; filename="{name}{suffix}"'
        lines += [b"--" + mark, disposition.encode(), b"", content]
    body = b"\r\n".join([*lines, b"--" + mark + b"--", b""])
    headers = {"Content-Type": f"multipart/form-data; boundary={mark.decode()}"}
    client = Client(connect_s=CONNECT_S, max_answer=MAX_ANSWER, kept=0)
    try:
        status, text = client.request("POST", node, body, headers, longest_s=WAIT_S)
    except Failed as error:
        raise FileError(f"{error.url.geturl()} cannot be reached: {error.reason}") from error
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        answer = {}
    if status != 200:
        raise FileError(f"not deployed: {answer.get(fields.ERROR) or f'HTTP {status}'}")
