"""The server of one pretrained model: one process that holds the weights and answers over HTTP.

It speaks the protocol of the model services that taosd's analysis nodes have always called, on all of their paths.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import falcon
import numpy as np
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from appliance.host import addresses
from appliance.host.systemd import Systemd
from appliance.model_servers import control
from appliance.model_servers.app import IN_FLIGHT, MAX_BODY, Turns, create_app
from appliance.model_servers.control import Plan
from appliance.transport.readiness import when_answering
from appliance.transport.worker import Worker
from kernels.contract import Forecast, Horizon, Series

log = logging.getLogger(__name__)


def serve(plan: Plan) -> None:
    """Serve in this process until told to stop; it holds the pid file, unless systemd watches over it.

    Raises
    ------
    ControlError : there are no weights, or another server holds the pid file.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    control.check_weights(plan)
    systemd = Systemd()
    if systemd.listens:
        control.check_not_running(plan)
        ModelServer(plan, systemd).run()
    else:
        with control.held(plan.pidfile):
            ModelServer(plan, systemd).run()


class ModelServer(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn with one worker, which loads the model after the fork: torch does not survive one."""

    def __init__(self, plan: Plan, systemd: Systemd) -> None:
        self._plan = plan
        self._systemd = systemd
        super().__init__()

    def load_config(self) -> None:
        """Translate the plan into gunicorn's settings."""
        for key, value in {
            "bind": addresses.host_port(self._plan.host, self._plan.port),
            "workers": 1,
            "worker_class": Worker,
            "threads": IN_FLIGHT + 4,  # those that wait never keep the status from being told
            "keepalive": 75,
            "timeout": 300,  # loading is part of it
            "graceful_timeout": 30,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            "control_socket_disable": True,
            "proc_name": f"taosanode-{self._plan.name}",
            "when_ready": self._when_listening,
            "child_exit": self._when_worker_ended,
        }.items():
            self.cfg.set(key, value)
        Worker.max_body = MAX_BODY

    def _when_listening(self, arbiter: Arbiter) -> None:
        """Tell systemd once the model answers; the first worker has not even been made."""
        if self._systemd.listens:
            serving = f"READY=1\nSTATUS=serving {self._plan.name} at {self._plan.host}:{self._plan.port}"
            url = addresses.local_url(self._plan.host, self._plan.port)
            when_answering(url, lambda: self._systemd.tell(serving))

    def _when_worker_ended(self, arbiter: Arbiter, worker: Worker) -> None:
        """Let the unit be called active again when the next worker answers; a stopped one is not listened to."""
        self._systemd.tell(f"RELOADING=1\nSTATUS=loads {self._plan.name} again")
        self._when_listening(arbiter)

    def load(self) -> Callable[..., Any]:
        """Load the model and return the application; a model that cannot be loaded ends the server."""
        executor = ThreadPoolExecutor(1, thread_name_prefix="model")
        # whoever is told to stop before it has accepted anything need not finish loading first, which may take long
        once_loaded = signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        try:
            return executor.submit(load, self._plan, executor).result()
        finally:
            signal.signal(signal.SIGTERM, once_loaded)


def load(plan: Plan, executor: ThreadPoolExecutor) -> falcon.App[Any, Any]:
    """Load the model and build its application; runs in the thread that will do all forecasts."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin cost others on a busy machine dear
    import torch  # only here: the master stays small, and start and stop are quick

    from models import pretrained
    from models.files import CheckpointError

    threads = plan.threads or torch.get_num_threads()
    torch.set_num_threads(1)  # loading gains nothing from more
    try:
        model = pretrained.open_model(plan.folder, plan.dtype)
    except CheckpointError as error:
        _give_up(str(error))

    def predict(series: list[Series], horizon: Horizon) -> list[Forecast]:
        return pretrained.forecast(model, series, horizon)

    predict([np.sin(np.arange(2.0 * model.shortest + 32))], Horizon(1))  # the first pass is slower than others
    torch.set_num_threads(threads)
    about = {
        "model": plan.name,
        "dtype": plan.dtype,
        "device": str(next(model.parameters()).device),
        "values": sum(weights.numel() for weights in model.parameters()),
        "shortest": model.shortest,
        "pid": os.getppid(),
    }
    log.info("serving %s from %s in %s", plan.name, plan.folder, plan.dtype)
    return create_app(Turns(predict, executor), about)


def _give_up(reason: str) -> NoReturn:
    log.error("cannot load the model: %s", reason)
    sys.exit(Arbiter.APP_LOAD_ERROR)  # any other code would make the master try again
