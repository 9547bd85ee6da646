from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.analysis import plugin_classes
from appliance.analysis.kinds import BY_TYPE
from appliance.analysis.plugin_classes import Failed
from appliance.analysis.taosanalytics_compat import AbstractAnomalyDetectionService, AbstractForecastService
from kernels.contract import ANOMALY, FORECAST, Algorithm, AlgorithmError, Detection, Forecast, Task, TooShort
from kernels.options import NoOptions, defaults

SERIES = np.array([5.0, 6.0, 5.0, 6.0, 5.0, 99.0, 5.0, 6.0, 5.0, 6.0])
TIMES = np.arange(10, dtype=np.int64) * 1000
REGULAR = [10_000, 11_000, 12_000]


def forecaster(answer=None, **members) -> Algorithm:
    """Wrap a forecasting plug-in that gives this answer, or raises it."""
    plugin = type("_MineService", (AbstractForecastService,), {"name": "mine", "execute": says(answer), **members})
    return wrap(plugin, FORECAST)


def detector(answer=None, **members) -> Algorithm:
    """Wrap a detecting plug-in that gives this answer, or raises it."""
    members = {"name": "mine", "execute": says(answer), **members}
    return wrap(type("_MineService", (AbstractAnomalyDetectionService,), members), ANOMALY)


def wrap(plugin: type, kind: str) -> Algorithm:
    return plugin_classes.guarded(plugin_classes.wrap(plugin, BY_TYPE[kind]), BY_TYPE[kind])


def guarded(kind: str, run) -> Algorithm:
    return plugin_classes.guarded(Algorithm("own", "", kind, NoOptions, run), BY_TYPE[kind])


def says(answer):
    def execute(self):
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return execute


def ahead(algorithm: Algorithm, rows: int = 3, conf: float = 0.9, **given) -> Forecast:
    task = Task.of(SERIES, times=TIMES, start=10_000, step=1000, rows=rows, conf=conf, **given)
    return algorithm.run(task, NoOptions())


def detect(algorithm: Algorithm, **options: str) -> list[int]:
    return algorithm.run(Task.of(SERIES, times=TIMES, options=options), NoOptions()).flags.tolist()


# --- what a plug-in is given ----------------------------------------------------------------------------------------


def test_every_request_gets_an_object_of_its_own():
    made = []

    class _OnceService(AbstractAnomalyDetectionService):
        name = "once"

        def __init__(self):
            made.append(self)

        def execute(self):
            return [1] * len(self.list)

    once = wrap(_OnceService, ANOMALY)
    made.clear()
    for _ in range(3):
        detect(once)
    assert len({id(worker) for worker in made}) == len(made) == 3


def test_plugin_that_never_calls_the_base_class_still_gets_everything():
    seen = {}

    class _MineService(AbstractForecastService):
        name = "mine"

        def __init__(self):
            self.season = 3

        def set_params(self, params):
            seen["params"] = params

        def execute(self):
            seen["worker"] = self
            return {"res": [REGULAR, [0] * self.fc_rows]}

    covariates = {
        "known": {"dynamic_real_1": np.array([1.0, 2.0])},
        "past": {"past_dynamic_real_1": np.array([3.0])},
    }
    options = {"k": "v", "rows": "99"}
    mine = wrap(_MineService, FORECAST)
    ahead(mine, unit="us", options=options, bounds=False, **covariates)
    worker, params = seen["worker"], seen["params"]
    assert worker.list == SERIES.tolist()
    assert worker.input_data_lists == [SERIES.tolist()]
    assert worker.ts_list == TIMES.tolist()
    assert (worker.start_ts, worker.time_step, worker.rows, worker.fc_rows) == (10_000, 1000, 3, 3)
    assert (worker.precision, worker.conf, worker.return_conf) == ("us", 0.9, 0)
    assert (worker.dynamic_real, worker.past_dynamic_real) == ([[1.0, 2.0]], [[3.0]])
    assert params["k"] == "v"
    assert params["rows"] == params["fc_rows"] == 3  # the body's, not the option's
    assert (params["start_ts"], params["time_step"], params["conf"], params["precision"]) == (10_000, 1000, 0.9, "us")


def test_period_the_user_does_not_name_is_the_plugins_own():
    mine = forecaster({"res": [REGULAR, [0] * 3]}, period=12)
    assert ahead(mine).period == 12
    assert ahead(mine, options={"period": "4"}).period == 4


def test_listing_shows_plain_defaults_and_a_description_of_one_line():
    shown = {"k": 3, "how": "all", "limit": float("inf"), "inner": object()}
    mine = detector(desc="two\n   lines", get_params=lambda self: shown)
    assert mine.desc == "two lines"
    assert defaults(mine) == {"k": 3, "how": "all"}
    assert mine.needs.options


# --- codes ----------------------------------------------------------------------------------------------------------


