"""Profile search: where a target looks like a given piece of a series."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from appliance.protocol import documents, fields
from appliance.protocol.documents import BadRequest, Body, Document
from appliance.protocol.shapes import (
    COUNT,
    FLAG,
    INTEGER,
    NUMBER,
    NUMBERS,
    PAIR,
    TIMES,
    Operation,
    listed,
    object_of,
    said,
)
from kernels.contract import Series
from kernels.numerics import profile_search as kernel
from kernels.numerics.profile_search import COSINE, DTW, NESTED, OVERLAPPING, Pieces, Wanted

NORMALIZATION, RESULT = "normalization", "result"
SOURCE, TARGET = "source_data", "target_data"
NUM, THRESHOLD = "num", "threshold"
EXCLUDE_SOURCE, EXCLUDE_OVERLAP, EXCLUDE_CONTAINED = "exclude_source", "exclude_overlap", "exclude_contained"
MIN_WINDOW, MAX_WINDOW, SIZE_STEP, SLIDING_STEP = (
    "min_window",
    "max_window",
    "window_size_step",
    "window_sliding_step",
)
METRICS = {DTW: "dtw_distance", COSINE: "cosine_similarity"}
RADIUS, MAX_RADIUS = "radius", 10
MAX_MATCHES = 500
MAX_SOURCE, MAX_TARGET, MAX_CANDIDATES = 10_000, 100_000, 10_000


class Windows(NamedTuple):
    """Which windows of a series are candidates: sizes from and to, steps between sizes and between starts."""

    least: int
    most: int
    size_step: int
    sliding_step: int


class Target(NamedTuple):
    """What is searched: all values, the pieces that may match, first and last time of each."""

    values: Series
    begin: list[int]
    size: list[int]
    windows: list[tuple[int, int]]


def answer(body: Body, out_of_time: Callable[[], bool] = lambda: False) -> dict[str, Any]:
    """Return the answer to a request; raises AlgorithmError."""
    document = documents.parse(body)
    algo = documents.plain(document.get(fields.ALGO))
    if not isinstance(algo, dict):
        raise BadRequest(f'"{fields.ALGO}" object is required and must be a dictionary')
    metric = str(algo.get(fields.TYPE) or "").lower()
    if metric not in METRICS:
        raise BadRequest(f"unsupported algo: {str(algo.get(fields.TYPE))[:80]}")
    params = algo.get(fields.PARAMS) or {}
    if not isinstance(params, dict):
        raise BadRequest(f'"{fields.ALGO}.{fields.PARAMS}" must be a dictionary')
    result = documents.plain(document.get(RESULT)) or {}
    if not isinstance(result, dict):
        raise BadRequest(f'"{RESULT}" must be a dictionary')
    wanted = _wanted(document, metric, params, result)
    if document.get(SOURCE) is None or document.get(TARGET) is None:
        raise BadRequest(f'"{SOURCE}" and "{TARGET}" are required')
    source, moments = _source(document[SOURCE])
    target = _target(document[TARGET], source, metric, _windows(metric, params, len(source)))
    own = _own_window(moments) if _switch(result, EXCLUDE_SOURCE) else None
    pieces, own_first, own_last = _pieces(target, own)
    kept = np.ones(len(target.begin), np.bool_)
    if own:
        kept = (pieces.first > own_first) | (pieces.last < own_last)
    numbers = np.flatnonzero(kept)
    found = kernel.search(source, target.values, pieces.chosen(kept), wanted, out_of_time)
    matches = [
        {"criteria": value, "ts_window": target.windows[number], "num": target.size[number]}
        for value, number in ((value, int(numbers[at])) for value, at in found)
    ]
    return {fields.ROWS: len(matches), "metric_type": METRICS[metric], "matches": matches}


def _wanted(document: Document, metric: str, params: Mapping[str, Any], result: Mapping[str, Any]) -> Wanted:
    normalization = documents.text(document, NORMALIZATION, kernel.NONE).lower()
    if normalization not in kernel.NORMALIZATIONS:
        raise BadRequest(f"unsupported normalization: {normalization[:80]}")
    num, threshold = result.get(NUM), result.get(THRESHOLD)
    if num is not None and threshold is not None:
        raise BadRequest(f'"{NUM}" and "{THRESHOLD}" cannot be set at the same time')
    if num is None and threshold is None:
        raise BadRequest(f'either "{NUM}" or "{THRESHOLD}" must be provided')
    if threshold is not None:
        _check_threshold(threshold, metric)
    elif type(num) is not int:
        raise BadRequest(f'"{RESULT}.{NUM}" must be an integer')
    elif not 1 <= num <= MAX_MATCHES:
        raise BadRequest(f'"{RESULT}.{NUM}" must be in range [1, {MAX_MATCHES}]')
    exclude = NESTED if _switch(result, EXCLUDE_CONTAINED) else ""
    return Wanted(
        metric,
        _whole(params, RADIUS, 1, most=MAX_RADIUS),
        normalization,
        MAX_MATCHES if num is None else num,
        None if threshold is None else float(threshold),
        OVERLAPPING if _switch(result, EXCLUDE_OVERLAP) else exclude,
    )


def _check_threshold(threshold: Any, metric: str) -> None:
    name = f'"{RESULT}.{THRESHOLD}"'
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
        raise BadRequest(f"{name} must be a number")
    if not abs(threshold) <= sys.float_info.max:
        raise BadRequest(f"{name} cannot be NaN or Inf")
    if metric == DTW and threshold < 0:
        raise BadRequest(f"for {DTW} algorithm, {name} must be non-negative")


def _switch(result: Mapping[str, Any], name: str) -> bool:
    value = result.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f'"{RESULT}.{name}" must be a boolean')
    return bool(value)


def _whole(params: Mapping[str, Any], name: str, default: int, most: int | None = None) -> int:
    value = params.get(name)
    if value is None:
        return default
    if type(value) is not int:
        raise BadRequest(f'"{name}" must be an integer')
    if value < 1 or (most is not None and value > most):
        bound = "must be greater than or equal to 1" if most is None else f"must be in range [1, {most}]"
        raise BadRequest(f'"{name}" {bound}, got {str(value)[:30]}')
    return value


def _windows(metric: str, params: Mapping[str, Any], source: int) -> Windows:
    if metric != DTW and (params.get(MIN_WINDOW) is not None or params.get(MAX_WINDOW) is not None):
        raise BadRequest(f'"{MIN_WINDOW}" and "{MAX_WINDOW}" can only be set for {DTW} algorithm')
    if metric != DTW and params.get(SIZE_STEP) is not None:
        raise BadRequest(f'"{SIZE_STEP}" can only be set for {DTW} algorithm')
    found = Windows(
        _whole(params, MIN_WINDOW, source),
        _whole(params, MAX_WINDOW, source),
        _whole(params, SIZE_STEP, 1),
        _whole(params, SLIDING_STEP, 1),
    )
    if found.least > found.most:
        raise BadRequest(f'"{MIN_WINDOW}" must be at most "{MAX_WINDOW}", got {found.least} and {found.most}')
    return found


def _source(given: Any) -> tuple[Series, list[int] | None]:
    """Return values and times, None if there are none."""
    data, moments = given, None
    if hasattr(given, "keys"):
        data, moments = given.get(fields.DATA), given.get(fields.TIME_COLUMN)
        if data is None:
            raise BadRequest(f'"{SOURCE}.{fields.DATA}" is required when "{SOURCE}" is an object')
    values = documents.numbers(data, f'"{SOURCE}"')
    if not len(values):
        raise BadRequest(f'"{SOURCE}" must not be empty')
    if len(values) > MAX_SOURCE:
        raise BadRequest(f'"{SOURCE}" length {len(values)} exceeds maximum allowed ({MAX_SOURCE})')
    if moments is None:
        return values, None
    times = _times(moments, f"{SOURCE}.{fields.TIME_COLUMN}")
    if len(times) != len(values):
        raise BadRequest(f'"{SOURCE}.{fields.TIME_COLUMN}" must have the same length as "{SOURCE}.{fields.DATA}"')
    return values, times


def _own_window(moments: list[int] | None) -> tuple[int, int]:
    if moments is None:
        raise BadRequest(f'"{SOURCE}.{fields.TIME_COLUMN}" is required when "{RESULT}.{EXCLUDE_SOURCE}" is true')
    return moments[0], moments[-1]


def _times(given: Any, name: str) -> list[int]:
    """Return times of any unit, exactly as they came."""
    times = documents.plain(given)
    if not isinstance(times, list) or not all(type(each) is int for each in times):
        raise BadRequest(f'"{name}" must be a list of integers')
    if times and not (documents.INT64.min <= min(times) and max(times) < 2**64):
        raise BadRequest(f'"{name}" must be from {documents.INT64.min} to {2**64 - 1}')
    return times


def _target(given: Any, source: Series, metric: str, windows: Windows) -> Target:
    data = given.get(fields.DATA) if hasattr(given, "keys") else None
    moments = given.get(fields.TIME_COLUMN) if hasattr(given, "keys") else None
    if data is None or moments is None:
        raise BadRequest(f'"{TARGET}.{fields.TIME_COLUMN}" and "{TARGET}.{fields.DATA}" are required')
    if documents.is_array(data) and len(data) and documents.is_array(data[0]):
        return _profiles(data, moments, source, metric)
    return _series(data, moments, windows)


def _series(data: Any, moments: Any, windows: Windows) -> Target:
    """Return the windows of one series, the small ones first."""
    values, times = documents.numbers(data, f'"{TARGET}.{fields.DATA}"'), _times(moments, f"{TARGET}.ts")
    n = len(values)
    _check_points(n)
    _check_lengths(len(times), n)
    if windows.least > n:
        raise BadRequest(f"{MIN_WINDOW} ({windows.least}) exceeds target series length ({n})")
    sizes = np.arange(windows.least, min(windows.most, n) + 1, min(windows.size_step, n))
    step = min(windows.sliding_step, n)  # a longer one has one start as well
    starts = (n - sizes) // step + 1
    count = int(starts.sum())
    if count > MAX_CANDIDATES:
        raise BadRequest(
            f"sliding window would generate {count} candidates, which exceeds the maximum of {MAX_CANDIDATES}"
        )
    size = np.repeat(sizes, starts).tolist()
    begin = np.concatenate([np.arange(k) * step for k in starts]).tolist()
    return Target(values, begin, size, [(times[at], times[at + k - 1]) for at, k in zip(begin, size, strict=True)])


def _profiles(data: Any, moments: Any, source: Series, metric: str) -> Target:
    """Return profiles that are given one by one."""
    if len(data) > MAX_CANDIDATES:
        raise BadRequest(f'"{TARGET}.{fields.DATA}" has too many profiles ({len(data)}); max is {MAX_CANDIDATES}')
    if not all(documents.is_array(each) for each in data):
        raise BadRequest(f'"{TARGET}.{fields.DATA}" must be a list of numbers, or a list of lists of numbers')
    size = [len(each) for each in data]
    _check_points(sum(size))
    pairs = documents.plain(moments)
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise BadRequest(
            f'when "{TARGET}.{fields.DATA}" is a list of profiles, each corresponding item in '
            f'"{TARGET}.{fields.TIME_COLUMN}" must be a [start_ts, end_ts] pair'
        )
    _check_lengths(len(pairs), len(size))
    if not all(size):
        raise BadRequest(f'profile {size.index(0)} of "{TARGET}.{fields.DATA}" must not be empty')
    unequal = [number for number, k in enumerate(size) if k != len(source)] if metric == COSINE else []
    if unequal:
        raise BadRequest(
            f'for {COSINE} algorithm, profiles must be as long as "{SOURCE}", {len(source)}, '
            f"profile {unequal[0]} has {size[unequal[0]]} values"
        )
    flat = _times([each for pair in pairs for each in pair], f"{TARGET}.{fields.TIME_COLUMN}")
    values = np.concatenate([documents.numbers(each, f'"{TARGET}.{fields.DATA}"') for each in data])
    begin = np.cumsum([0, *size[:-1]]).tolist()
    return Target(values, begin, size, list(zip(flat[::2], flat[1::2], strict=True)))


def _check_points(count: int) -> None:
    if count > MAX_TARGET:
        raise BadRequest(f'"{TARGET}" total length {count} exceeds maximum allowed ({MAX_TARGET})')


def _check_lengths(times: int, values: int) -> None:
    if times != values:
        raise BadRequest(f'"{TARGET}.{fields.TIME_COLUMN}" must have the same length as "{TARGET}.{fields.DATA}"')


def _pieces(target: Target, own: tuple[int, int] | None) -> tuple[Pieces, int, int]:
    """Return the pieces, and the source's own window, with ranks for times: those may not fit into 64 bits."""
    edges = [edge for window in (*target.windows, own or (0, 0)) for edge in window]
    rank = {moment: at for at, moment in enumerate(sorted(set(edges)))}
    ranks = np.array([rank[edge] for edge in edges], np.int64).reshape(-1, 2)
    first, last = np.ascontiguousarray(ranks[:-1, 0]), np.ascontiguousarray(ranks[:-1, 1])
    pieces = Pieces(np.array(target.begin, np.int64), np.array(target.size, np.int64), first, last)
    return pieces, int(ranks[-1, 0]), int(ranks[-1, 1])


