"""What a task of the truth suite is made of: windows with exact atoms, tables, and ways of showing states."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

import interplay as ip
from interplay.info import Decomposition, decompose
from interplay.profile import PAIR_ATOMS

APART = 8.0
"""Standard deviations of the noise between the nearest states that `linear` shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """Windows with their exact atoms, each (M, M, L) in bits, NaN where i = j; unique[i, j] is in i and not in j."""

    windows: ip.Windows
    redundancy: np.ndarray
    unique: np.ndarray
    synergy: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A problem: its kind of form, `draw(steps, seed)`, and the numbers of steps that it is run at."""

    name: str
    kind: str
    draw: Callable[[int, int], Draw]
    sizes: tuple[int, ...] = (5000, 20_000)
    continuous: bool = False


def with_truth(windows: ip.Windows, tables: np.ndarray) -> Draw:
    """Truth from exact tables (M, M, L, n, n, C); entries for i = j are ignored."""
    return with_atoms(windows, decompose(tables[~np.eye(len(tables), dtype=bool)], tol_bits=1e-7))


def with_atoms(windows: ip.Windows, pairs: Decomposition) -> Draw:
    """Truth from the atoms of all pairs i != j in the order of a matrix without its diagonal, (M (M - 1), L)."""
    n_m, off = len(windows.modalities), ~np.eye(len(windows.modalities), dtype=bool)
    atoms = {}
    for name, values in (
        ("redundancy", pairs.redundancy),
        ("unique", pairs.unique1),
        ("synergy", pairs.synergy),
    ):
        atoms[name] = np.full((n_m, n_m, values.shape[1]), np.nan)
        atoms[name][off] = values
    return Draw(windows=windows, **atoms)


def of_pairs(windows: ip.Windows, pairs: Mapping[tuple[int, int], object]) -> Draw:
    """Truth by pairs (i, j) of modalities: (R, U of i, U of j, S) or one such row a lag; other pairs tell nothing."""
    n_m, n_l = len(windows.modalities), windows.length
    exact = np.zeros((3, n_m, n_m, n_l))
    for (i, j), atoms in pairs.items():
        r, ui, uj, s = np.broadcast_to(np.atleast_2d(np.asarray(atoms, dtype=float)), (n_l, 4)).T
        exact[:, i, j], exact[:, j, i] = (r, ui, s), (r, uj, s)
    exact[:, np.eye(n_m, dtype=bool)] = np.nan
    return Draw(windows=windows, redundancy=exact[0], unique=exact[1], synergy=exact[2])


def pair_tables(table: np.ndarray, lags: int = 1) -> np.ndarray:
    """Tables (2, 2, L, n, n, C) of one pair that is the same at all lags."""
    n = max(table.shape[:2])
    square = np.zeros((n, n, table.shape[2]))
    square[: table.shape[0], : table.shape[1]] = table
    both = np.stack([np.stack([square, square]), np.stack([square.transpose(1, 0, 2), square])])
    return np.repeat(both[:, :, None], lags, axis=2)


def sample(table: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (x1, x2, y) of a table."""
    return np.unravel_index(rng.choice(table.size, n, p=table.ravel()), table.shape)


def linear(state: np.ndarray, channels: int, rng: np.random.Generator) -> np.ndarray:
    """Random points in `channels` dimensions plus noise."""
    n = state.max() + 1
    points = rng.normal(size=(n, channels)) if channels > 1 else np.arange(n, dtype=float)[:, None]
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + np.where(np.eye(n), np.inf, 0.0)
    return points[state] + apart.min() / APART * rng.normal(size=(len(state), channels))


def curved(state: np.ndarray, channels: int, rng: np.random.Generator) -> np.ndarray:
    """A sine and a tanh of random mixtures of the linear picture: no channel is monotone in another."""
    shown = linear(state, channels, rng)
    mixed = shown @ rng.normal(size=(channels, channels)) / np.sqrt(channels)
    return np.hstack([np.sin(1.5 * mixed), np.tanh(shown)])


def monotone(state: np.ndarray, channels: int, rng: np.random.Generator) -> np.ndarray:
    """Each channel bent by a monotone function of its own: exponential, cube or arctangent."""
    shown = linear(state, channels, rng)
    bends = (np.exp, lambda x: x**3, np.arctan)
    return np.stack([bends[c % 3](shown[:, c]) for c in range(channels)], axis=1)


# ---- what a profile says of a draw -------------------------------------------------------------------------

NULL = 1e-6
"""Exact atoms below this many bits are nothing."""

WORTH_FINDING = 0.01
"""Exact atoms of at least this many bits should be found."""


def findings(draw: Draw, profile: ip.InteractionProfile) -> dict:
    """False sentences of a profile, by atom, and how many of the atoms worth finding it calls significant."""
    upper = np.triu(np.ones(draw.redundancy.shape[:2], dtype=bool), 1)
    off = upper | upper.T
    false, worth, clearly = {}, 0, 0
    for atom in PAIR_ATOMS:
        where = off if atom == "unique" else upper
        exact, clear = getattr(draw, atom)[where], profile.significant(atom)[where]
        false[atom] = int((clear & (np.abs(exact) < NULL)).sum())
        worth += int((exact >= WORTH_FINDING).sum())
        clearly += int((clear & (exact >= WORTH_FINDING)).sum())
    return {"false": false, "worth_finding": worth, "found": clearly}
