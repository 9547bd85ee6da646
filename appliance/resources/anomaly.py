"""POST `/anomaly-detect`."""

from __future__ import annotations

from typing import Any

import falcon

from appliance import analyses, wire, wire_answers
from appliance.analyses import Deadline
from appliance.catalog import Catalog
from appliance.resources.analysis import Analysis
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
        found = analyses.detect(self._detectors, request)
        spans, codes = wire_answers.windows(request.times, found.flags)
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
