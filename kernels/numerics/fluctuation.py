"""How much the mean of so many rows moves by chance, whatever the autocorrelation: measured on the series itself.

A mean of L rows of white noise has the variance of a row over L. Autocorrelated rows move it more, a random walk the
more the longer it is: what a row counts for is a function of L. It is measured by the differences of adjacent means, of
which a few changes of level move but a few. What is longer than can be measured follows the autoregression of order 1,
with white noise on it, that suits the lengths that can.

Source: D. W. Allan, "Statistics of atomic frequency standards", Proceedings of the IEEE 54 (1966), for the variance of
differences of adjacent means; here trimmed.    Cost: O(n log n).
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Series

KEPT = 0.8  # of the differences, the smallest
OF_KEPT = 0.4377134  # mean of the squares of the smallest 80 % of a standard normal distribution
PIECES = 16  # of the greatest length that is measured, in a series
SEEN = 32.0  # rows that are enough to tell a step from a spike
LEAST = 1e-300
FORGOTTEN = np.append(0.5 ** np.arange(13.0), 0.0)  # 1 - phi of the autoregressions that are tried; 0: a random walk
SHARES = np.array([0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0])  # of the autoregression, in what differs row by row


def fluctuation(y: Series, loudness: Series) -> Series:
    """Return the variance that a row counts for in means of 0, 1, ..., n rows, float64 (n + 1,), > 0.

    Parameters
    ----------
    y : float64 (n,), n >= 4.
    loudness : running sums, float64 (n + 1,), of how much louder than usual each row is; the result is for usual ones.
    """
    n = len(y)
    sums = np.concatenate(([0.0], np.cumsum(y)))
    measured = 2 ** np.arange(max(1, (n // PIECES).bit_length()))
    found = []
    for length in measured.tolist():
        steps = (sums[2 * length :] - 2.0 * sums[length:-length] + sums[: -2 * length]) / length
        loud = (loudness[2 * length :] - loudness[: -2 * length]) / (2 * length)
        bends = steps[2 * length :] - steps[: -2 * length]  # no slope is part of them, and two steps that share no row
        of_steps = _trimmed((steps - np.median(steps)) ** 2 / loud)
        usual = min(of_steps, _trimmed(bends**2 / (loud[2 * length :] + loud[: -2 * length])))
        if length == 1 and usual == 0.0:  # rows that seldom change, and one spike among them is chance
            squared = steps * steps / loud
            usual = float(max(squared.mean(), squared.max() / SEEN))
        found.append(0.5 * length * usual)
    logs = np.log(np.maximum.accumulate(np.maximum(found, LEAST)))
    lengths = np.maximum(np.arange(n + 1.0), 1.0)
    ahead = np.log(_likely(measured.astype(np.float64), logs, lengths))
    longest = int(measured[-1])
    within = np.interp(np.log(lengths), np.log(measured), logs)
    variance: Series = np.exp(np.where(lengths <= longest, within, logs[-1] + ahead - ahead[longest]))
    return variance


def _trimmed(squared: Series) -> float:
    """Return the variance that squared differences tell, of which some are too large."""
    kept = max(1, int(KEPT * len(squared)))
    return float(np.partition(squared, kept - 1)[:kept].mean()) / OF_KEPT


def _likely(measured: Series, logs: Series, lengths: Series) -> Series:
    """Return the fluctuation of the model that suits best, up to a factor, at every length."""
    shares = SHARES[:, np.newaxis, np.newaxis]
    models = shares * _of_autoregressions(measured, FORGOTTEN) + 1.0 - shares  # (shares, autoregressions, lengths)
    weight = (1.0 / measured) / np.sum(1.0 / measured)  # as many independent differences there are
    rest = logs - np.log(models)
    rest -= np.sum(rest * weight, axis=-1, keepdims=True)
    off = np.sum(rest * rest * weight, axis=-1)
    share, which = np.unravel_index(int(np.argmin(off)), off.shape)
    (best,) = _of_autoregressions(np.append(1.0, lengths), FORGOTTEN[which : which + 1])
    found: Series = SHARES[share] * best[1:] + 1.0 - SHARES[share]
    return found


def _of_autoregressions(lengths: Series, forgotten: Series) -> Series:
    """Return `fluctuation` of autoregressions, (autoregressions, lengths) over the first length's, which is 1."""
    forgotten = forgotten[:, np.newaxis]
    walk = (2.0 * lengths**2 + 1.0) / 3.0
    phi, gone = 1.0 - forgotten, np.where(forgotten > 0.0, forgotten, 1.0)

    def of_sums(rows: Series) -> Series:  # the variance of a sum of so many rows
        variance: Series = rows * (1.0 + phi) / gone - 2.0 * phi * (1.0 - phi**rows) / gone**2
        return variance

    of_means = (4.0 * of_sums(lengths) - of_sums(2.0 * lengths)) / (2.0 * lengths)
    return np.where(forgotten > 0.0, of_means / np.where(forgotten > 0.0, of_means[:, :1], 1.0), walk)
