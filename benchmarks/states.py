"""States, points and bends that the graded tasks are made of."""

import numpy as np

from interplay.synthetic import GATES

BITS = np.array([-0.5, 0.5])

# ---- tables ------------------------------------------------------------------------------------------------


def same_class(prior) -> np.ndarray:
    """Both states are the class."""
    return np.eye(len(prior))[:, :, None] * np.eye(len(prior)) * np.asarray(prior)


def rare_bits(share: float, gate: np.ndarray) -> np.ndarray:
    """A gate of two independent bits that are 1 with probability `share`."""
    p = np.array([1 - share, share])
    return np.einsum("a,b,abc->abc", p, p, np.eye(gate.max() + 1)[gate])


def halves() -> np.ndarray:
    """40 states; source 2 sees only pairs of them."""
    table = np.zeros((40, 20, 40))
    table[np.arange(40), np.arange(40) // 2, np.arange(40)] = 1 / 40
    return table


def grid() -> np.ndarray:
    """40 classes; source 1 sees the row of five, source 2 the column of eight."""
    table = np.zeros((5, 8, 40))
    table[np.arange(40) // 8, np.arange(40) % 8, np.arange(40)] = 1 / 40
    return table


# ---- points ------------------------------------------------------------------------------------------------


def ring(classes: int) -> np.ndarray:
    """Points on a circle, neighbours one apart; (classes, 2)."""
    angle = 2 * np.pi * np.arange(classes) / classes
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) / (2 * np.sin(np.pi / classes))


# ---- bends: what a channel is sent through, none of which changes what it tells ----------------------------


def straight(x: np.ndarray) -> np.ndarray:
    return x


def cube(x: np.ndarray) -> np.ndarray:
    return x**3


def steep(x: np.ndarray) -> np.ndarray:
    return np.exp(3 * x)


def tiny(x: np.ndarray) -> np.ndarray:
    return 1e-13 * x


def far_off(x: np.ndarray) -> np.ndarray:
    return 1e6 + 0.05 * x


XOR, OR, SUM = GATES["XOR"].table, rare_bits(0.5, np.array([[0, 1], [1, 1]])), GATES["SUM"].table
MOD3 = np.eye(3)[np.add.outer(np.arange(3), np.arange(3)) % 3] / 9
