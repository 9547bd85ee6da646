import numpy as np
from taosanalytics.base import AbstractAnomalyDetectionService
from taosanalytics.log import AppLogger


class _SpreadService(AbstractAnomalyDetectionService):
    """The new import name; all columns; normal rows get `valid_code`, wide ones their class."""

    name = "spread"
    desc = "rows in which the columns differ widely"

    def execute(self):
        AppLogger.debug("%d columns", len(self.input_data_lists))
        table = np.array(self.input_data_lists)
        spread = table.max(axis=0) - table.min(axis=0)
        limit = float(self.params.get("limit", 10))
        return np.where(
            spread > 10 * limit, self.valid_code - 2, np.where(spread > limit, self.valid_code + 1, self.valid_code)
        )
