"""Algorithms as objects of other libraries' forms: scikit-learn's outlier detectors, statsforecast's models.

Neither library is imported: what they ask of an object are its methods.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from appliance.frames import calls
from kernels.contract import AlgorithmError, Flags, Forecast, Series

LEVEL = 95.0  # coverage that is asked for where no interval is wanted


class _Parameters:
    """An algorithm and its options, read and set as scikit-learn does."""

    def __init__(self, algo: str = "auto", **options: Any) -> None:
        self.algo, self.options = algo, options

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the algorithm and its options."""
        return {"algo": self.algo, **self.options}

    def set_params(self, **params: Any) -> Any:
        """Change the algorithm or options; returns itself."""
        self.algo = params.pop("algo", self.algo)
        self.options = {**self.options, **params}
        return self

    def __repr__(self) -> str:
        said = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"{type(self).__name__}({self.algo!r}{said})"


class Detector(_Parameters):
    """A detector in the form of scikit-learn's `LocalOutlierFactor`: it judges the rows of the series it is given.

    Parameters
    ----------
    algo : name of a detector. **options : of that, as in `taosanode.detect`.

    Attributes
    ----------
    flags_ : int8 (n,), 1 or -1. scores_ : float64 (n,), larger is more anomalous; both of the series fitted last.
    """

    flags_: Flags
    scores_: Series

    def fit(self, X: ArrayLike, y: object = None) -> Detector:
        """Judge the rows of X, (n,) or (n, columns), which are in the order of time; raises AlgorithmError."""
        found = calls.detect(np.asarray(X, dtype=np.float64), self.algo, **self.options)
        self.flags_, self.scores_ = np.where(found.flags < 0, np.int8(-1), np.int8(1)), found.score
        return self

    def fit_predict(self, X: ArrayLike, y: object = None) -> Flags:
        """Return -1 for each anomalous row of X, 1 for each other, int8 (n,)."""
        return self.fit(X).flags_

    def predict(self, X: ArrayLike) -> Flags:
        """Return the same as `fit_predict`, without remembering it."""
        return copy.copy(self).fit(X).flags_

    def score_samples(self, X: ArrayLike) -> Series:
        """Return the opposite of the scores, as scikit-learn has it: lower is more anomalous, float64 (n,)."""
        return -copy.copy(self).fit(X).scores_


class Forecaster(_Parameters):
    """A forecaster in the form of statsforecast's models: `StatsForecast(models=[Forecaster("arima", period=24)])`.

    Parameters
    ----------
    algo : name of a forecaster. alias : name of the column of results, else that of the algorithm.
    **options : of the algorithm, as in `taosanode.forecast`.
    """

    uses_exog = False
    prediction_intervals = None
    only_conformal_intervals = False

    def __init__(self, algo: str = "auto", *, alias: str | None = None, **options: Any) -> None:
        super().__init__(algo, **options)
        self.alias = alias or algo
        self._series: Series | None = None

    def __repr__(self) -> str:
        return self.alias  # as statsforecast names its columns

    def new(self) -> Forecaster:
        """Return a copy that is not fitted."""
        return copy.copy(self)

    def fit(self, y: ArrayLike, X: object = None) -> Forecaster:
        """Remember a series, float64 (n,); raises AlgorithmError where there are covariates."""
        if X is not None:
            raise AlgorithmError(f"{self.alias} takes no covariates")
        self._series = np.asarray(y, dtype=np.float64)
        return self

    def predict(self, h: int, X: object = None, level: Sequence[float] | None = None) -> dict[str, Series]:
        """Return the forecast of `h` rows: ``mean``, and for each level in per cent ``lo-80``, ``hi-80``, ...

        Raises
        ------
        AlgorithmError : nothing was fitted, or the series cannot be forecast.
        """
        if self._series is None:
            raise AlgorithmError("fit comes before predict")
        if X is not None:
            raise AlgorithmError(f"{self.alias} takes no covariates")
        asked = sorted(level or [LEVEL])
        told: dict[str, Series] = {}
        for one in asked:
            found: Forecast = calls.forecast(self._series, h, self.algo, conf=one, **self.options)
            told.setdefault("mean", found.value)
            if level:
                told |= {f"lo-{one:g}": found.low, f"hi-{one:g}": found.high}
        return told

    def forecast(
        self,
        y: ArrayLike,
        h: int,
        X: object = None,
        X_future: object = None,
        level: Sequence[float] | None = None,
        fitted: bool = False,
    ) -> dict[str, Series]:
        """Return the same as `fit` and `predict`; raises AlgorithmError, also where fitted values are wanted."""
        if fitted:
            raise AlgorithmError(f"{self.alias} tells no fitted values")
        return self.new().fit(y, X).predict(h, X_future, level)


class _Named(Forecaster):
    """A forecaster of one name."""

    NAME = ""

    def __init__(self, *, alias: str | None = None, **options: Any) -> None:
        super().__init__(self.NAME, alias=alias or type(self).__name__, **options)


class Auto(_Named):
    """`Forecaster` for ``auto``, the recommended one."""

    NAME = "auto"


class Arima(_Named):
    """`Forecaster` for ``arima``."""

    NAME = "arima"


class HoltWinters(_Named):
    """`Forecaster` for ``holtwinters``."""

    NAME = "holtwinters"


class Zero(_Named):
    """`Forecaster` for ``zero``, the network that comes with the node."""

    NAME = "zero"