def test_codes_of_a_detector_are_kept():
    codes = [1, -1, 1, -5, 2, 1, 1, 1, 1, 1]
    found = detector(codes).run(Task.of(SERIES), NoOptions())
    assert found.flags.tolist() == codes
    assert found.flags.dtype == np.int8
    assert found.score.tolist() == [0, 1, 0, 1, 1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("codes", [np.ones(10), [1] * 10, np.ones(10, np.int64), (1.0,) * 10])
def test_codes_may_come_in_any_numeric_form(codes):
    assert detect(detector(codes)) == [1] * 10


def test_valid_code_of_a_plugin_that_knows_it_becomes_one_and_its_ones_stay_anomalies():
    assert detect(detector([0] * 8 + [1, -1]), valid_code="0") == [1] * 8 + [-2, -1]


def test_valid_code_of_a_plugin_that_ignores_it_changes_nothing():
    assert detect(detector([1] * 9 + [-1]), valid_code="0") == [1] * 9 + [-1]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "one code per row is expected, got NoneType"),
        ([1] * 9, "got 9 codes for 10 rows"),
        ([[1]] * 10, "one code per row is expected"),
        ([1.5] * 10, "codes must be integers from -127 to 127"),
        ([300] * 10, "codes must be integers from -127 to 127"),
        ([None] * 10, "codes must be finite"),
        (["a"] * 10, "codes must be numbers"),
        (AttributeError("nothing"), "AttributeError: nothing"),
    ],
)
def test_bad_codes_are_refused(answer, message):
    with pytest.raises(AlgorithmError, match=f"^mine: .*{message}"):
        detect(detector(answer))


def test_valid_code_must_be_an_integer():
    with pytest.raises(AlgorithmError, match="^mine: valid_code must be an integer, got 'x'$"):
        detect(detector([1] * 10), valid_code="x")


# --- forecasts ------------------------------------------------------------------------------------------------------


def test_forecast_without_bounds_has_its_values_as_bounds():
    found = ahead(forecaster({"res": [REGULAR, [1, 2, 3]]}))
    assert found.low.tolist() == found.value.tolist() == found.high.tolist() == [1, 2, 3]
    assert (found.mse, found.times, found.extra) == (None, None, {})


def test_answer_may_be_of_numpy():
    found = ahead(forecaster({"mse": np.float32(0.5), "res": np.array([REGULAR, [1, 2, 3], [0, 1, 2], [2, 3, 4]])}))
    assert (found.low.tolist(), found.value.tolist(), found.high.tolist()) == ([0, 1, 2], [1, 2, 3], [2, 3, 4])
    assert (found.mse, found.times) == (0.5, None)


def test_plugins_own_times_are_kept_exactly():
    start = 1_700_000_000_123_456_789
    mine = forecaster({"res": [[start, start + 1, start + 5], [1, 2, 3]]})
    assert ahead(mine).times.tolist() == [start, start + 1, start + 5]


def test_value_outside_its_bounds_widens_them():
    found = ahead(forecaster({"res": [REGULAR, [5, 5, 5], [6, 4, 4], [7, 7, 4.5]]}))
    assert found.low.tolist() == [5, 4, 4]
    assert found.high.tolist() == [7, 7, 5]


def test_error_of_the_fit_that_is_not_finite_counts_as_unknown():
    assert ahead(forecaster({"res": [REGULAR, [5] * 3], "mse": float("nan")})).mse is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "forecast result is empty"),
        ({"mse": 1}, "forecast result is empty"),
        ({"res": [REGULAR]}, "should be 2 or 4 arrays .*, got 1"),
        ({"res": [REGULAR] * 3}, "should be 2 or 4 arrays .*, got 3"),
        ({"res": [REGULAR, [1, 2]]}, "result length is not identical, ts rows:3  res rows:2"),
        ({"res": [[1, 2], [1, 2, 3]]}, "result length is not identical, ts rows:3  res rows:2"),
        ({"res": [REGULAR, [1, float("nan"), 3]]}, "forecast must be finite, got nan at row 1"),
        ({"res": [REGULAR, [1, 2, "x"]]}, "forecast must be numbers"),
        ({"res": [REGULAR, [1, 2, [3]]]}, ""),
        ({"res": [REGULAR, 4]}, "must be a list of numbers"),
        ({"res": [REGULAR, [5] * 3, [6, 7, 6], [6] * 3]}, "lower bound 7.0 above upper bound 6.0 at row 1"),
        ({"res": [REGULAR, [5] * 3, [6] * 3, [float("inf")] * 3]}, "bounds must be finite"),
        ({"res": [[1, 2, 3.5], [5] * 3]}, "time must be an integer, got 3.5"),
        ({"res": [[1, 2, float("nan")], [5] * 3]}, "time must be an integer, got nan"),
        ({"res": [[1, 2, 2**63], [5] * 3]}, "times leave the range"),
        ({"res": [REGULAR, [5] * 3], "mse": "low"}, "mse must be a number, got 'low'"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (SystemExit(3), "SystemExit: 3"),
        (ValueError("too few"), "too few$"),
        (TooShort("at least 12 values are needed"), "at least 12 values are needed$"),
    ],
)
def test_bad_forecast_is_refused(answer, message):
    with pytest.raises(AlgorithmError, match=f"^mine: .*{message}"):
        ahead(forecaster(answer))


