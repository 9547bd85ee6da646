"""Plug-ins of the newest form: imputation, correlation, model servers, and packages that they import."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.analysis import catalog, operator_files
from appliance.analysis.kinds import BY_NAME
from appliance.analysis.operator_files import Own
from appliance.host.settings import Settings
from kernels.contract import AlgorithmError, Task
from kernels.options import NoOptions
from tests.appliance.fake_server import answer, serving

IMPUTATION = """
from taosanalytics.service import AbstractImputationService
class _MeanService(AbstractImputationService):
    name = "mean"
    def execute(self):
        step = int(self.freq[:-1])
        axis = list(range(self.ts_list[0], self.ts_list[-1] + 1, step))
        known = dict(zip(self.ts_list, self.list))
        return {"ts": axis, "target": [known.get(t, 7.0) for t in axis], "mask": [int(t not in known) for t in axis]}
"""
CORRELATION = """
from taosanalytics.service import AbstractCorrelationService
class _PairService(AbstractCorrelationService):
    name = "pair"
    def execute(self):
        form = self.params.get("form")
        if form == "path": return 2.5, [(0, 0), (1, 1), (2, 2)]
        if form == "lags": return [-1, 0], [0.25, -0.5]
        return "rubbish" if form == "rubbish" else self.list1[0] / 10
"""
TSFM = """
import extra_of_mine
from taosanalytics.algo.tsfm import TsfmBaseService
from taosanalytics.conf import AppLogger
class _FarService(TsfmBaseService):
    name = "far"
    def __init__(self):
        super().__init__()
        self.service_host = extra_of_mine.URL
        AppLogger.get_instance().info("made")
"""


def loaded(folder: Path, text: str, settings: Settings | None = None) -> Own:
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(text)
    found, broken = operator_files.load(folder, settings=settings or Settings())
    assert not broken
    return found[0]


def test_an_imputation_is_read_from_what_a_plugin_answers(tmp_path: Path) -> None:
    own = loaded(tmp_path / "algo", IMPUTATION)
    task = Task.of([1.0, 2.0, 3.0], times=np.array([0, 100, 300]), step=100, unit="ms")
    filling = own.kind.checked(task, own.algorithm.run(task, NoOptions()))
    assert own.kind is BY_NAME["imputation"]
    assert (filling.times.tolist(), filling.value.tolist()) == ([0, 100, 200, 300], [1.0, 2.0, 7.0, 3.0])
    assert filling.filled.tolist() == [False, False, True, False]


def test_a_correlation_is_read_from_each_form_of_answer(tmp_path: Path) -> None:
    own = loaded(tmp_path / "algo", CORRELATION)
    table = np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])

    def run(form: str) -> object:
        task = Task.of(table, options={"form": form})
        return own.kind.checked(task, own.algorithm.run(task, NoOptions()))

    assert run("number").value == 0.4
    path = run("path")
    assert (path.measure, path.value, path.path.tolist()) == ("distance", 2.5, [[0, 0], [1, 1], [2, 2]])
    lags = run("lags")
    assert (lags.lags.tolist(), lags.at_lags.tolist(), lags.lag) == ([-1, 0], [0.25, -0.5], 0)
    with pytest.raises((AlgorithmError, ValueError), match="rubbish"):
        run("rubbish")


@pytest.mark.parametrize(("name", "used"), [("chronos", True), ("timemoe-fc", False)])
def test_a_plugin_stands_in_place_of_a_line_of_its_name_but_for_models_of_ours(tmp_path: Path, name, used) -> None:
    text = f"""
from taosanalytics.algo.tsfm import TsfmBaseService
class _NamedService(TsfmBaseService):
    name, desc = {name!r}, "of the operator"
"""
    (tmp_path / "mine.py").write_text(text)
    url = "http://127.0.0.1:1/ds_predict"
    found = catalog.build(Settings(algorithm_dir=tmp_path, model_dir=tmp_path, tsfm={name: url}))
    assert (found.of_kind("forecast")[name].desc == "of the operator") == used
    assert len(found.broken) == (not used)
    if used:
        task = Task.of(np.arange(12.0), times=np.arange(12), rows=2, start=12, step=1)
        with pytest.raises(AlgorithmError, match="failed to request the service, http://127.0.0.1:1/ds_predict"):
            found.of_kind("forecast")[name].run(task, NoOptions())


def test_a_model_server_is_asked_by_its_plugin_which_imports_from_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    task = Task.of(np.arange(12.0), times=np.arange(12), rows=2, start=12, step=1, bounds=True)
    body = json.dumps({"output": [1, 2], "lower": [0, 1], "upper": [2, 3]}).encode()
    with serving(answer(body)) as fake:
        (site / "extra_of_mine.py").write_text(f"URL = {fake.url!r}\n")
        try:
            own = loaded(tmp_path / "algo", TSFM)
            forecast = own.kind.checked(task, own.algorithm.run(task, NoOptions()))
        finally:
            sys.path.remove(str(site))
            sys.modules.pop("extra_of_mine", None)
    assert (forecast.value.tolist(), forecast.low.tolist(), forecast.high.tolist()) == ([1, 2], [0, 1], [2, 3])
    elsewhere = Task.of(np.arange(12.0), times=np.arange(12), rows=2, step=1, options={"host": "elsewhere:1"})
    with pytest.raises(AlgorithmError, match="host elsewhere is not allowed, only tsfm-hosts"):
        own.algorithm.run(elsewhere, NoOptions())
