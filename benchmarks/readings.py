"""Truth of sources that show states through noise: readings, and the atoms of what is read.

A reading holds P(value in a cell | state) on so fine a grid that halving its cells moves no information by 1e-5 bit
(tests/benchmarks/test_graded.py). Densities are summed over equal steps of a smooth variable, where such sums converge
faster than any power of the step.
"""

import numpy as np
from scipy.stats import norm

from interplay.info import decompose, mutual_information

CELLS = 400


def gaussian_reading(levels: np.ndarray, cells: int = CELLS) -> np.ndarray:
    """P(cell | state) of level plus standard normal noise; levels (n,), returns (n, cells)."""
    x = np.linspace(np.min(levels) - 7, np.max(levels) + 7, cells)
    return _normalised(norm.pdf(x, np.asarray(levels, dtype=float)[:, None]))


def gaussian_plane_reading(points: np.ndarray, cells: int = 160) -> np.ndarray:
    """P(cell | state) of points (n, 2) plus standard normal noise in both directions; (n, cells squared)."""
    axes = [np.linspace(points[:, k].min() - 6, points[:, k].max() + 6, cells) for k in range(2)]
    one, two = (norm.pdf(axis, points[:, k, None]) for k, axis in enumerate(axes))
    return _normalised((one[:, :, None] * two[:, None, :]).reshape(len(points), -1))


def cauchy_reading(levels: np.ndarray, cells: int = CELLS) -> np.ndarray:
    """P(cell | state) of level plus standard Cauchy noise, on equal steps of the angle whose tangent is the value."""
    angle = np.pi * ((np.arange(cells) + 0.5) / cells - 0.5)
    apart = np.sin(angle) - np.asarray(levels, dtype=float)[:, None] * np.cos(angle)
    # density of tan(angle) given the level, times its derivative
    return _normalised(1 / (np.cos(angle) ** 2 + apart**2))


def read(states: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """P(cell of x1, cell of x2, y) where table `states` (n1, n2, C) is seen through two readings."""
    return np.einsum("abc,ak,bl->klc", states, one, two, optimize=True)


def information(table: np.ndarray) -> float:
    """I(X; Y) in bits of P(x, y)."""
    return float(mutual_information(table))


def ordered_atoms(weak: np.ndarray, strong: np.ndarray, joint_mi: float) -> tuple[float, float, float, float]:
    """R, U1, U2, S where source 1 is source 2 with more noise, so that it tells nothing of its own.

    Parameters
    ----------
    weak, strong : (n1, C), (n2, C) float
        P(x1, y) and P(x2, y).
    joint_mi : float, bits
    """
    i1, i2 = information(weak), information(strong)
    return i1, 0.0, i2 - i1, joint_mi - i2


def read_atoms(states: np.ndarray, one: np.ndarray, two: np.ndarray) -> tuple[float, float, float, float]:
    """R, U1, U2, S of `read` by the certified solver; readings of at most a few dozen cells."""
    exact = decompose(read(states, one, two), tol_bits=1e-6)
    return tuple(float(value) for value in (exact.redundancy, exact.unique1, exact.unique2, exact.synergy))


def joint_information(states: np.ndarray, one: np.ndarray, two: np.ndarray) -> float:
    """I(X1, X2; Y) in bits of `read`."""
    table = read(states, one, two)
    return information(table.reshape(-1, table.shape[-1]))


def _normalised(density: np.ndarray) -> np.ndarray:
    return density / density.sum(1, keepdims=True)