def test_period_must_be_an_integer():
    with pytest.raises(AlgorithmError, match="^mine: period must be an integer, got 'long'$"):
        ahead(forecaster({"res": [REGULAR, [5] * 3]}), options={"period": "long"})


def test_no_season_may_be_asked_for_in_a_word():
    answer = ahead(forecaster({"res": [REGULAR, [5] * 3]}), options={"period": "none"})
    assert answer.period == 0


def test_failure_is_logged_with_its_traceback_and_a_refusal_is_not(caplog):
    for answer in (TooShort("short"), KeyError("lost")):
        with pytest.raises(AlgorithmError):
            detect(detector(answer))
    assert len(caplog.records) == 1
    assert "operator's algorithm mine failed" in caplog.text
    assert "in execute" in caplog.text


def test_class_that_cannot_be_made_is_refused_when_it_is_loaded():
    def fail(self):
        raise OSError("no weights")

    with pytest.raises(OSError, match="no weights"):
        detector(__init__=fail)


# --- algorithms in our own form -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """An own algorithm that gives this answer, or raises it."""

    given: object

    def __call__(self, *_):
        if isinstance(self.given, BaseException):
            raise self.given
        return self.given


FLAGS, ZEROS = np.ones(10, np.int8), np.zeros(10)


def test_good_answers_of_own_algorithms_pass():
    own = guarded(ANOMALY, Answer(Detection(FLAGS, ZEROS, {"period": 7})))
    found = own.run(Task.of(SERIES), NoOptions())
    assert (found.flags.tolist(), found.extra) == ([1] * 10, {"period": 7})
    forecast = Forecast(np.ones(3), np.zeros(3), np.full(3, 2.0), mse=1.0, period=4)
    ahead = guarded(FORECAST, Answer(forecast))
    assert ahead.run(Task.of(SERIES, rows=3), NoOptions()).period == 4


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (1, "a Detection is expected, got int"),
        (Detection(FLAGS[:3], ZEROS), "one code per row is expected, got 3 codes for 10 rows"),
        (Detection(FLAGS, ZEROS[:3]), "score: 10 numbers are expected"),
        (Detection(FLAGS, ZEROS + np.nan), "score must be finite"),
        (TooShort("too short"), "too short$"),
        (AttributeError("nothing"), "AttributeError: nothing"),
    ],
)
def test_bad_answer_of_an_own_detector_is_refused(answer, message):
    own = guarded(ANOMALY, Answer(answer))
    with pytest.raises(AlgorithmError, match=f"^own: {message}"):
        own.run(Task.of(SERIES), NoOptions())


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (ValueError("short"), False),
        (TooShort("short"), False),
        (KeyError("x"), True),
        (Detection(FLAGS[:3], ZEROS), True),
    ],
)
def test_a_bug_is_a_failure_and_what_the_author_raises_for_the_user_is_not(answer, failed):
    own = guarded(ANOMALY, Answer(answer))
    with pytest.raises(AlgorithmError, match="^own: ") as told:
        own.run(Task.of(SERIES), NoOptions())
    assert isinstance(told.value, Failed) == failed


THREE = SERIES[:3]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "a Forecast is expected, got NoneType"),
        (Forecast(SERIES, SERIES, SERIES), "value: 3 numbers are expected"),
        (Forecast(THREE, THREE + 1, THREE + 2), "forecast 5.0 outside its bounds 6.0 to 7.0 at row 0"),
        (Forecast(THREE, THREE, THREE + np.inf), "high must be finite"),
    ],
)
def test_bad_answer_of_an_own_forecaster_is_refused(answer, message):
    own = guarded(FORECAST, Answer(answer))
    with pytest.raises(AlgorithmError, match=f"^own: {message}"):
        own.run(Task.of(SERIES, rows=3), NoOptions())


# --- whatever a plug-in answers -------------------------------------------------------------------------------------

NUMBERS = st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=3) | st.complex_numbers()
LISTS = st.lists(NUMBERS, max_size=4) | st.lists(st.floats(width=32), min_size=3, max_size=3)
ANSWERS = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@given(ANSWERS | st.lists(st.integers(-130, 130) | st.floats(), min_size=10, max_size=10))
def test_any_codes_are_refused_or_fit_for_the_wire(codes):
    try:
        found = detector(codes).run(Task.of(SERIES), NoOptions())
    except AlgorithmError:
        return
    assert (found.flags.shape, found.flags.dtype) == ((10,), np.int8)
    assert np.isfinite(found.score).all()


@given(ANSWERS | st.fixed_dictionaries({"mse": NUMBERS, "res": st.lists(LISTS | st.just(REGULAR), max_size=5)}))
def test_any_forecast_is_refused_or_fit_for_the_wire(answer):
    try:
        found = ahead(forecaster(answer))
    except AlgorithmError:
        return
    assert found.value.shape == found.low.shape == found.high.shape == (3,)
    assert np.isfinite([found.low, found.value, found.high]).all()
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
    assert found.mse is None or np.isfinite(found.mse)
    assert found.times is None or found.times.dtype == np.int64
