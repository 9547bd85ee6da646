"""POST `/anomaly-detect`."""

from __future__ import annotations

from typing import Any

import falcon

from appliance.analysis import run
from appliance.analysis.catalog import Catalog
from appliance.analysis.run import Deadline
from appliance.node.resources.analysis import Analysis
from appliance.protocol import answers, requests
from kernels.contract import Detector


class Anomaly:
    """Runs a detector and answers with the windows it found."""

    def __init__(self, catalog: Catalog, analysis: Analysis) -> None:
        self._detectors = {detector.name: detector for detector in catalog.of_kind(Detector)}
        self._analysis = analysis

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request."""
        self._analysis.serve(req, resp, requests.read_anomaly, self._answer)

    def _answer(self, request: requests.AnomalyRequest, deadline: Deadline) -> dict[str, Any]:
        found = run.detect(self._detectors, request)
        spans, codes = answers.windows(request.times, found.flags)
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
