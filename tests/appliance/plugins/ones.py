import numpy as np
from taosanalytics.algo.forecast import insert_ts_list
from taosanalytics.conf import app_logger, conf
from taosanalytics.service import AbstractForecastService


class _OnesService(AbstractForecastService):
    """The old attribute name fc_rows, times through the helper, an option of its own."""

    name = "ones"
    desc = """always
    the same value"""

    def __init__(self):
        super().__init__()
        self.level = 1
        self.root = conf.get_model_directory()

    def execute(self):
        app_logger.log_inst.info("forecasting %d rows", self.fc_rows)
        if len(self.list) < self.period:
            raise ValueError("number of input data is less than the periods")
        res = [np.full(self.fc_rows, self.level)]
        insert_ts_list(res, self.start_ts, self.time_step, self.fc_rows)
        if self.return_conf:
            res.append([self.level - self.conf] * self.fc_rows)
            res.append([self.level + self.conf] * self.fc_rows)
        return {"res": res, "mse": np.float64(0.5)}

    def set_params(self, params):
        super().set_params(params)
        self.level = float(params["level"]) if "level" in params else 1

    def get_params(self):
        return {**super().get_params(), "level": self.level}
