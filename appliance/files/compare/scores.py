"""How good a forecast or a detection was: the measures of the literature.

Sources
-------
MASE: R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy", International Journal of
Forecasting 22 (2006), section 4; over a season as in R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and
Practice", 3rd ed. (2021), section 5.8, which also gives the seasonal naive forecast (5.2) and its interval (5.5).
sMAPE: S. Makridakis, "Accuracy measures: theoretical and practical concerns", IJF 9 (1993), as used in the M4
competition. Interval score: T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and estimation",
JASA 102 (2007), eq. 43; divided by the scale of MASE: S. Makridakis et al., "The M4 Competition", IJF 36 (2020).
Jaccard: P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11 (1912). F1: C. J. van
Rijsbergen, "Information Retrieval" (1979), chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series
from kernels.numerics.normal import two_sided_quantile

Marks = NDArray[np.bool_]
WIDEST = 1.0 - 1e-9  # of the naive interval: all of the normal distribution is infinitely wide


def scale(history: Series, season: int) -> float:
    """Return the mean absolute error of the seasonal naive forecast within the history; nan if there is none.

    Parameters
    ----------
    history : float64 (n,). season : at least 1.
    """
    if len(history) <= season:
        return np.nan
    with np.errstate(over="ignore"):
        found = float(np.abs(history[season:] - history[:-season]).mean())
    return found if found > 0.0 and np.isfinite(found) else np.nan


def smape(actual: Series, forecast: Series) -> float:
    """Return the symmetric mean absolute percentage error, 0 to 200; no error of zero by zero is 0."""
    size = np.abs(actual) + np.abs(forecast)
    error = np.abs(actual - forecast)
    return float(200.0 * np.mean(np.divide(error, size, out=np.zeros(len(error)), where=size > 0.0)))


def interval_score(actual: Series, low: Series, high: Series, conf: float) -> float:
    """Return the mean score of intervals that promise to cover `conf`, in units of the series; smaller is better.

    Their width, and 2 / (1 - conf) times by how much the truth lies outside; nan for conf 1, which allows no miss.
    """
    if conf >= 1.0:
        return np.nan
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    return float(np.mean((high - low) + 2.0 / (1.0 - conf) * outside))


def seasonal_naive(history: Series, rows: int, season: int, conf: float) -> tuple[Series, Series, Series]:
    """Return forecast, low and high bound of repeating the last season, float64 (rows,) each.

    The bounds take the errors within the history for normal, of a variance that grows by itself with each season.
    """
    ahead = np.arange(rows)
    value = history[len(history) - season + ahead % season]
    errors = history[season:] - history[:-season]
    deviation = float(np.sqrt(np.mean(errors * errors))) if len(errors) else 0.0
    quantile = two_sided_quantile(min(conf, WIDEST))
    half = quantile * deviation * np.sqrt(ahead // season + 1.0)
    return value, value - half, value + half


@dataclass
class Hits:
    """Counts over all series of what a detector found and what was there, by row and by event.

    An event is a run of rows: an event of the truth is found if any of its rows is flagged, a window of the detector
    is right if any of its rows is anomalous in truth.
    """

    found_right: int = 0
    found: int = 0
    true: int = 0
    windows_right: int = 0
    windows: int = 0
    events_found: int = 0
    events: int = 0

    def add(self, flagged: Marks, truth: Marks) -> None:
        """Count one series."""
        self.found_right += int((flagged & truth).sum())
        self.found += int(flagged.sum())
        self.true += int(truth.sum())
        right, windows = _touched(flagged, truth)
        found, events = _touched(truth, flagged)
        self.windows_right, self.windows = self.windows_right + right, self.windows + windows
        self.events_found, self.events = self.events_found + found, self.events + events

    def by_row(self) -> tuple[float, float, float]:
        """Return precision, recall and F1; nan where nothing was found, or nothing was there."""
        precision, recall = _ratio(self.found_right, self.found), _ratio(self.found_right, self.true)
        return precision, recall, _ratio(2 * self.found_right, self.found + self.true)

    def by_event(self) -> tuple[float, float, float]:
        """Return precision of the windows, recall of the events and their harmonic mean."""
        precision, recall = _ratio(self.windows_right, self.windows), _ratio(self.events_found, self.events)
        if not self.windows or not self.events:
            return precision, recall, 0.0 if self.windows or self.events else np.nan
        return precision, recall, _harmonic(precision, recall)


def runs(marks: Marks) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first row and the row after the last one of each run."""
    change = np.diff(marks.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(change == 1), np.flatnonzero(change == -1)


def _touched(marks: Marks, others: Marks) -> tuple[int, int]:
    """Return how many runs of `marks` hold a row of `others`, and how many runs there are."""
    begin, end = runs(marks)
    before = np.concatenate(([0], np.cumsum(others)))
    return int((before[end] > before[begin]).sum()), len(begin)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


def _harmonic(a: float, b: float) -> float:
    return 2.0 * a * b / (a + b) if a + b > 0.0 else 0.0
