"""The node's settings, read from `taosanode.ini`.

This is the one place where configuration keys are spelled; everything else is handed a `Settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the node runs with. The defaults are those of a node started without a configuration file.

    http : (host, port) to listen on.
    processes, threads : worker processes, and threads in each that handle requests.
    slots : analyses that run at once in each worker process; 0 means one per core.
    queue : requests of one worker that may wait for a slot before further ones are refused.
    http_timeout_s : longest time a request may wait and run when the client names no timeout.
    reload_mercy_s : how long running requests get to finish at a stop or reload.
    max_body : largest request body in bytes.
    logto, app_log : log files of the server and of the application; None means standard error.
    log_level : DEBUG, INFO, WARNING, ERROR or CRITICAL.
    log_max_bytes, log_backups : size at which a log file is rotated, and how many old ones are kept.
    pidfile : file that holds the master's process id, None for none.
    stats : (host, port) or the path of a UNIX socket where uWSGI-style statistics are served; None for none.
    model_dir : trained models, one folder each.
    algorithm_dir : the operator's own algorithms, ``*.py``.
    detail_types : further detail types announced in `/list` beyond forecast and anomaly-detection.
    tsfm : algorithm name -> URL of its foundation-model service.
    tsfm_allowed_hosts : hosts that the ``host=`` option of a request may name.
    source : the file the settings were read from, None for the defaults.
    warnings : what deserves a line in the log, each with file and line.
    """

    http: tuple[str, int] = ("127.0.0.1", 6090)
    processes: int = 2
    threads: int = 16
    slots: int = 0
    queue: int = 64
    http_timeout_s: float = 60.0
    reload_mercy_s: int = 30
    max_body: int = 64 * 1024 * 1024
    logto: Path | None = None
    app_log: Path | None = None
    log_level: str = "INFO"
    log_max_bytes: int = 50 * 1024 * 1024
    log_backups: int = 5
    pidfile: Path | None = None
    stats: tuple[str, int] | str | None = None
    model_dir: Path = Path("model")
    algorithm_dir: Path = Path("resource/algo")
    detail_types: tuple[str, ...] = ()
    tsfm: Mapping[str, str] = field(
        default_factory=lambda: {
            "tdtsfm_1": "http://127.0.0.1:6061/tdtsfm",
            "timemoe-fc": "http://127.0.0.1:6062/ds_predict",
        }
    )
    tsfm_allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    source: Path | None = None
    warnings: tuple[str, ...] = ()
