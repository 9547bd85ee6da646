"""The node's settings, read from `taosanode.ini` and from the environment, which has the last word.

This is the one place where configuration keys are spelled; everything else is handed a `Settings`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from appliance.host import environment, ini, setting_values, tdgpt_config
from appliance.host.environment import TSFM_SECTION, spelled
from appliance.host.foreign_keys import DAEMONIZE, MEANINGLESS, SOCKETS
from appliance.host.wording import did_you_mean, on_one_line
from models import table

PRODUCT_CONFIG = Path("/etc/taos/taosanode.ini")
EMBEDDED_FOLDER = Path(".run")  # everything a node without a configuration file writes
PRODUCT_MODEL_DIR = Path("/usr/local/taos/taosanode/model")  # meant by a file that does not name the folder
CLIENT_TIMEOUT_S = 60.0  # taosd waits this long for an answer unless its user asked otherwise
LONGEST_REQUEST_S = 1200.0  # and this long when asked to wait as long as it can


class SettingsError(Exception):
    """The configuration cannot be used; one line of the message for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the node runs with. The defaults are those of a node started without a configuration file.

    http : (host, port) to listen on.
    allow_from : networks that may connect, none for all.
    certfile, keyfile : certificate and key of the node, in PEM form, for TLS; no certificate means plain HTTP. Without
        a key file the certificate's holds the key too.
    ca_file : certificates of which one must vouch for a client's; None: clients need none.
    ssl_version, ciphers : the oldest version that is spoken; OpenSSL's list of ciphers for TLS 1.2, None for its own.
    processes, threads : worker processes, and threads in each that handle requests.
    slots : analyses that run at once in each worker process; 0 means one per core.
    queue : requests of one worker that may wait for a slot before further ones are refused.
    http_timeout_s : longest time a request may wait and run when the client names no timeout.
    longest_request_s : longest time any request may wait and run, whatever timeout the client names.
    reload_mercy_s : how long running requests get to finish at a stop or reload.
    memory_limit : bytes that a worker, or a process for the operator's algorithms, may have; 0: half of the machine's.
    max_body : largest request body in bytes.
    logto, app_log : log files of the server and of the application; None means standard error.
    log_level : DEBUG, INFO, WARNING, ERROR or CRITICAL.
    log_max_bytes, log_backups : size at which a log file is rotated, and how many old ones are kept.
    pidfile : file that holds the master's process id, None for none.
    stats : (host, port) or the path of a UNIX socket where uWSGI-style statistics are served; None for none.
    model_dir, dynamic_model_dir : trained models, one folder each; those that were deployed on the running node.
    algorithm_dir : the operator's own algorithms, ``*.py``.
    page : whether browsers get a page at ``/``; without it they get the line that everybody else gets.
    allow_host : names by which requests may call this node besides addresses and localhost, none for any.
    empty_refusals : whether a refused anomaly detection is answered with 0 rows, for servers that crash otherwise.
    models_by_name : whether `/models` is answered as by the newest nodes of TDgpt, by name.
    detail_types : further detail types announced in `/list` beyond forecast and anomaly-detection.
    tsfm : algorithm name -> URL of its foundation-model service; those that impute are there by default only if their
        detail type is announced.
    tsfm_allowed_hosts : hosts that the ``host=`` option of a request may name.
    tsfm_lines : algorithm name -> where its service is configured: file, line, and what stands there.
    environment : the variables that count, as in ``TAOSANODE_QUEUE = 8``.
    source : the file the settings were read from, None for the defaults.
    warnings : what deserves a line in the log, each with file and line.
    """

    http: tuple[str, int] = ("127.0.0.1", 6090)
    allow_from: tuple[IPv4Network | IPv6Network, ...] = ()
    certfile: Path | None = None
    keyfile: Path | None = None
    ca_file: Path | None = None
    ssl_version: str = "TLSv1.2"
    ciphers: str | None = None
    processes: int = 2
    threads: int = 16
    slots: int = 0
    queue: int = 64
    http_timeout_s: float = CLIENT_TIMEOUT_S
    longest_request_s: float = LONGEST_REQUEST_S
    reload_mercy_s: int = 30
    memory_limit: int = 0
    max_body: int = 64 * 1024 * 1024
    logto: Path | None = None
    app_log: Path | None = None
    log_level: str = "INFO"
    log_max_bytes: int = 50 * 1024 * 1024
    log_backups: int = 5
    pidfile: Path | None = None
    stats: tuple[str, int] | str | None = None
    model_dir: Path = Path("model")
    dynamic_model_dir: Path = Path("model/dynamic")
    algorithm_dir: Path = Path("resource/algo")
    page: bool = True
    allow_host: tuple[str, ...] = ()
    empty_refusals: bool = False
    models_by_name: bool = False
    detail_types: tuple[str, ...] = ()
    tsfm: Mapping[str, str] = field(default_factory=table.default_urls)
    tsfm_allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    tsfm_lines: Mapping[str, str] = field(default_factory=dict, compare=False)
    environment: tuple[str, ...] = ()
    source: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One configuration key.

    names : its spellings, the preferred one first, dashes where the file may also have underscores.
    read : text -> value of the setting; raises ValueError.
    allowed : what the reader takes, in words.
    """

    setting: str
    names: tuple[str, ...]
    read: Callable[[str], Any]
    allowed: str


