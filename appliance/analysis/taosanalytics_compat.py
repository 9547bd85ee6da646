"""The import names under which operators' existing plug-ins find their base classes.

A plug-in says ``from taosanalytics.service import AbstractForecastService`` (or ``taosanalytics.base``, or
``taosanalytics.analytics_base``), and may ask for the few things around it that the published examples use: ``conf``,
the application's log, and ``insert_ts_list``. `install` puts these names in place. The interface is that of the
public developer's guide; the framework's side of it, a fresh object for each request, is in `plugin_classes`.
"""

from __future__ import annotations

import json
import logging
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType, ModuleType
from typing import Any, ClassVar
from urllib.parse import urlsplit

from appliance.host.settings import Settings
from appliance.model_servers import replies, servers
from appliance.transport.http import Client, Failed

log = logging.getLogger("operator_algorithms")


class _Service(ABC):
    """What plug-ins of both kinds share.

    name, desc : wire name and one line about the algorithm.
    list : the first data column; input_data_lists : all of them.
    ts_list : the times of the rows.
    params : everything that was asked for, by name.
    valid_code : the code that means normal.
    """

    type = ""
    name = ""
    desc = ""

    # Defaults of the class, for a plug-in whose __init__ does not call ours.
    list: Sequence[float] | None = None
    ts_list: Sequence[int] | None = None
    input_data_lists: Sequence[Sequence[float]] = ()
    params: Mapping[str, Any] = MappingProxyType({})
    valid_code = 1
    precision = "ms"

    def __init__(self) -> None:
        self.list = None
        self.ts_list = None
        self.input_data_lists = []
        self.params = {}

    @abstractmethod
    def execute(self) -> Any:
        """Do the work on `list`."""

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take over what was asked for; a plug-in with options of its own extends this."""
        self.params = params
        if "valid_code" in params:
            self.valid_code = int(params["valid_code"])

    def get_params(self) -> Mapping[str, Any]:
        """Return the options and their defaults, for `/list`."""
        return {}

    def get_desc(self) -> str:
        """Return one line about the algorithm."""
        return self.desc

    def set_input_list(self, input_list: Sequence[float], input_ts_list: Sequence[int] | None) -> None:
        """Take over the first data column and its times."""
        self.list = input_list
        self.ts_list = input_ts_list

    def input_is_empty(self) -> bool:
        """Tell whether there is no data."""
        return self.list is None or len(self.list) == 0


class AbstractAnomalyDetectionService(_Service):
    """Base of anomaly detection plug-ins; `execute` returns one code a row, 1 for normal."""

    type = "anomaly-detection"


class AbstractForecastService(_Service):
    """Base of forecasting plug-ins; `execute` returns ``{"mse": ..., "res": [times, values, low, high]}``.

    start_ts, time_step : first time of the forecast and the distance of its times.
    rows : number of values wanted; older plug-ins call it fc_rows.
    period : season length, 0 for none.
    conf : coverage of the bounds, in (0, 1].
    return_conf : 1 if bounds are wanted.
    past_dynamic_real, dynamic_real : covariates, known so far and known ahead.
    """

    type = "forecast"

    start_ts = 0
    time_step = 0
    rows = 0
    fc_rows = 0
    period = 0
    conf = 0.95
    return_conf = 1
    past_dynamic_real: Sequence[Sequence[float]] = ()
    dynamic_real: Sequence[Sequence[float]] = ()

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take over what was asked for."""
        super().set_params(params)
        for name in ("start_ts", "time_step", "rows", "period", "return_conf"):
            if name in params:
                setattr(self, name, int(params[name]))
        if "conf" in params:
            self.conf = float(params["conf"])
        self.fc_rows = self.rows

    def get_params(self) -> Mapping[str, Any]:
        """Return the options and their defaults, for `/list`."""
        return {"period": self.period, "conf": self.conf, "return_conf": self.return_conf}


