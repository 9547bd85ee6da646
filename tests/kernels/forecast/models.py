"""Recorded answers of statsmodels and R, made by tests/golden/make_holtwinters.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np

from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL, run_through

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "holtwinters.json").read_text())
T = TypeVar("T")
NAMES = ("Nile", "UKgas", "ldeaths", "AirPassengers")


def few(cases: Sequence[T], kept: int = 1) -> list[T]:
    """Return all cases, or only the first where kernels run uncompiled, a thousand times slower."""
    return list(cases[:kept] if numba.config.DISABLE_JIT else cases)


@dataclass(frozen=True)
class Model:
    """One of R's models, with the states it ends in."""

    name: str
    method: str
    series: Series
    error: int
    season: int
    period: int
    phase: int
    sigma2: float
    sse: float
    residual: Series
    smoothing: Series
    end: Series
    mean: Series
    lower95: Series
    upper95: Series

    def __str__(self) -> str:
        return f"{self.name}-{self.method}"


def _model(name: str, found: dict[str, Any]) -> Model:
    y = np.array(GOLDEN[name]["series"], np.float64)
    letters = found["method"][4:-1].split(",")
    season = MUL if letters[2] == "M" else ADD
    seasons = found["seasons"] or [0.0]
    smoothing = np.array([found["alpha"], found["beta"], found["gamma"], 1.0])
    end, residual = np.array([found["level"], found["growth"], *seasons]), np.empty(len(y))
    run_through(y, ADD, ADD, season, smoothing, end, residual)
    mean, low, high = (np.array(found[key]) for key in ("mean", "lower95", "upper95"))
    return Model(
        name=name,
        method=found["method"],
        series=y,
        error=MUL if letters[0] == "M" else ADD,
        season=season,
        period=len(found["seasons"]),
        phase=len(y) % len(seasons),
        sigma2=found["sigma2"],
        sse=found["sse"],
        residual=residual,
        smoothing=smoothing,
        end=end,
        mean=mean,
        lower95=low,
        upper95=high,
    )


R_MODELS = [_model(name, found) for name in NAMES for found in GOLDEN[name]["models"]]
