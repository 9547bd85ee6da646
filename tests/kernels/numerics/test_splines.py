from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.splines import cubic_spline


def naive(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """All conditions as one system for four coefficients of each piece."""
    pieces = len(x) - 1
    rows, right = [], []

    def add(value: float, *terms: tuple[int, list[float]]) -> None:
        row = np.zeros(4 * pieces)
        for piece, powers in terms:
            row[4 * piece : 4 * piece + 4] += powers
        rows.append(row)
        right.append(value)

    for i in range(pieces):
        h = x[i + 1] - x[i]
        add(y[i], (i, [1, 0, 0, 0]))
        add(y[i + 1], (i, [1, h, h**2, h**3]))
        if i + 1 < pieces:
            add(0.0, (i, [0, 1, 2 * h, 3 * h**2]), (i + 1, [0, -1, 0, 0]))
            add(0.0, (i, [0, 0, 2, 6 * h]), (i + 1, [0, 0, -2, 0]))
    for i in (0, pieces - 2):
        add(0.0, (i, [0, 0, 0, 1]), (i + 1, [0, 0, 0, -1]))
    c = np.linalg.solve(np.array(rows), np.array(right)).reshape(-1, 4)
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, pieces - 1)
    t = at - x[piece]
    return c[piece, 0] + t * (c[piece, 1] + t * (c[piece, 2] + t * c[piece, 3]))


@pytest.mark.parametrize("n", [4, 5, 12])
def test_equals_the_naive_system(n: int) -> None:
    rng = np.random.default_rng(n)
    x, y = np.sort(rng.random(n)), rng.normal(size=n)
    at = np.linspace(x[0], x[-1], 50)
    np.testing.assert_allclose(cubic_spline(x, y, at), naive(x, y, at), rtol=1e-7, atol=1e-9)


def test_a_cubic_is_itself() -> None:
    x = np.array([0.0, 0.5, 1.0, 3.0, 4.0])
    at = np.linspace(0.0, 4.0, 30)
    np.testing.assert_allclose(cubic_spline(x, x**3 - 2.0 * x, at), at**3 - 2.0 * at, atol=1e-12)
