"""Reads the `taosanode.config.py` of a TDgpt node (3.4.1 and later) as data: the lines of an ini that mean the same.

That file is a program, and nothing of it is executed: literals of its syntax tree are taken, all else is named with its
line and the reason. Of a choice, ``A if on_windows else "/var/log/..."``, the side that is a literal is taken.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.host.ini import Entry
from models import table

SUFFIX = ".py"
SERVER, NODE, SERVICES = "uwsgi", "taosanode", "tsfm-service"  # sections of the ini
LONGEST_S = "86400"
# Nodes with such a file tell TDengine of all four kinds, those without it may serve a TDengine that knows only two.
KINDS = ("detail-types", "imputation, correlation")

_REASONS = {  # reason -> the keys that have no meaning for it
    "this node is one program, started by its unit": """
        virtualenv pythonpath wsgi_app preload_app proc_name chdir timesfm_venv moirai_venv chronos_venv momentfm_venv
    """,
    "the unit of the service says that": "daemon user group umask initgroups",
    "it is gunicorn's, and this node needs no such thing": """
        worker_class worker_connections keepalive backlog reload worker_tmp_dir tmp_upload_dir capture_output
        forwarded_allow_ips limit_request_line limit_request_fields limit_request_field_size
    """,
    "workers do not grow, none is replaced for its age": "max_requests max_requests_jitter",
    "app-log has a line for each request": "accesslog access_log_format",
    "log_level says it for all logs": "loglevel",
    "only Windows has it": "waitresslog waitress_config",
    "this node draws no pictures of requests": "img_dir draw_result",
}
MEANINGLESS = {key: reason for reason, keys in _REASONS.items() for key in keys.split()}
OF_A_MODEL = {
    "script": "the model servers are this node's own, or none of its business",
    "default_model": "weights are expected in the folder of the model, nothing is downloaded",
    "required": "a model whose server does not answer is listed as UNAVAIL",
}
KINDS_OF_EXPRESSION = {
    ast.Call: "a call",
    ast.Name: "a name",
    ast.Attribute: "a name",
    ast.BinOp: "a computation",
    ast.BoolOp: "a computation",
    ast.Compare: "a comparison",
    ast.JoinedStr: "a text with names in it",
    ast.IfExp: "a choice",
}


class NotPython(ValueError):
    """The file is no Python; the message begins with its line."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is not taken over, and why."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Taken(Entry):
    """A line of the ini that means what the file says.

    was : the name that the file gives it.
    """

    was: str


class NotLiteral(Exception):
    """An expression that would have to be executed; says of which kind it is."""