def _number(setting: str, names: str, low: int, high: int, unit: str = "") -> Key:
    reader = setting_values.whole_number(low, high)
    return Key(setting, tuple(names.split()), reader, f"a whole number{unit} from {low} to {high}")


def _size(setting: str, names: str, low: str, high: str) -> Key:
    return Key(setting, tuple(names.split()), setting_values.size(low, high), f"bytes from {low} to {high}, as in 64M")


def _path(setting: str, names: str, allowed: str = "a path, or nothing") -> Key:
    return Key(setting, tuple(names.split()), setting_values.path, allowed)


SERVER_KEYS = (
    Key("http", ("http", "http-socket", "bind"), setting_values.address, "host:port, port 1 to 65535"),
    Key("allow_from", ("allow-from",), setting_values.networks, "addresses and networks, as in 127.0.0.1, 10.0.0.0/8"),
    _path("certfile", "certfile"),
    _path("keyfile", "keyfile"),
    _path("ca_file", "ca-file"),
    Key("ssl_version", ("ssl-version",), setting_values.tls_version, "TLSv1.2 or TLSv1.3"),
    Key("ciphers", ("ciphers",), lambda text: text or None, "a list of ciphers as OpenSSL has it, or nothing"),
    _number("processes", "processes workers", 1, 256),
    _number("threads", "threads", 1, 1024),
    _number("http_timeout", "http-timeout", 1, 86_400, " of seconds"),
    _number("harakiri", "harakiri", 0, 86_400, " of seconds"),
    _number("reload_mercy_s", "reload-mercy worker-reload-mercy", 1, 3600, " of seconds"),
    _path("logto", "logto"),
    _path("pidfile", "pidfile safe-pidfile"),
    Key("stats", ("stats", "stats-server"), setting_values.stats, "host:port, the path of a UNIX socket, or nothing"),
    _size("log_max_bytes", "log-maxsize log-max-size", "10k", "100G"),
)
NODE_KEYS = (
    _path("app_log", "app-log"),
    _path("model_dir", "model-dir", "the path of a folder"),
    _path("dynamic_model_dir", "dynamic-model-dir", "the path of a folder"),
    _path("algorithm_dir", "algorithm-dir", "the path of a folder"),
    _path("resource_dir", "resource-dir", "the path of a folder"),
    Key("log_level", ("log-level",), setting_values.log_level, "DEBUG, INFO, WARN, ERROR or CRITICAL"),
    _number("slots", "slots", 0, 1024),
    _number("queue", "queue", 0, 100_000),
    _size("max_body", "max-body", "1k", "1G"),
    Key("memory_limit", ("memory-limit",), setting_values.memory, "bytes from 512M to 1024G, as in 4G, or nothing"),
    _size("log_max_bytes", "log-max-size log-maxsize", "10k", "100G"),
    _number("log_backups", "log-backups", 0, 1000),
    Key(
        "detail_types",
        ("detail-types",),
        setting_values.detail_types,
        "all, or a comma-separated list of imputation, correlation, classification, regression",
    ),
    Key("models_by_name", ("models-by-name",), setting_values.yes_or_no, "yes or no"),
    Key("page", ("page",), setting_values.yes_or_no, "yes or no"),
    Key("allow_host", ("allow-host",), setting_values.host_names, "a comma-separated list of names without ports"),
    Key("empty_refusals", ("empty-refusals",), setting_values.yes_or_no, "yes or no"),
    Key(
        "tsfm_allowed_hosts",
        ("tsfm-hosts", "tsfm-allowed-hosts"),
        setting_values.hosts,
        "a comma-separated list of host names or addresses",
    ),
)
SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "uwsgi": {name: key for key in SERVER_KEYS for name in key.names},
    "taosanode": {name: key for key in NODE_KEYS for name in key.names},
}
# settings that an empty value cannot switch off
FOLDERS = ("model_dir", "dynamic_model_dir", "algorithm_dir", "resource_dir")


