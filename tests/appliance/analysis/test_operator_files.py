import re
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.analysis import operator_files
from appliance.analysis.plugin_classes import guarded
from appliance.host.settings import Settings
from kernels.contract import Algorithm, AlgorithmError, Task
from kernels.options import NoOptions, defaults

PLUGINS = Path(__file__).parents[1] / "plugins"
SERIES = np.array([5.0, 6.0, 5.0, 6.0, 5.0, 99.0, 5.0, 6.0, 5.0, 6.0])
TIMES = np.arange(10, dtype=np.int64) * 1000


@pytest.fixture(autouse=True)
def _clean_imports():
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        if name.startswith(("taosanalytics", "operator_algorithms")):
            del sys.modules[name]


@pytest.fixture(scope="module")
def plugins() -> dict[str, Algorithm]:
    found, broken = operator_files.load(PLUGINS, settings=Settings(model_dir=Path("/models")))
    assert broken == {}
    return {own.algorithm.name: guarded(own.algorithm, own.kind) for own in found}


def load(folder: Path, text: str, name: str = "mine.py", taken=()):
    (folder / name).write_text(text)
    return operator_files.load(folder, taken)


def nothing_named(name: str, desc: str = "") -> str:
    return f"from taosanode import *\nALGORITHM = Algorithm({name!r}, {desc!r}, ANOMALY, NoOptions, print)"


def ahead(algorithm: Algorithm, rows: int = 3, conf: float = 0.9, **given):
    task = Task.of(SERIES, times=TIMES, start=10_000, step=1000, rows=rows, conf=conf, **given)
    return algorithm.run(task, NoOptions())


def judge(algorithm: Algorithm, values=SERIES, **options: str):
    return algorithm.run(Task.of(values, times=TIMES, options=options), NoOptions())


# --- existing plug-ins, unchanged -----------------------------------------------------------------------------------


def test_every_public_file_is_loaded_from_the_folder_and_its_ad_and_fc(plugins):
    assert sorted(plugins) == ["halfway", "lastvalue", "ones", "seasonal-naive", "spread"]


def test_old_import_name_detects(plugins):
    for _ in range(2):  # the plug-in itself notices if it is used twice
        found = judge(plugins["lastvalue"])
        assert found.flags.tolist() == [1] * 9 + [-1]
        assert found.score.tolist() == [0.0] * 9 + [1.0]


def test_new_import_name_sees_all_columns_and_keeps_its_codes(plugins):
    table = np.column_stack((SERIES, SERIES, SERIES))
    table[3, 1] += 20.0
    table[7, 2] += 200.0
    found = judge(plugins["spread"], table)
    assert found.flags.tolist() == [1, 1, 1, 2, 1, 1, 1, -1, 1, 1]
    assert plugins["spread"].needs.columns == "many"


def test_valid_code_of_a_plugin_that_knows_it_becomes_one_and_its_ones_stay_anomalies(plugins):
    table = np.column_stack((SERIES, SERIES))
    table[3, 1] += 20.0
    table[7, 1] += 200.0
    found = judge(plugins["spread"], table, valid_code="0", limit="15")
    # the plug-in says 0 normal, 1 wide, -2 very wide
    assert found.flags.tolist() == [1, 1, 1, -1, 1, 1, 1, -2, 1, 1]


def test_valid_code_of_a_plugin_that_ignores_it_changes_nothing(plugins):
    found = judge(plugins["lastvalue"], valid_code="0")
    assert found.flags.tolist() == [1] * 9 + [-1]


def test_forecast_gets_the_body_and_the_options(plugins):
    found = ahead(plugins["ones"], options={"level": "2.5", "rows": "99", "start": "7"})
    assert found.value.tolist() == [2.5] * 3
    assert found.low.tolist() == [1.6] * 3
    assert found.high.tolist() == [3.4] * 3
    assert found.mse == 0.5
    assert found.times is None


def test_forecast_without_bounds_answers_with_the_value_as_bounds(plugins):
    found = ahead(plugins["ones"], bounds=False)
    assert found.low.tolist() == found.value.tolist() == found.high.tolist()


def test_period_comes_from_the_options(plugins):
    found = ahead(plugins["seasonal-naive"], rows=4, options={"period": "2"})
    assert found.value.tolist() == [5.0, 6.0, 5.0, 6.0]
    assert found.period == 2
    assert found.extra == {"model_info": "season 2"}


def test_a_plugins_refusal_reaches_the_user_with_its_name(plugins):
    with pytest.raises(AlgorithmError, match="^ones: number of input data is less than the periods$"):
        ahead(plugins["ones"], options={"period": "11"})


def test_listing_shows_description_and_defaults(plugins):
    assert plugins["ones"].desc == "always the same value"
    assert defaults(plugins["ones"]) == {"period": 0, "conf": 0.95, "return_conf": 1, "level": 1}
    assert plugins["ones"].needs.options


def test_own_form_with_a_kernel_and_a_shared_file(plugins):
    halfway = plugins["halfway"]
    assert defaults(halfway) == {"factor": 1.5}
    assert halfway.run(Task.of(SERIES), halfway.params()).flags.tolist() == [1] * 5 + [-1] + [1] * 4


