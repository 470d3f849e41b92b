"""Graded tasks: states that overlap, bent and glitching channels, offsets, noise partners, many states, slow streams.

Readings are levels plus noise. Where source 1 could be had from source 2 by adding noise to it, it tells nothing of its
own, and atoms follow from three informations (`benchmarks.readings.ordered_atoms`): sums over fine grids, exact to
1e-5 bit.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

import interplay as ip
from benchmarks.draws import Draw, Task, linear, of_pairs, pair_tables, sample, with_truth
from benchmarks.readings import (
    cauchy_reading,
    gaussian_plane_reading,
    gaussian_reading,
    information,
    joint_information,
    ordered_atoms,
    read_atoms,
)
from benchmarks.sharp import SHARP
from benchmarks.states import (
    BITS,
    MOD3,
    OR,
    SUM,
    XOR,
    cube,
    far_off,
    grid,
    halves,
    rare_bits,
    ring,
    same_class,
    steep,
    straight,
    tiny,
)

Draws = Callable[[int, int], Draw]
Bend = Callable[[np.ndarray], np.ndarray]


# ---- readings ----------------------------------------------------------------------------------------------


def class_information(points: np.ndarray, prior: np.ndarray) -> float:
    """I(X; Y) in bits of points (C,) or (C, 2), one a class, plus standard normal noise."""
    reading = gaussian_reading(points) if points.ndim == 1 else gaussian_plane_reading(points)
    return information((prior[:, None] * reading).T)


def of_classes(
    points, near: float, far: float, *, prior=None, bends: tuple[Bend, Bend] = (straight, straight)
) -> Draws:
    """Both sources read the class itself: `points` times `near` in source 1, times `far` >= near in source 2."""
    points = np.asarray(points, dtype=float)
    prior = np.full(len(points), 1 / len(points)) if prior is None else np.asarray(prior)

    @cache
    def atoms() -> tuple[float, ...]:
        # the best weighted mean of two readings is one reading of distances added as squares
        i1, i2, i12 = (class_information(points * d, prior) for d in (near, far, np.hypot(near, far)))
        return i1, 0.0, i2 - i1, i12 - i2

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        y = rng.choice(len(points), n, p=prior)
        level = points[y].reshape(n, -1)
        x = {f"x{k + 1}": bend(d * level + rng.normal(size=level.shape))
             for k, (d, bend) in enumerate(zip((near, far), bends, strict=True))}  # fmt: skip
        return of_pairs(ip.windows_from_arrays(x, y, steps=1), {(0, 1): atoms()})

    return draw


def of_readings(
    states: np.ndarray,
    levels,
    *,
    share: float = 1.0,
    cauchy: bool = False,
    bends: tuple[Bend, Bend] = (straight, straight),
) -> Draws:
    """States of a table that is the same for both sources (n, n, C), read as levels; source 1 at a `share` of them."""
    if not np.allclose(states, states.transpose(1, 0, 2)):
        raise ValueError("states must be exchangeable.")
    both = np.asarray(levels, dtype=float) * np.array([[share], [1.0]])
    noise = np.random.Generator.standard_cauchy if cauchy else np.random.Generator.standard_normal

    @cache
    def atoms() -> tuple[float, ...]:
        one, two = (cauchy_reading(k) if cauchy else gaussian_reading(k) for k in both)
        alone = states.sum(1)
        return ordered_atoms(one.T @ alone, two.T @ alone, joint_information(states, one, two))

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        *state, y = sample(states, n, rng)
        x = {f"x{k + 1}": bends[k]((both[k][state[k]] + noise(rng, n))[:, None]) for k in range(2)}
        return of_pairs(ip.windows_from_arrays(x, y, steps=1), {(0, 1): atoms()})

    return draw


def of_crossed(distance: float) -> Draws:
    """Three classes: source 1 sets the first apart from the others, source 2 the last; neither is above the other."""
    levels = distance * np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])

    @cache
    def atoms() -> tuple[float, ...]:
        states = np.zeros((3, 3, 3))
        states[np.arange(3), np.arange(3), np.arange(3)] = 1 / 3
        return read_atoms(states, *(gaussian_reading(k, cells=60) for k in levels))

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 3, n)
        x = {f"x{k + 1}": (levels[k][y] + rng.normal(size=n))[:, None] for k in range(2)}
        return of_pairs(ip.windows_from_arrays(x, y, steps=1), {(0, 1): atoms()})

    return draw


def of_partners(points, partners: int = 3, channels: int = 6) -> Draws:
    """One modality reads the class; the others are noise."""
    points = np.asarray(points, dtype=float)

    @cache
    def alone() -> float:
        return class_information(points, np.full(len(points), 1 / len(points)))

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        y = rng.integers(0, len(points), n)
        level = points[y].reshape(n, -1)
        x = {"x": level + rng.normal(size=level.shape)}
        x |= {f"n{k}": rng.normal(size=(n, channels)) for k in range(partners)}
        windows = ip.windows_from_arrays(x, y, steps=1)
        return of_pairs(windows, {(0, 1 + k): (0.0, alone(), 0.0, 0.0) for k in range(partners)})

    return draw


# ---- glitches, scales, offsets -----------------------------------------------------------------------------


def of_glitches(states: np.ndarray, every: int, size: float) -> Draws:
    """Two clear channels a source, of which one jumps in one row of `every`; the other still tells the state."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        *state, y = sample(states, n, rng)
        x = {}
        for k, s in enumerate(state, start=1):
            x[f"x{k}"] = s[:, None] + 0.1 * rng.normal(size=(n, 2))
            rows = rng.choice(n, n // every, replace=False)
            x[f"x{k}"][rows, 0] = size * rng.choice([-1, 1], len(rows))
        return with_truth(ip.windows_from_arrays(x, y, steps=1), pair_tables(states))

    return draw


def of_offsets(states: np.ndarray, distance: float, entities: int = 60) -> Draws:
    """Every entity has an offset of its own in each source; of an entity that nobody knows it is noise."""
    spread, noise = 1.0, 0.3
    levels = distance * BITS / np.hypot(spread, noise)
    known = of_readings(states, levels)

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        who = np.arange(n) * entities // n
        *state, y = sample(states, n, rng)
        x = {}
        for k, s in enumerate(state, start=1):
            offset = spread * rng.normal(size=entities)[who]
            x[f"x{k}"] = (distance * BITS[s] + offset + noise * rng.normal(size=n))[:, None]
        exact = known(10, 0)
        windows = ip.windows_from_arrays(x, y, steps=1, entity=who)
        return Draw(windows=windows, redundancy=exact.redundancy, unique=exact.unique, synergy=exact.synergy)

    return draw


def of_states(table: np.ndarray, channels: int = 16) -> Draws:
    """Clear states in many channels."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        x1, x2, y = sample(table, n, rng)
        x = {"x1": linear(x1, channels, rng), "x2": linear(x2, channels, rng)}
        return with_truth(ip.windows_from_arrays(x, y, steps=1), pair_tables(table))

    return draw


# ---- slow streams ------------------------------------------------------------------------------------------


def runs(n: int, shortest: int, longest: int, states: int, rng: np.random.Generator) -> np.ndarray:
    """A stationary semi-Markov stream of n steps: runs of uniform length, each in another state than the last."""
    lengths = rng.integers(shortest, longest + 1, n // shortest + 20)
    moves = rng.integers(1, states, len(lengths))
    start = rng.integers(10 * longest)
    return ((rng.integers(states) + np.cumsum(moves)) % states).repeat(lengths)[start : start + n]


def slow_noise(n: int, channels: int, memory: float, rng: np.random.Generator) -> np.ndarray:
    """Standard normal noise whose successive steps correlate by `memory`."""
    x = rng.normal(size=(n, channels))
    for t in range(1, n):
        x[t] = memory * x[t - 1] + np.sqrt(1 - memory**2) * x[t]
    return x


def of_runs(distance: float, *, memory: float, lags: int = 3, lengths: tuple[int, int] = (5, 15)) -> Draws:
    """Two bits in runs, read through slow noise; the target is their sum."""
    mean = sum(lengths) / 2

    @cache
    def atoms() -> np.ndarray:
        return np.array([_lag_atoms(_moved(1 - lag / mean), distance) for lag in range(lags)])

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        state = [runs(n, *lengths, 2, rng) for _ in range(2)]
        x = {
            f"x{k + 1}": distance * BITS[s][:, None] + slow_noise(n, 1, memory, rng)
            for k, s in enumerate(state)
        }
        return of_pairs(ip.windows_from_arrays(x, sum(state), steps=lags), {(0, 1): atoms()})

    return draw


def _moved(same: float) -> np.ndarray:
    """P(bit 1 then, bit 2 then, sum of bits now), where a bit is the same now as then with probability `same`."""
    move = np.array([[same, 1 - same], [1 - same, same]])
    return np.einsum("ax,by,xyc->abc", move, move, SUM)


def _lag_atoms(states: np.ndarray, distance: float) -> tuple[float, ...]:
    reading = gaussian_reading(distance * BITS)
    alone = reading.T @ states.sum(1)
    return ordered_atoms(alone, alone, joint_information(states, reading, reading))


def of_slow_nulls(classes: int, *, memory: float, lengths: tuple[int, int], modalities: int = 3) -> Draws:
    """A target in runs and slow streams that know nothing of it."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        x = {f"x{k}": slow_noise(n, 2, memory, rng) for k in range(modalities)}
        return of_pairs(ip.windows_from_arrays(x, runs(n, *lengths, classes, rng), steps=1), {})

    return draw


GRADED: tuple[Task, ...] = (
    *(
        Task(name=name, kind="graded posteriors", draw=draw)
        for name, draw in (
            ("2 classes, 1 and 2 apart", of_classes([0, 1], 1, 2)),
            ("2 classes, 3 and 3 apart", of_classes([0, 1], 3, 3)),
            ("3 classes in a row, 1.5 apart", of_classes(range(3), 1.5, 1.5)),
            ("4 classes in a ring, 2 and 3 apart", of_classes(ring(4), 2, 3)),
            ("6 classes in a row, 1 and 2.5 apart", of_classes(range(6), 1, 2.5)),
            ("6 classes in a ring, 1.5 apart", of_classes(ring(6), 1.5, 1.5)),
            ("crossed classes, 2 apart", of_crossed(2)),
        )
    ),
    *(
        Task(name=name, kind="noisy bits", draw=draw)
        for name, draw in (
            ("XOR of bits 3 apart", of_readings(XOR, 3 * BITS)),
            ("XOR of bits 2 and 4 apart", of_readings(XOR, 4 * BITS, share=0.5)),
            ("OR of bits 2 and 3 apart", of_readings(OR, 3 * BITS, share=2 / 3)),
            ("SUM of bits 2.5 apart", of_readings(SUM, 2.5 * BITS)),
            ("sum modulo 3 of states 3 apart", of_readings(MOD3, [0, 3, 6])),
        )
    ),
    *SHARP,
    *(
        Task(name=name, kind="tails, glitches and bends", draw=draw)
        for name, draw in (
            ("OR of bits, Cauchy noise", of_readings(OR, 6 * BITS, cauchy=True)),
            ("3 classes, Cauchy noise", of_readings(same_class([1 / 3] * 3), [0, 4, 8], share=0.5, cauchy=True)),
            ("SUM, glitches of 1e6", of_glitches(SUM, 1000, 1e6)),
            ("XOR, glitches of 1e3", of_glitches(XOR, 200, 1e3)),
            ("3 classes, exponential and cube", of_classes(range(3), 1.5, 2, bends=(steep, cube))),
            ("OR of bits, cube and exponential", of_readings(OR, 3 * BITS, bends=(cube, steep))),
            ("SUM of bits, scale 1e-13 and offset 1e6", of_readings(SUM, 3 * BITS, bends=(tiny, far_off))),
        )
    ),
    Task(name="OR, offsets of 60 entities", kind="offsets between entities", draw=of_offsets(OR, 2.5)),
    Task(name="XOR, offsets of 60 entities", kind="offsets between entities", draw=of_offsets(XOR, 3)),
    Task(name="2 classes 2 apart, noise partners", kind="noise partners", draw=of_partners([0, 2])),
    Task(name="4 classes in a ring, noise partners", kind="noise partners", draw=of_partners(2.5 * ring(4))),
    Task(name="6 classes in a row, noise partners", kind="noise partners", draw=of_partners(2.0 * np.arange(6))),
    *(
        Task(name=name, kind="40 states", draw=of_states(table), sizes=(8000, 20_000))
        for name, table in (
            ("40 states seen twice", same_class(np.full(40, 1 / 40))),
            ("40 states, and pairs of them", halves()),
            ("40 states by row and column", grid()),
        )
    ),
    *(
        Task(name=name, kind="unequal priors", draw=draw)
        for name, draw in (
            ("2 classes of 10 and 90 %", of_classes([0, 1], 2, 2, prior=[0.9, 0.1])),
            ("3 classes of 80, 15 and 5 %", of_classes(range(3), 1.5, 2.5, prior=[0.8, 0.15, 0.05])),
            ("XOR of bits of 10 %", of_readings(rare_bits(0.1, np.array([[0, 1], [1, 0]])), 4 * BITS)),
        )
    ),
    Task(name="SUM of bits in runs", kind="slow streams", draw=of_runs(3, memory=0.8)),
    Task(name="SUM of bits in long runs", kind="slow streams", draw=of_runs(2, memory=0.5, lengths=(10, 30))),
    Task(
        name="slow nulls, 2 classes",
        kind="slow nulls",
        draw=of_slow_nulls(2, memory=0.97, lengths=(15, 25)),
    ),
    Task(
        name="slow nulls, 4 classes",
        kind="slow nulls",
        draw=of_slow_nulls(4, memory=0.95, lengths=(5, 40)),
    ),
)  # fmt: skip