def load(path: Path | None) -> Settings:
    """Read a file, an ini or TDgpt's `taosanode.config.py`, and the environment; without one, return the defaults.

    Relative paths are relative to the file's folder. Keys that are unknown, repeated or without meaning end up as
    `Settings.warnings`.

    Raises
    ------
    SettingsError : the file cannot be read, or a value is not allowed; names every such value.
    """
    if path is None:
        return Settings()
    path = path.absolute()
    try:
        lines = tdgpt_config.read(path) if path.suffix == tdgpt_config.SUFFIX else ini.read(path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except tdgpt_config.NotPython as error:
        raise SettingsError(f"{path}:{error}") from error
    reader = _Reader(path.parent, path)
    for line in lines:
        reader.take(line)
    return reader.settings()


def of_node(path: Path | None) -> Settings:
    """Read the configuration as every command does; without one that of an installed node, else all is below ./.run.

    Raises
    ------
    SettingsError
    """
    if path is None and not PRODUCT_CONFIG.exists():
        return embedded()
    return load(path or PRODUCT_CONFIG)


def embedded(folder: Path = EMBEDDED_FOLDER) -> Settings:
    """Return the settings of a node without a configuration file that keeps all it writes under one folder.

    The environment has the last word; raises SettingsError as `load` does.
    """
    folder = folder.absolute()
    paths = {
        "logto": folder / "log" / "taosanode.log",
        "app_log": folder / "log" / "taosanode.app.log",
        "pidfile": folder / "taosanode.pid",
        "model_dir": folder / "model",
    }
    return _Reader(Path.cwd(), None, paths).settings()


class _Reader:
    """Collects the values of one file, line by line, those of the environment, and what is to be said about them.

    folder : what relative paths are relative to.
    path : the file, if there is one.
    values : of settings that it need not name.
    """

    def __init__(self, folder: Path, path: Path | None, values: Mapping[str, Any] | None = None) -> None:
        self._problems: list[str] = []
        self._folder, self._path = folder, path
        self._values: dict[str, Any] = dict(values or {})
        self._environment: list[str] = []
        self._tsfm_lines: dict[str, str] = {}
        self._tsfm: dict[str, str] = {}  # as the file has it, "" for one that is to be left out
        self._warnings: list[str] = []
        self._seen: dict[tuple[str, str], ini.Entry] = {}
        self._ignored: set[str] = set()  # named in a warning already

    def take(self, line: ini.Entry | ini.Unreadable | tdgpt_config.Remark) -> None:
        """Take in one line of the file."""
        if isinstance(line, tdgpt_config.Remark):
            self._warn(line.line, line.text)
            return
        if isinstance(line, ini.Unreadable):
            self._problem(line.line, f"{line.text}: neither [section] nor key = value")
            return
        section = line.section.strip().lower().replace("_", "-")
        if section == TSFM_SECTION:
            self._service(line)
        elif section in SECTIONS:
            self._key(line, section)
        elif not line.section:
            self._refuse(line, f"a section must come first: {_listed(['uwsgi', 'taosanode', TSFM_SECTION])}")
        elif section not in self._ignored:
            self._ignored.add(section)
            hint = did_you_mean(section, [*SECTIONS, TSFM_SECTION])
            self._warn(line.line, f"unknown section [{line.section}], ignored{hint}")

    def settings(self) -> Settings:
        """Return what was read, replaced by what the environment says; raises SettingsError."""
        self._take_environment()
        self._check()
        if self._problems:
            raise SettingsError("\n".join(self._problems))
        values = dict(self._values)
        longest = values.pop("http_timeout", LONGEST_REQUEST_S)
        longest = float(min(longest, values.pop("harakiri", 0) or longest))
        values["longest_request_s"] = longest
        values["http_timeout_s"] = min(CLIENT_TIMEOUT_S, longest)
        model_dir = values.setdefault("model_dir", PRODUCT_MODEL_DIR)
        values.setdefault("dynamic_model_dir", model_dir / "dynamic")
        resource_dir = values.pop("resource_dir", model_dir.parent / "resource")
        values.setdefault("algorithm_dir", resource_dir / "algo")
        services = table.default_urls((table.FORECAST, *values.get("detail_types", ()))) | self._tsfm
        tsfm = {name: url for name, url in services.items() if url}
        values.update(tsfm_lines=self._tsfm_lines, environment=tuple(self._environment))
        return Settings(**values, tsfm=tsfm, source=self._path, warnings=tuple(self._warnings))

    def _take_environment(self) -> None:
        for text in environment.mistakes(os.environ, SECTIONS):
            self._problem(0, text)
        for line in environment.lines(os.environ, SECTIONS):
            self.take(line)
            self._environment.append(f"{spelled(line)} = {line.value or ''}")

    def _check(self) -> None:
        """Refuse what would mean less than it seems to."""
        if not self._values.get("certfile"):
            for setting in ("keyfile", "ca_file"):
                if self._values.get(setting):
                    self._refuse(self._seen["", setting], "means nothing without certfile: the node speaks plain HTTP")

    def _key(self, line: ini.Entry, section: str) -> None:
        name = line.key.replace("_", "-")
        key = SECTIONS[section].get(name)
        if key is not None:
            self._known(line, key)
        elif section == "uwsgi" and name in DAEMONIZE:
            self._refuse(line, "must stay commented out: systemd watches the process it started, and not a copy of it")
        elif section == "uwsgi" and name in SOCKETS:
            self._warn(
                line.line, f"{line.key} is ignored: this node listens on `http` alone; `certfile` switches TLS on"
            )
        elif name in MEANINGLESS:
            if name not in self._ignored:
                self._warn(line.line, f"{line.key} has no meaning for this node, ignored")
            self._ignored.add(name)
        else:
            self._warn(line.line, f"unknown key {line.key}, ignored{self._hint(name, section)}")

    def _known(self, line: ini.Entry, key: Key) -> None:
        self._note_repeated(line, "", key.setting)
        text = line.value or ""
        try:
            value = key.read(text)
            if key.setting in FOLDERS and value is None:
                raise ValueError("a folder cannot be left out")
        except ValueError:
            self._refuse(line, f"allowed: {key.allowed}")
            return
        if "%(" in text or "$(" in text:
            self._warn(
                line.line, f"{spelled(line)} = {text}: placeholders are not replaced, the text is taken as it is"
            )
        self._values[key.setting] = self._folder / value if isinstance(value, Path) else value

    def _service(self, line: ini.Entry) -> None:
        name = table.canonical(line.key)
        self._note_repeated(line, TSFM_SECTION, name)
        self._tsfm_lines[name] = f"{self._at(line.line)}: {spelled(line)} = {line.value}"
        if not line.value:
            self._tsfm[name] = ""
            return
        url = line.value
        if url.lower().startswith("https:"):
            url = "http:" + url[len("https:") :]
            self._warn(
                line.line, f"{spelled(line)} = {line.value}: only http is spoken to a model service, taken as {url}"
            )
        try:
            self._tsfm[setting_values.algorithm_name(name)] = setting_values.url(url)
        except ValueError as error:
            self._refuse(line, f"allowed: {error}")

    def _note_repeated(self, line: ini.Entry, scope: str, what: str) -> None:
        earlier = self._seen.get((scope, what))
        if earlier and not line.line and not earlier.line:
            self._refuse(line, f"{spelled(earlier)} is the same setting, only one of them can count")
        elif earlier and line.line:
            self._warn(line.line, f"{line.key} replaces {earlier.key} of line {earlier.line}: the last one counts")
        self._seen[scope, what] = line

    def _hint(self, name: str, section: str) -> str:
        for other, keys in SECTIONS.items():
            if other != section and name in keys:
                return f"; it belongs into [{other}]"
        return did_you_mean(name, SECTIONS[section])

    def _refuse(self, line: ini.Entry, why: str) -> None:
        value = "" if line.value is None else f" = {line.value}"
        self._problem(line.line, f"{spelled(line)}{value}: {why}")

    def _problem(self, line: int, text: str) -> None:
        self._problems.append(on_one_line(f"{self._at(line)}: {text}"))

    def _warn(self, line: int, text: str) -> None:
        self._warnings.append(on_one_line(f"{self._at(line)}: {text}"))

    def _at(self, line: int) -> str:
        return f"{self._path}:{line}" if line else "environment"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}]" for name in names)
