"""Our forecasters on the tasks of fev; runs in an environment of its own (see peers-fev.txt), as `make bench-fev` does.

    python -m benchmarks.fev_tasks --tasks tasks.yaml --data FOLDER --algo zero,auto --out results.csv

The tasks are a file of fev's, such as those of fev-bench. Their data are read from FOLDER/<dataset_config>/*.parquet,
nothing from a network; a task whose data are not there is named and left out. fev loads, cuts the windows and scores;
`forecasts_on_request.py` forecasts, in this project's environment. A line of the result is what fev writes for any
model, so that it stands beside published ones; printed is the geometric mean of test errors relative to the seasonal
naive forecast. Covariates and the other columns of a task are not looked at.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from benchmarks._ours import NAIVE, Ours, arguments, ratio, without_nan


def job(algorithm: str, values, times, task) -> dict:
    """Return one series of a window as a job; nan is not JSON."""
    step_ms = int((times[-1] - times[-2]) / 1e6) if len(times) > 1 else 0
    asked = {"rows": task.horizon, "period": task.seasonality, "levels": list(task.quantile_levels)}
    return {"algorithm": algorithm, "series": without_nan(values), "step_ms": step_ms, **asked}


def prediction(answer: dict, levels: list[float]) -> dict:
    """Return an answer as fev wants it: a list of rows for the point forecast and each level."""
    quantiles = {str(level): rows for level, rows in zip(levels, answer["quantiles"], strict=True)}
    return {"predictions": answer["value"], **quantiles}


def run(task, algorithm: str, ask) -> dict:
    """Forecast all windows of a task and let fev score them."""
    seconds, refused, windows = 0.0, 0, []
    for window in task.iter_windows(num_proc=1):
        past, _ = window.get_input_data()
        found: dict = {target: [] for target in task.target_columns}
        for row in past:
            times = row[task.timestamp_column].astype("datetime64[ns]").astype("int64")
            for target, predictions in found.items():
                answer = ask(job(algorithm, row[target], times, task))
                seconds += answer["seconds"]
                refused += "refused" in answer
                predictions.append(prediction(answer, task.quantile_levels))
        windows.append(found)
    if refused:
        print(
            f"{algorithm} on {task.task_name}: {refused} forecasts are seasonal naive, as it refused", file=sys.stderr
        )
    return task.evaluation_summary(windows, model_name=f"taosanode {algorithm}", inference_time_s=seconds)


def main() -> None:
    """Write a line for each task and forecaster, and print how they compare."""
    import yaml
    from fev import Task

    parser = arguments(__doc__)
    parser.add_argument("--tasks", type=Path, required=True, help="a file of fev's tasks")
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder of parquet files for each")
    parser.add_argument("--out", type=Path, default=Path("fev.csv"), help="where fev's lines are written")
    given = parser.parse_args()
    lines, errors = [], {}
    with Ours(given.python) as ours:
        for described in yaml.safe_load(given.tasks.read_text())["tasks"]:
            config = described["dataset_config"]
            if not list((given.data / config).glob("*.parquet")):
                print(f"{config} is left out: no {given.data / config}/*.parquet", file=sys.stderr)
                continue
            files = str((given.data / config).resolve() / "*.parquet")
            here = {"dataset_path": files, "dataset_config": None, "task_name": described.get("task_name", config)}
            task = Task(**(described | here))
            for name in (NAIVE, *given.algo.split(",")):
                published = {"dataset_path": described["dataset_path"], "dataset_config": config}
                line = run(task, name, ours.ask) | published
                errors.setdefault(name, {})[len(lines) // (1 + len(given.algo.split(",")))] = line["test_error"]
                lines.append(line)
    if not lines:
        sys.exit("no task has its data on disk")
    with given.out.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys(key for line in lines for key in line)))
        writer.writeheader()
        writer.writerows(lines)
    for name, found in errors.items():
        print(f"{name:<24}{ratio(found, errors[NAIVE]):8.4f}  of seasonal naive, {len(found)} tasks")


if __name__ == "__main__":
    main()
