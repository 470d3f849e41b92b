"""Targets with sharp boundaries in continuous values; their atoms in closed form or by one-dimensional integrals.

Where both sources have the same joint distribution with the target, each tells the same: R = I1, U1 = U2 = 0 and
S = I12 - I1.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import entr
from scipy.stats import norm

import interplay as ip
from benchmarks.draws import Draw, Task, linear, of_pairs
from interplay.info import decompose

Views = Callable[[int, np.random.Generator], tuple[dict[str, np.ndarray], np.ndarray]]
Pairs = dict[tuple[int, int], tuple[float, ...]]
FINE = 4000


def of_views(views: Views, atoms: Callable[[], Pairs]) -> Callable[[int, int], Draw]:
    """Independent rows of `views`, whose exact atoms (R, U1, U2, S) are `atoms`."""
    exact = cache(atoms)

    def draw(n: int, seed: int) -> Draw:
        x, y = views(n, np.random.default_rng(seed))
        return of_pairs(ip.windows_from_arrays(x, y, steps=1), exact())

    return draw


def h2(p):
    """Entropy of an event of probability p, in bits."""
    p = np.asarray(p, dtype=float)
    return (entr(p) + entr(1 - p)) / np.log(2)


def symmetric(p_event: np.ndarray, joint_mi: float | None = None) -> Pairs:
    """Atoms of two sources that tell the same of an event, from P(event | x1) at equally likely x1; without `joint_mi`
    both together tell all."""
    entropy = h2(np.mean(p_event))
    alone = float(entropy - h2(p_event).mean())
    return {(0, 1): (alone, 0.0, 0.0, (entropy if joint_mi is None else joint_mi) - alone)}


def midpoints(n: int = FINE) -> np.ndarray:
    return (np.arange(n) + 0.5) / n


# ---- uniform numbers ---------------------------------------------------------------------------------------

BOUND = 0.5**0.5
APART = 0.25


def largest(n: int, rng: np.random.Generator):
    """Whether the larger of two numbers passes a bound."""
    u = rng.random((2, n))
    return _numbers(u), (u.max(0) > BOUND).astype(int)


def largest_atoms() -> Pairs:
    alone = 1 - BOUND * h2(BOUND)
    return {(0, 1): (alone, 0.0, 0.0, 1 - alone)}


def close(n: int, rng: np.random.Generator):
    """Whether two numbers are close."""
    u = rng.random((2, n))
    return _numbers(u), (np.abs(u[0] - u[1]) < APART).astype(int)


def close_atoms() -> Pairs:
    u = midpoints()
    return symmetric(np.minimum(u + APART, 1) - np.maximum(u - APART, 0))


def bands(n: int, rng: np.random.Generator):
    """Whether the bands that two numbers fall into, one of six and one of four, are both even or both odd."""
    u = rng.random((2, n))
    return _numbers(u), (np.floor(6 * u[0]) + np.floor(4 * u[1])).astype(int) % 2


def stripes(n: int, rng: np.random.Generator):
    """Whether a number is in an even one of eight bands; three partners are noise."""
    u = rng.random(n)
    x = {"x": u[:, None]} | {f"n{k}": rng.normal(size=(n, 6)) for k in range(3)}
    return x, np.floor(8 * u).astype(int) % 2


# ---- products, thresholds, phases --------------------------------------------------------------------------

BLUR, RADIUS_SQUARED = 0.2, 2 * np.log(2)


def product(n: int, rng: np.random.Generator):
    """The sign of a product plus noise."""
    x = rng.normal(size=(2, n))
    return _numbers(x), (x[0] * x[1] + BLUR * rng.normal(size=n) > 0).astype(int)


def product_atoms() -> Pairs:
    # quantiles in the middle of equally likely cells: the kink at zero costs 1e-6 bit
    x = norm.ppf(midpoints(2000))[1000:]
    return {(0, 1): (0.0, 0.0, 0.0, float(1 - h2(norm.cdf(np.outer(x, x) / BLUR)).mean()))}


def disc(n: int, rng: np.random.Generator):
    """Whether a point is in a disc that holds half of all."""
    x = rng.normal(size=(2, n))
    return _numbers(x), ((x**2).sum(0) < RADIUS_SQUARED).astype(int)


def disc_atoms() -> Pairs:
    x = norm.ppf(midpoints(40_000))
    return symmetric(2 * norm.cdf(np.sqrt(np.maximum(RADIUS_SQUARED - x**2, 0))) - 1)


def phases(n: int, rng: np.random.Generator):
    """On which half of the circle the sum of two phases lies."""
    angle = 2 * np.pi * rng.random((2, n))
    x = {f"x{k + 1}": np.stack([np.cos(a), np.sin(a)], 1) for k, a in enumerate(angle)}
    return x, (angle.sum(0) % (2 * np.pi) < np.pi).astype(int)


def sectors(n: int, rng: np.random.Generator):
    """Which third of the circle a phase is in; source 1 has its cosine, source 2 its sine."""
    angle = 2 * np.pi * rng.random(n)
    return _numbers(np.stack([np.cos(angle), np.sin(angle)])), np.floor(angle / (2 * np.pi / 3)).astype(int)


def sectors_atoms() -> Pairs:
    # boundaries of thirds and their mirror images are multiples of a twelfth: what is told is constant on those arcs
    arc = np.arange(12)
    cosine, sine = np.minimum(arc, 11 - arc), np.minimum((arc + 3) % 12, 11 - (arc + 3) % 12)
    table = np.zeros((6, 6, 3))
    np.add.at(table, (cosine, sine, arc // 4), 1 / 12)
    exact = decompose(table, tol_bits=1e-7)
    return {(0, 1): tuple(float(v) for v in (exact.redundancy, exact.unique1, exact.unique2, exact.synergy))}


# ---- three sources -----------------------------------------------------------------------------------------

UNLIKELY = 0.2


def three(n: int, rng: np.random.Generator):
    """The parity of three bits, one of which is mostly zero."""
    bit = (rng.random((3, n)) < np.array([0.5, 0.5, UNLIKELY])[:, None]).astype(int)
    return {f"x{k + 1}": linear(b, 3, rng) for k, b in enumerate(bit)}, bit.sum(0) % 2


def three_atoms() -> Pairs:
    return {(0, 1): (0.0, 0.0, 0.0, float(1 - h2(UNLIKELY)))}


def _numbers(x: np.ndarray) -> dict[str, np.ndarray]:
    return {f"x{k + 1}": row[:, None] for k, row in enumerate(x)}


def _synergy() -> Pairs:
    return {(0, 1): (0.0, 0.0, 0.0, 1.0)}


def _unique() -> Pairs:
    return {(0, k): (0.0, 1.0, 0.0, 0.0) for k in (1, 2, 3)}


SHARP: tuple[Task, ...] = tuple(
    Task(name=name, kind="sharp boundaries", draw=of_views(views, atoms))
    for name, views, atoms in (
        ("larger of two above a bound", largest, largest_atoms),
        ("two numbers close", close, close_atoms),
        ("parity of six and four bands", bands, _synergy),
        ("eight bands, noise partners", stripes, _unique),
        ("sign of a product", product, product_atoms),
        ("point in a disc", disc, disc_atoms),
        ("half circle of two phases", phases, _synergy),
        ("third of a circle by cosine and sine", sectors, sectors_atoms),
        ("parity of three bits", three, three_atoms),
    )
)
