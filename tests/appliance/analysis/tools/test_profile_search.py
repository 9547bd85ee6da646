from __future__ import annotations

import re
from typing import Any

import pytest

from appliance.analysis.tools import profile_search
from kernels.contract import AlgorithmError
from tests.appliance.bodies import dump

SERIES = {"ts": [1, 2, 3, 4, 5, 6, 7], "data": [1, 2, 3, 4, 5, 6, 7]}
FLAT = {"ts": [1, 2], "data": [[1, 2], [3, 4]]}
RISES = [1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 3, 4, 5, 6, 7]
PAIR = (
    'when "target_data.data" is a list of profiles, each corresponding item in "target_data.ts" must be a '
    "[start_ts, end_ts] pair"
)


def body(algo: Any = "dtw", params: Any = None, **changes: Any) -> bytes:
    """Return a request; a change to None leaves a field out."""
    described = {"type": algo, "params": params} if isinstance(algo, str) else algo
    whole = {"algo": described, "result": {"threshold": 0}, "source_data": [2, 3, 4], "target_data": SERIES, **changes}
    return dump({name: value for name, value in whole.items() if value is not None})


def test_the_contracted_search_by_distance() -> None:
    found = profile_search.answer(body())
    assert found == {
        "rows": 1,
        "metric_type": "dtw_distance",
        "matches": [{"criteria": 0.0, "ts_window": (2, 4), "num": 3}],
    }
    assert profile_search.answer(body(params={"window_sliding_step": 2}))["rows"] == 0


def test_the_contracted_search_in_windows_of_some_sizes() -> None:
    found = profile_search.answer(
        body(
            params={"min_window": 2, "max_window": 4},
            normalization="Z-score",
            result={"num": 10},
            source_data=[1, 2, 3],
            target_data={"ts": [1000 * k for k in range(1, 16)], "data": RISES},
        )
    )
    starts = [1000, 2000, 3000, 6000, 7000, 8000, 11000, 12000, 13000]
    assert [(match["criteria"], match["num"], match["ts_window"][0]) for match in found["matches"][:9]] == [
        (0.0, 3, start) for start in starts
    ]
    last = found["matches"][9]
    assert (last["ts_window"], last["num"]) == ((1000, 4000), 4)
    assert last["criteria"] == pytest.approx(1.128219, abs=1e-6)


def test_the_contracted_search_by_cosine() -> None:
    target = {"ts": [[1, 3], [4, 6]], "data": [[2, 0, -2], [0, 1, 0]]}
    found = profile_search.answer(body("cosine", result={"threshold": 0.9}, source_data=[1, 0, -1], target_data=target))
    assert found["metric_type"] == "cosine_similarity"
    (match,) = found["matches"]
    assert (match["criteria"], match["ts_window"]) == (pytest.approx(1.0), (1, 3))


def test_no_more_than_500_matches_are_told() -> None:
    many = {"ts": [[k, k + 1] for k in range(700)], "data": [[1, 2]] * 700}
    found = profile_search.answer(body("cosine", result={"threshold": -1}, source_data=[1, 2], target_data=many))
    assert found["rows"] == len(found["matches"]) == 500


def test_times_return_as_they_came() -> None:
    late = {"ts": [10**19 + k for k in range(7)], "data": SERIES["data"]}
    (match,) = profile_search.answer(body(target_data=late))["matches"]
    assert match["ts_window"] == (10**19 + 1, 10**19 + 3)


def test_the_source_itself_can_be_left_out() -> None:
    source = {"ts": [2, 3, 4], "data": [2, 3, 4]}
    assert profile_search.answer(body(source_data=source, result={"threshold": 0, "exclude_source": True}))["rows"] == 0
    elsewhere = {"ts": [102, 103, 104], "data": [2, 3, 4]}
    kept = body(source_data=elsewhere, result={"threshold": 0, "exclude_source": True})
    assert profile_search.answer(kept)["rows"] == 1