# --- files that cannot be used --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def", "SyntaxError"),
        ("import no_such_library", "No module named 'no_such_library'"),
        ("import sys; sys.exit(1)", "SystemExit"),
        ("x = 1", "neither ALGORITHM"),
        ("ALGORITHM = 3", "neither ALGORITHM"),
        (nothing_named("UPPER"), "got 'UPPER'"),
        (nothing_named("a" * 64), "name must be"),
        (
            nothing_named("iqr"),
            "named iqr exists already",
        ),
        ("from taosanalytics.base import *\nclass _XService(AbstractForecastService):\n  name='x'", "with an execute"),
        (
            nothing_named("text").replace("anomaly-detection", "poetry").replace("ANOMALY", "'poetry'"),
            "kind must be one of",
        ),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        (
            "from taosanalytics.base import *\nclass _XService(AbstractForecastService):\n"
            "  name='x'\n  execute = print\n  def get_params(self): return {1: 2}",
            "must have names of options as its keys, got 1",
        ),
        (
            "from taosanode import *\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n  x: float = 1e999\n"
            "ALGORITHM = Algorithm('x', '', ANOMALY, P, print)",
            "the defaults of the options cannot be listed",
        ),
        (
            "from taosanalytics.base import *\nclass _XService(AbstractForecastService):\n"
            "  name='x'\n  execute = print\n  def __init__(self, needed): pass",
            "needed",
        ),
    ],
)
def test_broken_file_is_reported_and_the_others_are_loaded(tmp_path, caplog, text, reason):
    (tmp_path / "fine.py").write_text(nothing_named("fine"))
    found, broken = load(tmp_path, text, "broken.py", taken=[("anomaly-detection", "iqr")])
    assert [own.algorithm.name for own in found] == ["fine"]
    assert list(broken) == [str(tmp_path / "broken.py")]
    assert reason in broken[str(tmp_path / "broken.py")]
    assert "broken.py" in caplog.text


def test_of_two_files_with_one_name_the_first_is_used(tmp_path):
    (tmp_path / "a.py").write_text(nothing_named("same", "first"))
    found, broken = load(tmp_path, nothing_named("same", "second"), "b.py")
    assert [own.algorithm.desc for own in found] == ["first"]
    assert "exists already" in broken[str(tmp_path / "b.py")]


def test_changed_file_is_used_after_the_next_load(tmp_path):
    text = (
        "from taosanode import *\nimport numpy as np\n"
        "HOW = {how}\n"
        "@kernel('f8(f8[::1])')\ndef many(x):\n    return HOW * x[0]\n"
        "f = lambda t, p: Detection(np.ones(len(t.series), np.int8), np.full(len(t.series), many(t.series)))\n"
        "ALGORITHM = Algorithm('own', '', ANOMALY, NoOptions, f)"
    )
    for how in (1.0, 2.0):  # the same size, the same second, the same bytecode
        found, _ = load(tmp_path, text.format(how=how))
        assert found[0].algorithm.run(Task.of(SERIES), None).score[0] == how * SERIES[0]


def test_missing_folder_holds_no_algorithms(tmp_path):
    assert operator_files.load(tmp_path / "nothing") == ([], {})


def test_folder_is_left_as_it_is(tmp_path):
    load(tmp_path, nothing_named("own"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_examples_of_the_docs_work(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "adding-an-algorithm.md").read_text()
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        (tmp_path / f"example{number}.py").write_text(example)
    found, broken = operator_files.load(tmp_path)
    assert broken == {}
    algorithms = {own.algorithm.name: own.algorithm for own in found}
    assert sorted(algorithms) == ["jump", "madrule", "meanrange"]
    assert judge(algorithms["jump"], by="20").flags.tolist() == [1] * 5 + [-1, -1] + [1] * 3
    assert defaults(algorithms["jump"]) == {"by": 10.0}
    madrule = algorithms["madrule"]
    assert madrule.run(Task.of(SERIES), madrule.params()).flags.tolist() == [1] * 5 + [-1] + [1] * 4
    with pytest.raises(AlgorithmError, match="factor must be > 0, got 0"):
        madrule.params(factor=0.0)
    assert ahead(algorithms["meanrange"], rows=2).high.tolist() == [99.0, 99.0]


def test_what_a_file_prints_while_it_loads_is_no_output(tmp_path, capsys):
    found, _ = load(tmp_path, f"print('hello')\n{nothing_named('own')}")
    assert [own.algorithm.name for own in found] == ["own"]
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


@pytest.mark.parametrize("endless", ["while True: pass", "import threading; threading.Event().wait()"])
def test_a_file_that_never_ends_is_left_out_and_the_others_are_there(tmp_path, monkeypatch, endless):
    monkeypatch.setattr(operator_files, "LOAD_S", 0.1)
    (tmp_path / "good.py").write_text(nothing_named("good"))
    found, broken = load(tmp_path, endless, "endless.py")
    assert [own.algorithm.name for own in found] == ["good"]
    assert "it has not been loaded within 0.1 s" in broken[str(tmp_path / "endless.py")]
