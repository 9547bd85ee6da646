"""Our forecasters on the data sets of GIFT-Eval; runs in an environment of its own, as `make bench-gift` does.

    python -m benchmarks.gift_eval_lines --checkout gift-eval --data FOLDER --algo zero,auto --out FOLDER

`--checkout` is one of SalesforceAIResearch/gift-eval, whose loader cuts the windows; its evaluation, that of gluonts,
scores; `forecasts_on_request.py` forecasts, in this project's environment. Nothing is read from a network: of the 97
configurations those are run whose data are in FOLDER, laid out as the benchmark's are. `--out` gets, for each
forecaster and for the seasonal naive forecast, the file of its leaderboard, `<model>/all_results.csv`, line by line.
Printed are the geometric means of MASE and of the weighted quantile loss relative to the seasonal naive forecast of
the same run, over the configurations: what the leaderboard ranks by, where all 97 were run.

A data set of several columns is told column by column. The season is that of gluonts; where it has none (days, weeks)
ours look for one. Of a series the newest 40,000 rows are looked at. Gaps: `forecasts_on_request.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._ours import NAIVE, PYTHON, Ours, ratio, without_nan

DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
LEVELS = [0.025, *DECILES, 0.975]  # the outermost are those of MSIS
LONGEST = 40_000  # rows of a series that are looked at
TERMS = ("short", "medium", "long")
# The folders of the data and the frequencies in each, "" where there is but one. The first are forecast at all terms,
# the others at the short one.
FAR = {
    "electricity": ("15T", "H"),
    "solar": ("10T", "H"),
    "kdd_cup_2018_with_missing": ("H",),
    "LOOP_SEATTLE": ("5T", "H"),
    "SZ_TAXI": ("15T",),
    "M_DENSE": ("H",),
    "ett1": ("15T", "H"),
    "ett2": ("15T", "H"),
    "jena_weather": ("10T", "H"),
    "bitbrains_fast_storage": ("5T",),
    "bitbrains_rnd": ("5T",),
    "bizitobs_application": ("",),
    "bizitobs_service": ("",),
    "bizitobs_l2c": ("5T", "H"),
}
NEAR = {
    "m4_yearly": ("",),
    "m4_quarterly": ("",),
    "m4_monthly": ("",),
    "m4_weekly": ("",),
    "m4_daily": ("",),
    "m4_hourly": ("",),
    "electricity": ("D", "W"),
    "solar": ("D", "W"),
    "hospital": ("",),
    "covid_deaths": ("",),
    "us_births": ("D", "M", "W"),
    "saugeenday": ("D", "M", "W"),
    "temperature_rain_with_missing": ("",),
    "kdd_cup_2018_with_missing": ("D",),
    "car_parts_with_missing": ("",),
    "restaurant": ("",),
    "hierarchical_sales": ("D", "W"),
    "LOOP_SEATTLE": ("D",),
    "SZ_TAXI": ("H",),
    "M_DENSE": ("D",),
    "ett1": ("D", "W"),
    "ett2": ("D", "W"),
    "jena_weather": ("D",),
    "bitbrains_fast_storage": ("H",),
    "bitbrains_rnd": ("H",),
}
PUBLISHED = {  # where the leaderboard has another name than the folder
    "saugeenday": "saugeen",
    "temperature_rain_with_missing": "temperature_rain",
    "kdd_cup_2018_with_missing": "kdd_cup_2018",
    "car_parts_with_missing": "car_parts",
}
SCORES = (
    "MSE[mean]",
    "MSE[0.5]",
    "MAE[0.5]",
    "MASE[0.5]",
    "MAPE[0.5]",
    "sMAPE[0.5]",
    "MSIS",
    "RMSE[mean]",
    "NRMSE[mean]",
    "ND[0.5]",
    "mean_weighted_sum_quantile_loss",
)
COLUMNS = ("dataset", "model", *(f"eval_metrics/{score}" for score in SCORES), "domain", "num_variates")
RANKED = ("MASE[0.5]", "mean_weighted_sum_quantile_loss")


def configurations(folder: Path) -> list[tuple[str, str]]:
    """Return folder and term of those whose data are there."""
    every = [
        (f"{name}/{frequency}".rstrip("/"), term)
        for frequencies, terms in ((FAR, TERMS), (NEAR, TERMS[:1]))
        for name, each in frequencies.items()
        for frequency in each
        for term in terms
    ]
    return [(name, term) for name, term in every if (folder / name / "dataset_info.json").is_file()]


def described(name: str, term: str, properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the leaderboard's name of a configuration and what it says of the data set.

    properties : of each data set, from the checkout; its frequency counts where the folder names none.
    """
    folder, _, frequency = name.partition("/")
    key = PUBLISHED.get(folder.lower(), folder.lower())
    of = properties[key]
    return f"{key}/{frequency or of['frequency']}/{term}", of


