from taosanalytics.analytics_base import AbstractForecastService


class _SeasonalNaiveService(AbstractForecastService):
    name = "seasonal-naive"
    desc = "the last season again"

    def execute(self):
        m = self.period or 1
        values = [self.list[-m + i % m] for i in range(self.rows)]
        times = [self.start_ts + i * self.time_step for i in range(self.rows)]
        return {"mse": None, "res": [times, values], "model_info": f"season {m}"}
