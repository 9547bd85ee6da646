import re
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.analysis import operator_files
from appliance.host.settings import Settings
from kernels.contract import Algorithm, AlgorithmError, Forecaster, Horizon, NoParams, RawOptions, defaults

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
    return found


def load(folder: Path, text: str, name: str = "mine.py", taken=()):
    (folder / name).write_text(text)
    return operator_files.load(folder, taken)


def nothing_named(name: str, desc: str = "") -> str:
    return f"from kernels.contract import *\nALGORITHM = Detector({name!r}, {desc!r}, NoParams, print)"


def ahead(algorithm: Forecaster, rows: int = 3, conf: float = 0.9, **given):
    return algorithm.forecast(SERIES, Horizon(rows, conf), RawOptions(times=TIMES, start=10_000, step=1000, **given))


# --- existing plug-ins, unchanged -----------------------------------------------------------------------------------


def test_every_public_file_is_loaded_from_the_folder_and_its_ad_and_fc(plugins):
    assert sorted(plugins) == ["halfway", "lastvalue", "ones", "seasonal-naive", "spread"]


def test_old_import_name_detects(plugins):
    for _ in range(2):  # the plug-in itself notices if it is used twice
        found = plugins["lastvalue"].detect(SERIES.reshape(-1, 1), RawOptions(times=TIMES))
        assert found.flags.tolist() == [1] * 9 + [-1]
        assert found.score.tolist() == [0.0] * 9 + [1.0]


def test_new_import_name_sees_all_columns_and_keeps_its_codes(plugins):
    table = np.column_stack((SERIES, SERIES, SERIES))
    table[3, 1] += 20.0
    table[7, 2] += 200.0
    found = plugins["spread"].detect(table, RawOptions(times=TIMES))
    assert found.flags.tolist() == [1, 1, 1, 2, 1, 1, 1, -1, 1, 1]
    assert plugins["spread"].multivariate


def test_valid_code_of_a_plugin_that_knows_it_becomes_one_and_its_ones_stay_anomalies(plugins):
    table = np.column_stack((SERIES, SERIES))
    table[3, 1] += 20.0
    table[7, 1] += 200.0
    found = plugins["spread"].detect(table, RawOptions({"valid_code": "0", "limit": "15"}, TIMES))
    # the plug-in says 0 normal, 1 wide, -2 very wide
    assert found.flags.tolist() == [1, 1, 1, -1, 1, 1, 1, -2, 1, 1]


def test_valid_code_of_a_plugin_that_ignores_it_changes_nothing(plugins):
    found = plugins["lastvalue"].detect(SERIES, RawOptions({"valid_code": "0"}, TIMES))
    assert found.flags.tolist() == [1] * 9 + [-1]


def test_forecast_gets_the_body_and_the_options(plugins):
    found = ahead(plugins["ones"], options={"level": "2.5", "rows": "99", "start": "7"})
    assert found.value.tolist() == [2.5] * 3
    assert found.low.tolist() == [1.6] * 3
    assert found.high.tolist() == [3.4] * 3
    assert found.mse == 0.5
    assert found.times is None


def test_forecast_without_bounds_answers_with_the_value_as_bounds(plugins):
    found = ahead(plugins["ones"], return_conf=False)
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
    assert defaults(plugins["ones"].params) == {"period": 0, "conf": 0.95, "return_conf": 1, "level": 1}
    assert issubclass(plugins["ones"].params, RawOptions)


def test_own_form_with_a_kernel_and_a_shared_file(plugins):
    halfway = plugins["halfway"]
    assert defaults(halfway.params) == {"factor": 1.5}
    assert halfway.detect(SERIES, halfway.params()).flags.tolist() == [1] * 5 + [-1] + [1] * 4


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
            "from kernels.contract import *\nALGORITHM = Detector('iqr', '', NoParams, print)",
            "named iqr exists already",
        ),
        ("from taosanalytics.base import *\nclass _XService(AbstractForecastService):\n  name='x'", "with an execute"),
        (
            "from taosanalytics.base import *\nclass _XService(AbstractForecastService):\n"
            "  name='x'\n  execute = print\n  def __init__(self, needed): pass",
            "needed",
        ),
    ],
)
def test_broken_file_is_reported_and_the_others_are_loaded(tmp_path, caplog, text, reason):
    (tmp_path / "fine.py").write_text(nothing_named("fine"))
    found, broken = load(tmp_path, text, "broken.py", taken={"iqr"})
    assert list(found) == ["fine"]
    assert list(broken) == [str(tmp_path / "broken.py")]
    assert reason in broken[str(tmp_path / "broken.py")]
    assert "broken.py" in caplog.text


def test_of_two_files_with_one_name_the_first_is_used(tmp_path):
    (tmp_path / "a.py").write_text(nothing_named("same", "first"))
    found, broken = load(tmp_path, nothing_named("same", "second"), "b.py")
    assert found["same"].desc == "first"
    assert "exists already" in broken[str(tmp_path / "b.py")]


def test_changed_file_is_used_after_the_next_load(tmp_path):
    text = (
        "from kernels._jit import kernel\nfrom kernels.contract import *\nimport numpy as np\n"
        "HOW = {how}\n"
        "@kernel('f8(f8[::1])')\ndef many(x):\n    return HOW * x[0]\n"
        "f = lambda s, p: Detection(np.ones(len(s), np.int8), np.full(len(s), many(s)))\n"
        "ALGORITHM = Detector('own', '', NoParams, f)"
    )
    for how in (1.0, 2.0):  # the same size, the same second, the same bytecode
        found, _ = load(tmp_path, text.format(how=how))
        assert found["own"].detect(SERIES, None).score[0] == how * SERIES[0]


def test_missing_folder_holds_no_algorithms(tmp_path):
    assert operator_files.load(tmp_path / "nothing") == ({}, {})


def test_folder_is_left_as_it_is(tmp_path):
    load(tmp_path, nothing_named("own"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_examples_of_the_docs_work(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "adding-an-algorithm.md").read_text()
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        (tmp_path / f"example{number}.py").write_text(example)
    found, broken = operator_files.load(tmp_path)
    assert broken == {}
    assert sorted(found) == ["jump", "madrule", "meanrange"]
    assert found["jump"].detect(SERIES, RawOptions({"by": "20"}, TIMES)).flags.tolist() == [1] * 5 + [-1, -1] + [1] * 3
    assert defaults(found["jump"].params) == {"by": 10.0}
    assert found["madrule"].detect(SERIES, found["madrule"].params()).flags.tolist() == [1] * 5 + [-1] + [1] * 4
    assert found["meanrange"].forecast(SERIES, Horizon(2), NoParams()).high.tolist() == [99.0, 99.0]