@pytest.mark.parametrize(
    ("switch", "windows"),
    [({"exclude_overlap": True}, [(2, 4), (4, 6)]), ({"exclude_contained": True}, [(2, 4), (1, 3), (3, 5)])],
)
def test_what_overlaps_a_better_match_or_lies_in_it_can_be_left_out(switch: dict[str, bool], windows: Any) -> None:
    found = profile_search.answer(body(params={"min_window": 3, "max_window": 4}, result={"num": 3, **switch}))
    assert [match["ts_window"] for match in found["matches"]][: len(windows)] == windows


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"algo": None}, '"algo" object is required and must be a dictionary'),
        ({"algo": 7}, '"algo" object is required and must be a dictionary'),
        ({"algo": "xyz"}, "unsupported algo: xyz"),
        ({"params": 7}, '"algo.params" must be a dictionary'),
        ({"normalization": "l2"}, "unsupported normalization: l2"),
        ({"result": {"num": 1, "threshold": 1}}, '"num" and "threshold" cannot be set at the same time'),
        ({"result": {}}, 'either "num" or "threshold" must be provided'),
        ({"result": 7}, '"result" must be a dictionary'),
        ({"result": {"threshold": "1"}}, '"result.threshold" must be a number'),
        ({"result": {"threshold": True}}, '"result.threshold" must be a number'),
        ({"result": {"threshold": float("nan")}}, '"result.threshold" cannot be NaN or Inf'),
        ({"result": {"threshold": 10**400}}, '"result.threshold" cannot be NaN or Inf'),
        ({"result": {"threshold": -0.1}}, 'for dtw algorithm, "result.threshold" must be non-negative'),
        ({"result": {"num": 1.0}}, '"result.num" must be an integer'),
        ({"result": {"num": True}}, '"result.num" must be an integer'),
        ({"result": {"num": 501}}, '"result.num" must be in range [1, 500]'),
        ({"result": {"num": 0}}, '"result.num" must be in range [1, 500]'),
        *(
            ({"result": {"num": 1, name: 1}}, f'"result.{name}" must be a boolean')
            for name in ("exclude_source", "exclude_overlap", "exclude_contained")
        ),
        (
            {"result": {"num": 1, "exclude_source": True}},
            '"source_data.ts" is required when "result.exclude_source" is',
        ),
        ({"source_data": None}, '"source_data" and "target_data" are required'),
        ({"target_data": None}, '"source_data" and "target_data" are required'),
        ({"target_data": {"ts": [1]}}, '"target_data.ts" and "target_data.data" are required'),
        ({"target_data": [1, 2]}, '"target_data.ts" and "target_data.data" are required'),
        ({"source_data": {"ts": [1]}}, '"source_data.data" is required when "source_data" is an object'),
        (
            {"source_data": {"ts": [1], "data": [1, 2]}},
            '"source_data.ts" must have the same length as "source_data.data"',
        ),
        ({"source_data": []}, '"source_data" must not be empty'),
        ({"source_data": [1] * 10001}, '"source_data" length 10001 exceeds maximum allowed (10000)'),
        (
            {"target_data": {"ts": [1] * 100_001, "data": [1] * 100_001}},
            '"target_data" total length 100001 exceeds maximum allowed (100000)',
        ),
        (
            {"target_data": {"ts": [], "data": [[1]] * 10_001}},
            '"target_data.data" has too many profiles (10001); max is 10000',
        ),
        (
            {"target_data": {"ts": [1] * 10_003, "data": [1] * 10_003}},
            "sliding window would generate 10001 candidates, which exceeds the maximum of 10000",
        ),
        ({"params": {"min_window": 8, "max_window": 9}}, "min_window (8) exceeds target series length (7)"),
        ({"params": {"min_window": 4}}, '"min_window" must be at most "max_window", got 4 and 3'),
        *(
            ({"algo": "cosine", "params": {name: 3}}, '"min_window" and "max_window" can only be set for dtw algorithm')
            for name in ("min_window", "max_window")
        ),
        ({"algo": "cosine", "params": {"window_size_step": 1}}, '"window_size_step" can only be set for dtw algorithm'),
        *(
            ({"params": {name: value}}, f'"{name}" must be an integer')
            for name in ("radius", "min_window", "max_window", "window_size_step", "window_sliding_step")
            for value in (1.0, True, "1")
        ),
        ({"params": {"radius": 11}}, '"radius" must be in range [1, 10], got 11'),
        ({"params": {"window_size_step": 0}}, '"window_size_step" must be greater than or equal to 1, got 0'),
        ({"target_data": FLAT}, PAIR),
        ({"target_data": {"ts": [[1, 2]], "data": [[1], [2]]}}, '"target_data.ts" must have the same length as'),
        ({"target_data": {"ts": [[1, 2], [2, 3]], "data": [[1], []]}}, "profile 1 of"),
        ({"target_data": {"ts": [[1, 2], [2, 3]], "data": [[1], 2]}}, "must be a list of numbers, or a list of lists"),
        ({"algo": "cosine", "target_data": {"ts": [[1, 2]], "data": [[1, 2]]}}, "profile 0 has 2 values"),
        ({"target_data": {"ts": [1], "data": [1, 2]}}, '"target_data.ts" must have the same length as'),
        ({"target_data": {"ts": [1.5], "data": [1]}}, '"target_data.ts" must be a list of integers'),
        ({"target_data": {"ts": [2**64], "data": [1]}}, '"target_data.ts" must be from -9223372036854775808 to'),
        ({"source_data": "x"}, '"source_data" must be a list of numbers'),
    ],
)
def test_what_is_not_in_order_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AlgorithmError, match=re.escape(told)):
        profile_search.answer(body(**changes))


def test_steps_beyond_all_bounds_leave_the_first_window() -> None:
    vast = {"window_sliding_step": 10**30, "window_size_step": 10**30, "max_window": 10**30}
    assert profile_search.answer(body(params=vast, result={"num": 9}))["rows"] == 1