def job(algorithm: str, values: np.ndarray, step_ms: int, rows: int, season: int) -> dict[str, Any]:
    """Return one series as a job.

    season : rows; 1 where gluonts has none, then ours look for one and the naive forecast is the last value.
    """
    period = None if season <= 1 and algorithm != NAIVE else season
    series = without_nan(values[-LONGEST:])
    return {"algorithm": algorithm, "series": series, "rows": rows, "period": period, "levels": LEVELS} | {
        "step_ms": step_ms
    }


class Predictor:
    """One forecaster as gluonts asks for it; counts what it refused and its processor time."""

    def __init__(self, algorithm: str, rows: int, season: int, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._algorithm, self._rows, self._season, self._ask = algorithm, rows, season, ask
        self.refused, self.seconds = 0, 0.0

    def predict(self, entries: Any, **unused: Any) -> Iterator[Any]:
        """Forecast each series."""
        from gluonts.model.forecast import QuantileForecast

        for entry in entries:
            start, values = entry["start"], np.asarray(entry["target"], dtype=np.float64)
            step_ms = int(((start + 1).to_timestamp() - start.to_timestamp()).total_seconds() * 1e3)
            answer = self._ask(job(self._algorithm, values, step_ms, self._rows, self._season))
            self.refused += "refused" in answer
            self.seconds += answer["seconds"]
            yield QuantileForecast(
                forecast_arrays=np.array([answer["value"], *answer["quantiles"]]),
                forecast_keys=["mean", *(str(level) for level in LEVELS)],
                start_date=start + len(values),
                item_id=entry.get("item_id"),
            )


def measured(name: str, term: str, algorithm: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, float]:
    """Let gluonts score one forecaster on one configuration."""
    from gift_eval.data import Dataset
    from gluonts.ev import metrics
    from gluonts.model import evaluate_model
    from gluonts.time_feature import get_seasonality

    columns = Dataset(name=name, term=term).target_dim
    data = Dataset(name=name, term=term, to_univariate=columns > 1)
    season = get_seasonality(data.freq)
    predictor = Predictor(algorithm, data.prediction_length, season, ask)
    found = evaluate_model(
        predictor,
        test_data=data.test_data,
        metrics=[
            metrics.MSE(forecast_type="mean"),
            metrics.MSE(forecast_type=0.5),
            metrics.MAE(),
            metrics.MASE(),
            metrics.MAPE(),
            metrics.SMAPE(),
            metrics.MSIS(),
            metrics.RMSE(),
            metrics.NRMSE(),
            metrics.ND(),
            metrics.MeanWeightedSumQuantileLoss(quantile_levels=DECILES),
        ],
        batch_size=512,
        axis=None,
        mask_invalid_label=True,
        allow_nan_forecast=False,
        seasonality=season,
    )
    if predictor.refused:
        print(f"{algorithm} on {name}/{term}: {predictor.refused} forecasts are seasonal naive, as it refused")
    print(f"{algorithm} on {name}/{term}: {predictor.seconds:.1f} s of processor time", flush=True)
    return {score: float(found[score].iloc[0]) for score in SCORES}


def main() -> None:
    """Write a line for each configuration and forecaster, and print how they compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, required=True, help="of SalesforceAIResearch/gift-eval")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets, as the benchmark has them")
    parser.add_argument("--algo", default="zero,auto", help="our forecasters, separated by commas")
    parser.add_argument("--out", type=Path, default=Path(".benchmarks/gift-eval"), help="where the files are written")
    parser.add_argument("--python", type=Path, default=PYTHON, help="of this project's environment")
    given = parser.parse_args()
    sys.path.insert(0, str(given.checkout / "src"))
    os.environ["GIFT_EVAL"] = str(given.data)  # where its loader looks
    logging.getLogger("gluonts").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning)  # of gluonts, about pandas
    properties = json.loads((given.checkout / "notebooks" / "dataset_properties.json").read_text())
    there = configurations(given.data)
    if not there:
        sys.exit(f"no data set of the benchmark is in {given.data}")
    names = [NAIVE, *given.algo.split(",")]
    scores: dict[str, dict[str, dict[str, float]]] = {name: {} for name in names}
    with Ours(given.python) as ours:
        for algorithm in names:
            model = algorithm if algorithm == NAIVE else f"taosanode-{algorithm}"
            (given.out / model).mkdir(parents=True, exist_ok=True)
            with (given.out / model / "all_results.csv").open("w", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(COLUMNS)
                for name, term in there:
                    published, of = described(name, term, properties)
                    found = scores[algorithm][published] = measured(name, term, algorithm, ours.ask)
                    writer.writerow([published, model, *found.values(), of["domain"], of["num_variates"]])
                    out.flush()
    for algorithm, lines in scores.items():
        base = scores[NAIVE]
        told = (
            ratio({c: s[score] for c, s in lines.items()}, {c: s[score] for c, s in base.items()}) for score in RANKED
        )
        print(f"{algorithm:<24}{'MASE {:8.4f}  WQL {:8.4f}'.format(*told)}  of seasonal naive, {len(lines)} of 97")


if __name__ == "__main__":
    main()
