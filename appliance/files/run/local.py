"""Analyses series in this process, with the same steps and checks as a node."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping

import numpy as np

from appliance.analysis import run
from appliance.analysis.catalog import Catalog
from appliance.files.run.question import Question
from appliance.files.series import FileDetection, FileForecast, FileSeries
from appliance.host.settings import Settings
from appliance.protocol import answers, requests
from kernels.contract import Detector, Forecaster, Series


def columns_of(series: FileSeries) -> Mapping[str, Series]:
    """Return the columns under the names they have on the wire."""
    return {f"val{i or ''}": column for i, column in enumerate(series.columns.values())}


class Local:
    """The algorithms of this program."""

    def __init__(self, catalog: Catalog, settings: Settings, question: Question) -> None:
        self._detectors = {detector.name: detector for detector in catalog.of_kind(Detector)}
        self._forecasters = {forecaster.name: forecaster for forecaster in catalog.of_kind(Forecaster)}
        self._settings, self._question = settings, question
        self._halted = threading.Event()

    def halt(self) -> None:
        """Make long searches that still run answer at once."""
        self._halted.set()

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def detect(self, algorithm: str, series: FileSeries) -> FileDetection:
        """Run a detector; raises AlgorithmError and FileError."""
        request = requests.anomaly(self._question.about(algorithm, series), series.times, columns_of(series))
        run.refuse_white_noise(request)
        found = run.detect(self._detectors, request)
        return FileDetection(series, algorithm, found, answers.windows(series.times, found.flags)[0])

    def forecast(self, algorithm: str, series: FileSeries) -> FileForecast:
        """Run a forecaster; raises AlgorithmError and FileError."""
        request = requests.forecast(self._question.about(algorithm, series), series.times, columns_of(series))
        due = run.Deadline(time.monotonic() + run.patience_s(request, self._settings))
        run.refuse_white_noise(request)
        times, found = run.forecast(self._forecasters, request, lambda: self._halted.is_set() or due.out_of_time())
        found = dataclasses.replace(found, times=np.asarray(times, dtype=np.int64))
        return FileForecast(series, algorithm, found, request.conf)
