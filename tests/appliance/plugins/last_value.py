from taosanalytics.service import AbstractAnomalyDetectionService


class _LastValueService(AbstractAnomalyDetectionService):
    """The old import name; the last row is always an anomaly."""

    name = "lastvalue"
    desc = "the last value is the anomaly"

    def __init__(self):
        super().__init__()
        self.ever_seen = []

    def execute(self):
        if self.input_is_empty():
            return []
        self.ever_seen.append(len(self.list))
        assert self.ever_seen == [len(self.list)], "an object served two requests"
        res = [1] * len(self.list)
        res[-1] = -1
        return res

    def set_params(self, params):
        return super().set_params(params)
