import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.anomaly import _windows


def naive_cut(standard, window, stride):
    span = window * stride
    rows = []
    for first in range(len(standard) - span + 1):
        blocks = [standard[first + k * stride : first + (k + 1) * stride] for k in range(window)]
        rows.append([sum(block) / stride for block in blocks])
    return np.array(rows)


def naive_least(errors, span):
    rows = len(errors) + span - 1
    return np.array(
        [
            min(errors[first] for first in range(row - span + 1, row + 1) if 0 <= first < len(errors))
            for row in range(rows)
        ]
    )


@pytest.mark.parametrize(("n", "window", "stride"), [(10, 4, 1), (40, 4, 3), (33, 32, 1), (100, 5, 20), (64, 8, 8)])
def test_windows_are_means_of_neighbours(n, window, stride):
    standard = np.random.default_rng(n).standard_normal(n)
    found = _windows.cut(standard, window, stride)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    # single precision of values near 1
    np.testing.assert_allclose(found, naive_cut(standard, window, stride), atol=1e-6)


@pytest.mark.parametrize(("windows", "span"), [(1, 1), (1, 7), (5, 1), (5, 2), (9, 8), (20, 9), (100, 64), (3, 50)])
def test_a_row_takes_the_least_error_of_the_windows_that_hold_it(windows, span):
    errors = np.random.default_rng(span).random(windows)
    np.testing.assert_array_equal(_windows.least_over_windows(errors, span), naive_least(errors, span))


def test_centre_and_spread_are_median_and_normal_deviation():
    values = np.random.default_rng(1).normal(50.0, 3.0, 100_000)
    centre, spread = _windows.centre_and_spread(values)
    assert centre == pytest.approx(50.0, abs=0.05)
    assert spread == pytest.approx(3.0, abs=0.05)


def test_spread_of_mostly_equal_values_is_their_deviation():
    values = np.array([1.0] * 9 + [2.0])
    assert _windows.centre_and_spread(values) == pytest.approx((1.0, values.std()))


def test_equal_values_have_no_spread_and_become_zeros():
    values = np.full(5, 7.5)
    assert _windows.centre_and_spread(values) == (7.5, 0.0)
    np.testing.assert_array_equal(_windows.standardise(values, 7.5, 0.0), np.zeros(5))


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(allow_nan=False, allow_infinity=False)))
@settings(max_examples=300, deadline=None)
def test_any_finite_series_becomes_finite(values):
    centre, spread = _windows.centre_and_spread(values)
    assert np.isfinite([centre, spread]).all()
    standard = _windows.standardise(values, centre, spread)
    assert (np.abs(standard) <= _windows.FURTHEST).all()


@pytest.mark.parametrize("season", [12, 24, 96, 288])
def test_the_season_is_found_in_noise(season):
    random = np.random.default_rng(season)
    time = np.arange(12 * season)
    wave = np.sin(2 * np.pi * time / season) + 0.5 * np.sin(4 * np.pi * time / season + 1.0)
    found = _windows.season(wave + 0.3 * random.standard_normal(len(time)))
    assert found == pytest.approx(season, abs=max(1, 0.02 * season))


def test_rare_outliers_do_not_hide_the_season():
    wave = np.sin(2 * np.pi * np.arange(2000) / 50)
    wave[[300, 1117]] = 90.0
    assert _windows.season(wave) == 50


def test_noise_and_straight_lines_have_no_season():
    assert _windows.season(np.random.default_rng(3).standard_normal(2000)) == 0
    assert _windows.season(np.linspace(-1.0, 1.0, 500)) == 0
    assert _windows.season(np.zeros(100)) == 0


def test_a_window_spans_one_season_but_never_more_than_a_quarter_of_the_series():
    assert _windows.stride_for(4000, season=288, window=32) == 9
    assert _windows.stride_for(2000, season=1000, window=32) * 32 <= 500
    assert _windows.stride_for(40, season=20, window=32) == 1
    assert _windows.stride_for(4000, season=0, window=32) == 1


@pytest.mark.parametrize("span", [2, 5, 32])
def test_the_ends_of_noise_are_no_higher_than_its_middle(span):
    errors = np.exp(np.random.default_rng(span).normal(size=(200, 10 * span - span + 1)))
    least = [_windows.with_level_ends(_windows.least_over_windows(e, span), e, span, 0.8) for e in errors]
    by_row = np.mean(np.log(least), axis=0)
    assert abs(by_row[: span - 1].mean() - by_row[span:-span].mean()) < 0.5
    middle = slice(span - 1, 1 - span)
    np.testing.assert_array_equal(least[0][middle], _windows.least_over_windows(errors[0], span)[middle])


def test_no_error_at_all_stays_none():
    assert (_windows.with_level_ends(np.zeros(64), np.zeros(33), 32, 0.8) == 0.0).all()
