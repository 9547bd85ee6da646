import sys
from pathlib import Path

import numpy as np
import pytest

from appliance import operator_algorithms
from appliance.settings import Settings
from kernels.contract import Algorithm, AlgorithmError, Detector, Forecaster, Horizon, RawOptions, defaults

PLUGINS = Path(__file__).parent / "plugins"
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
    found, broken = operator_algorithms.load(PLUGINS, settings=Settings(model_dir=Path("/models")))
    assert broken == {}
    return found


def load(folder: Path, text: str, name: str = "mine.py", taken=()):
    (folder / name).write_text(text)
    return operator_algorithms.load(folder, taken)


def forecaster(folder: Path, execute: str) -> Forecaster:
    """Load a plug-in whose execute is these lines."""
    lines = "\n".join(f"        {line}" for line in execute.splitlines())
    found, broken = load(
        folder,
        "from taosanalytics.service import AbstractForecastService\n"
        "class _MineService(AbstractForecastService):\n    name = 'mine'\n    def execute(self):\n" + lines,
    )
    assert broken == {}
    assert isinstance(found["mine"], Forecaster)
    return found["mine"]


def detector(folder: Path, execute: str) -> Detector:
    found, broken = load(
        folder,
        "from taosanalytics.base import AbstractAnomalyDetectionService\n"
        "class _MineService(AbstractAnomalyDetectionService):\n    name = 'mine'\n"
        f"    def execute(self):\n        {execute}",
    )
    assert broken == {}
    assert isinstance(found["mine"], Detector)
    return found["mine"]


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


def test_plugins_see_the_nodes_settings(plugins, tmp_path):
    settings = Settings(model_dir=tmp_path, tsfm={"mine": "http://127.0.0.1:1/x"})
    text = (
        "from taosanalytics.conf import Configure, conf\n"
        "from taosanalytics.service import AbstractForecastService\n"
        f"assert conf.get_model_directory() == {str(tmp_path)!r}\n"
        "assert Configure.get_instance().get_tsfm_service('mine') == 'http://127.0.0.1:1/x'\n"
        "assert conf.get_tsfm_service('other') is None\n"
        "class _MineService(AbstractForecastService):\n    name = 'mine'\n    def execute(self): return None\n"
    )
    (tmp_path / "mine.py").write_text(text)
    assert operator_algorithms.load(tmp_path, settings=settings)[1] == {}


def test_plugin_that_never_calls_the_base_class_still_gets_everything(tmp_path):
    found, broken = load(
        tmp_path,
        "from taosanalytics.service import AbstractForecastService\n"
        "class _MineService(AbstractForecastService):\n"
        "    name = 'mine'\n"
        "    def __init__(self): self.season = 3\n"
        "    def set_params(self, params): self.got = params\n"
        "    def execute(self):\n"
        "        assert self.got['k'] == 'v' and self.got['time_step'] == self.time_step == 1000\n"
        "        assert (self.precision, self.conf, self.return_conf) == ('us', 0.9, 0)\n"
        "        assert self.ts_list[:2] == [0, 1000] and self.input_data_lists == [self.list]\n"
        "        assert self.dynamic_real == [[1.0, 2.0]] and self.past_dynamic_real == [[3.0]]\n"
        "        return {'res': [[10000, 11000, 12000], [0] * self.fc_rows]}\n",
    )
    assert broken == {}
    covariates = {"dynamic_real_1": np.array([1.0, 2.0]), "past_dynamic_real_1": np.array([3.0])}
    ahead(found["mine"], precision="us", options={"k": "v"}, return_conf=False, covariates=covariates)


def test_period_the_user_does_not_name_is_the_plugins_own(tmp_path):
    found, _ = load(
        tmp_path,
        "from taosanalytics.service import AbstractForecastService\n"
        "class _MineService(AbstractForecastService):\n"
        "    name = 'mine'\n"
        "    period = 12\n"
        "    def execute(self): return {'res': [[10000, 11000, 12000], [0, 0, 0]]}\n",
    )
    assert ahead(found["mine"]).period == 12
    assert ahead(found["mine"], options={"period": "4"}).period == 4


def test_plugins_own_times_are_kept_exactly(tmp_path):
    start = 1_700_000_000_123_456_789
    mine = forecaster(tmp_path, f"return {{'res': [[{start}, {start + 1}, {start + 5}], [1, 2, 3]]}}")
    assert ahead(mine).times.tolist() == [start, start + 1, start + 5]


