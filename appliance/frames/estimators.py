"""Algorithms as objects of other libraries' forms: scikit-learn's outlier detectors, statsforecast's models.

Neither library is imported before it asks: what they want of an object are its methods.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

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

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn, which calls it, must know to search, to validate and to build pipelines."""
        from sklearn.utils import InputTags, Tags, TargetTags

        tags = Tags(estimator_type="outlier_detector", target_tags=TargetTags(required=False))
        tags.input_tags = InputTags(one_d_array=True)
        return tags

    def fit(self, X: ArrayLike, y: object = None) -> Detector:
        """Judge the rows of X, (n,) or (n, columns), which are in the order of time; raises AlgorithmError."""
        found = calls.detect(np.asarray(X), self.algo, **self.options)
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

    uses_exog = True
    prediction_intervals = None
    only_conformal_intervals = False

    def __init__(self, algo: str = "auto", *, alias: str | None = None, **options: Any) -> None:
        super().__init__(algo, **options)
        self.alias = alias or algo
        self._series: Series | None = None
        self._past: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        return self.alias  # as statsforecast names its columns

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the algorithm, the name of the column and the options."""
        return {**super().get_params(deep), "alias": self.alias}

    def set_params(self, **params: Any) -> Any:
        """Change the algorithm, the name of the column or options; returns itself."""
        self.alias = params.pop("alias", self.alias)
        return super().set_params(**params)

    def new(self) -> Forecaster:
        """Return a copy that is not fitted."""
        made = copy.copy(self)
        made._series = made._past = None
        return made

    def fit(self, y: ArrayLike, X: ArrayLike | None = None) -> Forecaster:
        """Remember a series, float64 (n,), and covariates that are known ahead, float64 (n, columns)."""
        self._series = np.asarray(y, dtype=np.float64)
        self._past = None if X is None or not self.uses_exog else self._covariates(X, len(self._series))
        return self

    def predict(self, h: int, X: ArrayLike | None = None, level: Sequence[float] | None = None) -> dict[str, Series]:
        """Return the forecast of `h` rows: ``mean``, and for each level in per cent ``lo-80``, ``hi-80``, ...

        X : covariates of those rows, float64 (h, columns), where those before were fitted.

        Raises
        ------
        AlgorithmError : nothing was fitted, covariates are known for some of the rows only or the algorithm has no use
            for them, or the series cannot be forecast.
        """
        if self._series is None:
            raise AlgorithmError("fit comes before predict")
        if not self.uses_exog:
            X = None
        if (X is None) != (self._past is None):
            raise AlgorithmError(f"{self.alias}: fit and predict both take covariates, or neither")
        ahead = None if X is None else self._covariates(X, h, self._past)
        told: dict[str, Series] = {}
        for one in sorted(level or [LEVEL]):
            value, low, high = self._answer(self._series, h, ahead, one)
            told.setdefault("mean", value)
            if level:
                told |= {f"lo-{one:g}": low, f"hi-{one:g}": high}
        return told

    def _covariates(self, X: ArrayLike, rows: int, like: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return covariates as float64 (rows, columns), as many as in others; raises AlgorithmError."""
        given = np.asarray(X, dtype=np.float64)
        wanted = (rows, *((given if like is None else like).shape[1:2] or (1,)))
        if given.shape != wanted:
            raise AlgorithmError(f"{self.alias}: covariates of shape {wanted} are expected, got {given.shape}")
        return given

    def _answer(
        self, series: Series, h: int, ahead: NDArray[np.float64] | None, level: float
    ) -> tuple[Series, Series, Series]:
        if self._past is None or ahead is None:
            found: Forecast = calls.forecast(series, h, self.algo, conf=level, **self.options)
            return found.value, found.low, found.high
        rows, names = np.arange(len(series) + h), [f"x{at}" for at in range(self._past.shape[1])]
        known = {"row": rows[: len(series)], "y": series, **dict(zip(names, self._past.T, strict=True))}
        future = {"row": rows[len(series) :], **dict(zip(names, ahead.T, strict=True))}
        asked: dict[str, Any] = {"time": "row", "value": "y", "precision": "ms", "covariate": names, "future": future}
        told = calls.forecast(known, h, self.algo, conf=level, **asked, **self.options)
        return told["forecast"], told["low"], told["high"]

    def forecast(
        self,
        y: ArrayLike,
        h: int,
        X: ArrayLike | None = None,
        X_future: ArrayLike | None = None,
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
    UNLESS_GIVEN: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, *, alias: str | None = None, **options: Any) -> None:
        super().__init__(self.NAME, alias=alias or type(self).__name__, **{**self.UNLESS_GIVEN, **options})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the name of the column and the options."""
        return {name: said for name, said in super().get_params(deep).items() if name != "algo"}


class Auto(_Named):
    """`Forecaster` for ``auto``, the recommended one."""

    NAME = "auto"


class Arima(_Named):
    """`Forecaster` for ``arima``."""

    NAME = "arima"


class HoltWinters(_Named):
    """`Forecaster` for ``holtwinters``, which finds trend and season unless they are given."""

    NAME = "holtwinters"
    uses_exog = False  # so that it may stand beside models that do, as statsforecast's own may
    UNLESS_GIVEN: ClassVar[Mapping[str, Any]] = {"trend": "auto", "seasonal": "auto"}


class Zero(_Named):
    """`Forecaster` for ``zero``, the network that comes with the node."""

    NAME = "zero"