_STEP = {**INTEGER, "minimum": 1}
_PARAMS = {
    RADIUS: {**_STEP, "maximum": MAX_RADIUS, "default": 1},
    **dict.fromkeys((MIN_WINDOW, MAX_WINDOW, SIZE_STEP, SLIDING_STEP), _STEP),
}
_RESULT = {
    NUM: {**_STEP, "maximum": MAX_MATCHES},
    THRESHOLD: NUMBER,
    **dict.fromkeys((EXCLUDE_SOURCE, EXCLUDE_OVERLAP, EXCLUDE_CONTAINED), {**FLAG, "default": False}),
}
_SOURCE = object_of({fields.DATA: listed(NUMBER, 1, MAX_SOURCE)}, {fields.TIME_COLUMN: TIMES})
_ONE_SERIES = object_of({fields.TIME_COLUMN: TIMES, fields.DATA: listed(NUMBER, most=MAX_TARGET)})
_PROFILES = object_of({fields.TIME_COLUMN: listed(PAIR), fields.DATA: listed(NUMBERS, most=MAX_CANDIDATES)})
OPERATION = Operation(
    ("/api/v1/analysis/profile-search",),
    "where a target looks like a given piece of a series",
    object_of(
        {
            fields.ALGO: object_of({fields.TYPE: {"enum": [*METRICS]}}, {fields.PARAMS: object_of({}, _PARAMS)}),
            RESULT: said(object_of({}, _RESULT), f"either {NUM} or {THRESHOLD}"),
            SOURCE: {"anyOf": [listed(NUMBER, 1, MAX_SOURCE), _SOURCE]},
            TARGET: {"anyOf": [_ONE_SERIES, _PROFILES]},
        },
        {NORMALIZATION: {"enum": kernel.NORMALIZATIONS, "default": kernel.NONE}},
    ),
    object_of(
        {
            fields.ROWS: COUNT,
            "metric_type": {"enum": [*METRICS.values()]},
            "matches": listed(object_of({"criteria": NUMBER, "ts_window": PAIR, "num": {**INTEGER, "minimum": 1}})),
        }
    ),
    {
        fields.ALGO: {fields.TYPE: DTW, fields.PARAMS: {MIN_WINDOW: 2, MAX_WINDOW: 4}},
        RESULT: {NUM: 2},
        SOURCE: [1, 2, 3],
        TARGET: {fields.TIME_COLUMN: [1000, 2000, 3000, 4000], fields.DATA: [1, 2, 3, 5]},
    },
)