# --- answers that are refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("execute", "message"),
    [
        ("return None", "forecast result is empty"),
        ("return {'mse': 1}", "forecast result is empty"),
        ("return {'res': [[1, 2, 3]]}", "should be 2 or 4 arrays .*, got 1"),
        ("return {'res': [[1, 2, 3]] * 3}", "should be 2 or 4 arrays .*, got 3"),
        ("return {'res': [[1, 2, 3], [1, 2]]}", "result length is not identical, ts rows:3  res rows:2"),
        ("return {'res': [[1, 2], [1, 2, 3]]}", "result length is not identical, ts rows:3  res rows:2"),
        ("return {'res': [[1, 2, 3], [1, float('nan'), 3]]}", "forecast must be finite, got nan at row 1"),
        ("return {'res': [[1, 2, 3], [1, 2, 'x']]}", "forecast must be numbers"),
        ("return {'res': [[1, 2, 3], [1, 2, [3]]]}", "mine: "),
        ("return {'res': [[1, 2, 3], 4]}", "must be a list of numbers"),
        (
            "return {'res': [[1, 2, 3], [5] * 3, [6, 7, 6], [6, 6, 6]]}",
            "lower bound 7.0 above upper bound 6.0 at row 1",
        ),
        ("return {'res': [[1, 2, 3], [5] * 3, [6] * 3, [float('inf')] * 3]}", "bounds must be finite"),
        ("return {'res': [[1, 2, 3.5], [5] * 3]}", "time must be an integer, got 3.5"),
        ("return {'res': [[1, 2, 2**63], [5] * 3]}", "times leave the range"),
        ("return {'res': [[1, 2, 3], [5] * 3], 'mse': 'low'}", "mse must be a number, got 'low'"),
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("raise ValueError('too few')", "^mine: too few$"),
    ],
)
def test_bad_forecast_is_refused(tmp_path, execute, message):
    with pytest.raises(AlgorithmError, match=message) as refusal:
        ahead(forecaster(tmp_path, execute))
    assert str(refusal.value).startswith("mine: ")


def test_value_outside_its_bounds_widens_them(tmp_path):
    found = ahead(forecaster(tmp_path, "return {'res': [[1, 2, 3], [5, 5, 5], [6, 4, 4], [7, 7, 4.5]]}"))
    assert found.low.tolist() == [5, 4, 4]
    assert found.high.tolist() == [7, 7, 5]


def test_error_of_the_fit_that_is_not_finite_counts_as_unknown(tmp_path):
    assert ahead(forecaster(tmp_path, "return {'res': [[1, 2, 3], [5] * 3], 'mse': float('nan')}")).mse is None


@pytest.mark.parametrize(
    ("execute", "message"),
    [
        ("return None", "one code per row is expected, got NoneType"),
        ("return [1] * 9", "got 9 codes for 10 rows"),
        ("return [[1]] * 10", "one code per row is expected"),
        ("return [1.5] * 10", "codes must be integers from -127 to 127"),
        ("return [300] * 10", "codes must be integers from -127 to 127"),
        ("return [None] * 10", "codes must be finite"),
        ("return ['a'] * 10", "codes must be numbers"),
        ("return self.nothing", "AttributeError"),
    ],
)
def test_bad_codes_are_refused(tmp_path, execute, message):
    with pytest.raises(AlgorithmError, match=message):
        detector(tmp_path, execute).detect(SERIES, RawOptions(times=TIMES))


def test_option_of_the_wrong_type_is_refused(tmp_path):
    with pytest.raises(AlgorithmError, match="valid_code must be an integer, got 'x'"):
        detector(tmp_path, "return [1] * 10").detect(SERIES, RawOptions({"valid_code": "x"}, TIMES))


def test_failure_is_logged_with_its_traceback(tmp_path, caplog):
    mine = detector(tmp_path, "raise KeyError('lost')")
    with pytest.raises(AlgorithmError):
        mine.detect(SERIES, RawOptions())
    assert "operator's algorithm mine failed" in caplog.text
    assert "mine.py" in caplog.text


def nothing_named(name: str, desc: str = "") -> str:
    return f"from kernels.contract import *\nALGORITHM = Detector({name!r}, {desc!r}, NoParams, print)"


OWN = """
import numpy as np
from kernels.contract import *
{body}
"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("f = lambda s, p: 1", "a Detection is expected, got int"),
        ("f = lambda s, p: Detection(np.ones(3, np.int8), np.zeros(3))", "got 3 codes for 10 rows"),
        ("f = lambda s, p: Detection(np.ones(10, np.int8), np.zeros(3))", "score: 10 numbers are expected"),
        ("f = lambda s, p: Detection(np.ones(10, np.int8), np.full(10, np.nan))", "score must be finite"),
        ("def f(s, p): raise TooShort('too short')", "^own: too short$"),
        ("f = lambda s, p: s.nothing", "AttributeError"),
    ],
)
def test_bad_answer_of_an_own_detector_is_refused(tmp_path, body, message):
    found, _ = load(tmp_path, OWN.format(body=body) + "ALGORITHM = Detector('own', '', NoParams, f)")
    with pytest.raises(AlgorithmError, match=message):
        found["own"].detect(SERIES, found["own"].params())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("f = lambda s, h, p: None", "a Forecast is expected, got NoneType"),
        ("f = lambda s, h, p: Forecast(s, s, s)", "value: 3 numbers are expected"),
        ("f = lambda s, h, p: Forecast(s[:3], s[:3] + 1, s[:3] + 2)", "forecast 5.0 outside its bounds 6.0 to 7.0"),
        ("f = lambda s, h, p: Forecast(s[:3], s[:3], s[:3] + np.inf)", "high must be finite"),
    ],
)
def test_bad_answer_of_an_own_forecaster_is_refused(tmp_path, body, message):
    found, _ = load(tmp_path, OWN.format(body=body) + "ALGORITHM = Forecaster('own', '', NoParams, f)")
    with pytest.raises(AlgorithmError, match=message):
        found["own"].forecast(SERIES, Horizon(3), found["own"].params())


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
    assert operator_algorithms.load(tmp_path / "nothing") == ({}, {})


def test_folder_is_left_as_it_is(tmp_path):
    load(tmp_path, nothing_named("own"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]