def read(path: Path) -> list[Entry | Remark]:
    """Return what a file sets, in file order.

    Paths become absolute, from the folder of the file.

    Raises
    ------
    OSError
    NotPython
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=SyntaxWarning)  # of backslashes in the paths of Windows
        warnings.simplefilter("ignore", category=DeprecationWarning)
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError as error:
            raise NotPython(f"{error.lineno or 1}: no Python: {error.msg}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise NotPython(f"1: no Python: {error or 'nested too deeply'}") from error
    found: list[Entry | Remark] = [Taken(NODE, *KINDS, 1, "every node of 3.4")]
    for statement in tree.body:
        found += _statement(statement, path.parent.absolute())
    return found


def as_ini(path: Path) -> str:
    """Return the ini that means what a file says, and as comments what it does not take over.

    Raises
    ------
    OSError
    NotPython
    """
    found = read(path)
    entries = [one for one in found if isinstance(one, Taken)]
    lines = [f"; Made from {path.name}, which is not read any more. The manual: docs/configuration.md"]
    for section in (SERVER, NODE, SERVICES):
        lines += ["", f"[{section}]"]
        for one in entries:
            if one.section == section:
                lines += [f"; {one.was}, line {one.line}", f"{one.key} = {one.value}".rstrip()]
    lines += ["", "; What was not taken over:"]
    lines += [f";   line {one.line}: {one.text}" for one in found if isinstance(one, Remark)]
    return "\n".join(lines) + "\n"


def _statement(statement: ast.stmt, folder: Path) -> Iterator[Entry | Remark]:
    match statement:
        case ast.Assign(targets=targets, value=value) if all(isinstance(one, ast.Name) for one in targets):
            names = [one.id for one in targets if isinstance(one, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            names = [name]
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return
        case _:
            text = ast.unparse(statement).splitlines()[0][:60]
            yield Remark(statement.lineno, f"{text}: no assignment of a literal, nothing is executed")
            return
    for name in names:
        if name == "models" and isinstance(value, ast.Dict):
            yield from _models(value)
            continue
        try:
            literal, chosen = _literal(value), isinstance(value, ast.IfExp)
        except NotLiteral as error:
            known = name in MEANINGLESS or name not in TAKEN
            holds = "" if known else ", the default holds"
            yield Remark(statement.lineno, f"{name} = {ast.unparse(value)[:60]}: {error}, no literal{holds}")
            continue
        if chosen and name in TAKEN:
            yield Remark(statement.lineno, f"{name}: of a choice the side that is a literal is taken, {literal!r}")
        yield from _key(name, literal, statement.lineno, folder)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.IfExp):
        sides = [side for side in (node.body, node.orelse) if isinstance(side, ast.Constant)]
        if len(sides) == 1:
            return sides[0].value
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise NotLiteral(KINDS_OF_EXPRESSION.get(type(node), "an expression")) from error


def _key(name: str, value: Any, line: int, folder: Path) -> Iterator[Entry | Remark]:
    if name in MEANINGLESS:
        yield Remark(line, f"{name} has no meaning for this node: {MEANINGLESS[name]}")
    elif name in TAKEN:
        section, key, text = TAKEN[name]
        if value is None:
            yield Remark(line, f"{name} = None: the default holds")
        else:
            yield _taken(section, key, text(value, folder), line, name)
    elif isinstance(value, str) and re.match(r"https?://", value, re.IGNORECASE):  # the first such files had no models
        yield _taken(SERVICES, name.lower(), value, line, name)
    else:
        yield Remark(line, f"{name} is no key of a TDgpt node, left out")


def _models(models: ast.Dict) -> Iterator[Entry | Remark]:
    """Read ``{"name": {"port": ..., "endpoint": ..., "algo_name": ...}, ...}``."""
    for key, node in zip(models.keys, models.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else None
        if not isinstance(name, str) or not isinstance(node, ast.Dict):
            yield Remark(node.lineno, 'models: an entry must be "NAME": {...}, left out')
            continue
        fields: dict[str, Any] = {}
        for field, value in zip(node.keys, node.values, strict=True):
            word = str(field.value if isinstance(field, ast.Constant) else None)
            try:
                fields[word] = _literal(value)
            except NotLiteral as error:
                yield Remark(value.lineno, f"models, {name}, {word}: {error}, no literal, left out")
        yield from _model(name, fields, node.lineno)


def _model(name: str, fields: dict[str, Any], line: int) -> Iterator[Entry | Remark]:
    row = table.of_any_name(name)
    port = fields.pop("port", None) or (row.port if row else None)
    endpoint = str(fields.pop("endpoint", None) or (row.path if row else ""))
    algorithm = str(fields.pop("algo_name", None) or (row.algorithm if row else name))
    for field in fields:
        yield Remark(line, f"models, {name}, {field}: {OF_A_MODEL.get(field, 'no key of a model')}, left out")
    if port is None:
        yield Remark(line, f"models, {name}: without a port, left out")
    else:
        url = f"http://127.0.0.1:{port}/{endpoint.removeprefix('/')}"
        yield _taken(SERVICES, algorithm.lower(), url, line, f"models, {name}")


def _taken(section: str, key: str, value: str, line: int, was: str) -> Entry | Remark:
    """Return a line of the ini, unless the ini would read something else from it."""
    if value != value.strip() or not value.isprintable() or re.search(r"(^|\s)[;#]", value):
        return Remark(line, f"{was} = {value!r}: cannot stand in an ini file, left out")
    return Taken(section, key, value, line, was)


def _text(value: Any, folder: Path) -> str:
    return value if isinstance(value, str) else repr(value)


def _file(value: Any, folder: Path) -> str:
    return str(folder / value) if isinstance(value, str) and value else _text(value, folder)


def _log(value: Any, folder: Path) -> str:
    return "" if value == "-" else _file(value, folder)  # standard error


def _address(value: Any, folder: Path) -> str:
    return _text(value[0] if isinstance(value, list | tuple) and len(value) == 1 else value, folder)


def _seconds(value: Any, folder: Path) -> str:
    return LONGEST_S if value == 0 else _text(value, folder)  # of gunicorn, 0 is for ever


# key of the file -> section and key of the ini, and how its value is written there
TAKEN: dict[str, tuple[str, str, Callable[[Any, Path], str]]] = {
    "bind": (SERVER, "http", _address),
    "workers": (SERVER, "processes", _text),
    "threads": (SERVER, "threads", _text),
    "timeout": (SERVER, "http-timeout", _seconds),
    "graceful_timeout": (SERVER, "reload-mercy", _text),
    "errorlog": (SERVER, "logto", _log),
    "pidfile": (SERVER, "pidfile", _file),
    "certfile": (SERVER, "certfile", _file),
    "keyfile": (SERVER, "keyfile", _file),
    "ca_certs": (SERVER, "ca-file", _file),
    "ssl_version": (SERVER, "ssl-version", _text),
    "ciphers": (SERVER, "ciphers", _text),
    "app_log": (NODE, "app-log", _log),
    "model_dir": (NODE, "model-dir", _file),
    "dynamic_model_dir": (NODE, "dynamic-model-dir", _file),
    "log_level": (NODE, "log-level", _text),
}
