"""POST `/anomaly-detect`."""

from __future__ import annotations

from typing import Any

import falcon
import numpy as np

from appliance import wire
from appliance.catalog import Catalog
from appliance.resources.analysis import Analysis, Deadline, choose, params_of
from kernels.contract import Detector


class Anomaly:
    """Runs a detector and answers with the windows it found."""

    def __init__(self, catalog: Catalog, analysis: Analysis) -> None:
        self._detectors = {detector.name: detector for detector in catalog.of_kind(Detector)}
        self._analysis = analysis

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request."""
        self._analysis.serve(req, resp, wire.read_anomaly, self._answer)

    def _answer(self, request: wire.AnomalyRequest, deadline: Deadline) -> dict[str, Any]:
        detector: Detector = choose(self._detectors.get(request.algo), "anomaly detection", request.algo)
        params = params_of(detector.params, request)
        columns = list(request.columns.values())
        found = detector.detect(np.column_stack(columns) if detector.multivariate else columns[0], params)
        spans, codes = wire.windows(request.times, found.flags)
        answer = {
            "algo": request.algo,
            "option": request.option_text,
            "res": spans,
            "rows": len(spans),
            "mask": codes,
            **found.extra,
        }
        if request.option("scores", 0):
            answer["scores"] = found.score
        return answer