class AbstractImputationService(_Service):
    """Base of plug-ins that fill gaps; `execute` returns ``{"ts": [...], "target": [...], "mask": [1 where filled]}``.

    freq : distance of the rows, a number and D, H, T, S, L, U or N as in ``100L``.
    """

    type = "imputation"

    freq = ""

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take over what was asked for."""
        super().set_params(params)
        self.freq = str(params.get("freq", self.freq))


class AbstractCorrelationService(_Service):
    """Base of correlation plug-ins; `list1` is the second data column.

    `execute` returns a coefficient, (distance, path) as of DTW, (lags, coefficients) as of TLCC, or a dict with the
    names of the wire.
    """

    type = "correlation"

    list1: Sequence[float] | None = None

    def set_second_input_data(self, input_list1: Sequence[float]) -> None:
        """Take over the second data column."""
        self.list1 = input_list1


def insert_ts_list(res: list[Any], start_ts: int, time_step: int, fc_rows: int) -> list[Any]:
    """Put the times of the forecast in front of its value arrays."""
    res.insert(0, [start_ts + step * time_step for step in range(fc_rows)])
    return res


class TsfmBaseService(AbstractForecastService):
    """Base of plug-ins that have a model server make the forecast.

    service_host : its URL; that of the line in [tsfm-service] with the plug-in's name unless the plug-in sets it.
    """

    node: ClassVar[_Conf]

    def __init__(self) -> None:
        super().__init__()
        self.headers = {"Content-Type": "application/json"}
        self.service_host = self.node.get_tsfm_service(self.name)

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take over what was asked for; raises ValueError for a host that the operator does not allow."""
        super().set_params(params)
        if host := params.get("host"):
            url = servers.located(urlsplit(self.service_host or ""), host, self.node.allowed_hosts())
            self.service_host = url.geturl()

    def execute(self) -> dict[str, Any]:
        """Ask the model server; raises ValueError for what keeps it from an answer."""
        if len(self.list or ()) < self.period:
            raise ValueError("number of input data is less than the periods")
        url = urlsplit(self.service_host or "")
        if not url.hostname:
            raise ValueError(f"{self.name} has no line in [tsfm-service]")
        question = {
            "input": self.list,
            "ts": self.ts_list,
            "next_len": self.rows,
            "past_dynamic_real": self.past_dynamic_real,
            "dynamic_real": self.dynamic_real,
            "conf_interval": self.conf,
        }
        client = Client(connect_s=servers.CONNECT_S, max_answer=servers.MAX_ANSWER, kept=0)
        body = json.dumps(question).encode()
        try:
            status, told = client.request("POST", url, body, self.headers, longest_s=servers.ANSWER_S)
        except Failed as error:
            raise ValueError(f"failed to request the service, {error}") from error
        if status == HTTPStatus.NOT_FOUND:
            raise ValueError("invalid host url")
        if status != HTTPStatus.OK:
            raise ValueError(f"failed to request the service, {replies.read_failure(told)}")
        answer = replies.document(told, "output")
        value = answer["output"]
        bounds = [answer.get("lower", value), answer.get("upper", value)] if self.return_conf else []
        return {"res": insert_ts_list([value, *bounds], self.start_ts, self.time_step, self.rows)}


class _Conf:
    """The settings that plug-ins ask for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get_model_directory(self) -> str:
        """Return the folder of the trained models."""
        return str(self._settings.model_dir)

    def get_tsfm_service(self, service_name: str) -> str | None:
        """Return the URL of a foundation-model service, None if there is none."""
        return self._settings.tsfm.get(service_name)

    def allowed_hosts(self) -> tuple[str, ...]:
        """Return the hosts that the option ``host=`` of a request may name."""
        return tuple(host.lower() for host in self._settings.tsfm_allowed_hosts)


class _Configure:
    """What newer plug-ins import instead of ``conf``."""

    def __init__(self, conf: _Conf) -> None:
        self._conf = conf

    def get_instance(self) -> _Conf:
        """Return the settings."""
        return self._conf


class _AppLogger:
    """The application's log, as ``app_logger.log_inst.info(...)`` and as ``AppLogger.info(...)``."""

    log_inst = log

    @staticmethod
    def get_instance() -> logging.Logger:
        """Return the log, as the newest plug-ins ask for it."""
        return log

    debug, info, warning, error = log.debug, log.info, log.warning, log.error
    critical, exception = log.critical, log.exception


_SERVICES: Mapping[str, Any] = {
    "AbstractAnomalyDetectionService": AbstractAnomalyDetectionService,
    "AbstractForecastService": AbstractForecastService,
    "AbstractImputationService": AbstractImputationService,
    "AbstractCorrelationService": AbstractCorrelationService,
}


def install(settings: Settings) -> None:
    """Make ``import taosanalytics...`` work in this process; plug-ins see these settings."""
    conf = _Conf(settings)
    tsfm = type("TsfmBaseService", (TsfmBaseService,), {"node": conf, "__doc__": TsfmBaseService.__doc__})
    for name, content in {
        "taosanalytics": {},
        "taosanalytics.service": _SERVICES,
        "taosanalytics.base": _SERVICES,
        "taosanalytics.analytics_base": _SERVICES,
        "taosanalytics.algo": {},
        "taosanalytics.algo.forecast": {"insert_ts_list": insert_ts_list},
        "taosanalytics.algo.tsfm": {"TsfmBaseService": tsfm},
        "taosanalytics.conf": {
            "conf": conf,
            "app_logger": _AppLogger,
            "AppLogger": _AppLogger,
            "Configure": _Configure(conf),
        },
        "taosanalytics.log": {"AppLogger": _AppLogger},
    }.items():
        module = ModuleType(name, "Put in place for operators' plug-ins.")
        module.__dict__.update(content, __path__=[])
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
