"""Systems with a memory, and what is known of them exactly: a Markov system of bits, a linear Gaussian one, a held
stream.

Truth comes from every path of the bits with its probability, and from covariances; nothing of it from an estimator.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

import interplay as ip
from interplay.info import decompose
from interplay.profile import PAIR_ATOMS

Truth = dict[str, float]


# ---- bits --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Bits:
    """Two sources that keep their bit with probability `stay`, and a target that sees `a` one step and `b` two steps
    ago:

    with probability `redraw` a fair coin, else with `lazy` its own last value, else a and b.
    """

    stay: float = 0.8
    redraw: float = 0.1
    lazy: float = 0.3

    def p_target(self, a: int, b: int, before: int) -> float:
        """P(y = 1 | a one step ago, b two steps ago, y one step ago)."""
        clean = self.lazy * before + (1 - self.lazy) * (a & b)
        return self.redraw / 2 + (1 - self.redraw) * clean

    def draw(self, steps: int, seed: int) -> dict[str, np.ndarray]:
        """Streams a, b and y, (steps,) int each."""
        rng = np.random.default_rng(seed)
        a, b = (np.cumsum(rng.random(steps) > self.stay) + rng.integers(2) for _ in range(2))
        a, b = a % 2, b % 2
        y, chance = np.zeros(steps, dtype=np.int64), rng.random(steps)
        for t in range(2, steps):
            y[t] = chance[t] < self.p_target(a[t - 1], b[t - 2], y[t - 1])
        return {"a": a, "b": b, "y": y}

    def windows(self, steps: int, length: int, seed: int, names: str = "abc") -> ip.Windows:
        """Windows of `length` steps of some sources, c among them one that has nothing to do with the others; all are
        seen with a little noise."""
        bits = self.draw(steps, seed)
        rng = np.random.default_rng([seed, 1])
        bits["c"] = np.cumsum(rng.random(steps) > self.stay) % 2
        x = {name: bits[name][:, None] + 0.05 * rng.normal(size=(steps, 1)) for name in names}
        return ip.windows_from_arrays(x, bits["y"], steps=length)

    def paths(self, length: int) -> tuple[np.ndarray, dict[tuple[str, int], np.ndarray]]:
        """Probability of every path of `length` steps, and each bit of it by name and lag."""
        states = list(product((0, 1), repeat=4))  # a, b, b one step before, y
        move = np.zeros((16, 16))
        for k, (a, b, b_before, y) in enumerate(states):
            for n, (a_next, b_next, b_now, y_next) in enumerate(states):
                if b_now == b:
                    p = self.p_target(a, b_before, y)
                    stays = [self.stay if same else 1 - self.stay for same in (a == a_next, b == b_next)]
                    move[k, n] = stays[0] * stays[1] * (p if y_next else 1 - p)
        level, vectors = np.linalg.eig(move.T)
        start = np.real(vectors[:, np.argmax(np.real(level))])
        start = start / start.sum()
        rows = [(p, (k,)) for k, p in enumerate(start)]
        for _ in range(length - 1):
            rows = [
                (p * move[path[-1], n], (*path, n))
                for p, path in rows
                for n in np.flatnonzero(move[path[-1]])
            ]
        p, path = np.array([p for p, _ in rows]), np.array([states[k] for _, each in rows for k in each])
        path = path.reshape(len(rows), length, 4)
        return p, {(name, length - 1 - t): path[:, t, k] for t in range(length) for name, k in
                   (("a", 0), ("b", 1), ("y", 3))}  # fmt: skip


def code(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Number of each distinct row."""
    return np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def information(p: np.ndarray, x, y, given=()) -> float:
    """I(X; Y | given) of rows with probabilities, bits; x, y and given are lists of columns."""

    def h(columns) -> float:
        if not columns:
            return 0.0
        share = np.bincount(code(columns), weights=p)
        share = share[share > 0]
        return -float((share * np.log2(share)).sum())

    x, y, given = list(x), list(y), list(given)
    return h([*x, *given]) + h([*y, *given]) - h([*x, *y, *given]) - h(given)


def rate_of_bits(system: Bits, length: int, history: int) -> dict[str, float]:
    """Atoms of the pasts of a and b, `length` steps each, given the target's own last labels."""
    p, bit = system.paths(max(length, history + 1))
    past = {name: code([bit[name, lag] for lag in range(length)]) for name in ("a", "b")}
    context = (
        code([bit["y", lag] for lag in range(1, history + 1)]) if history else np.zeros(len(p), dtype=int)
    )
    atoms = dict.fromkeys(("redundancy", "unique_a", "unique_b", "synergy"), 0.0)
    for number in np.unique(context):
        here = context == number
        table = np.zeros((past["a"].max() + 1, past["b"].max() + 1, 2))
        np.add.at(table, (past["a"][here], past["b"][here], bit["y", 0][here]), p[here])
        d, weight = decompose(table / table.sum(), tol_bits=1e-6), table.sum()
        for name, value in zip(atoms, (d.redundancy, d.unique1, d.unique2, d.synergy), strict=True):
            atoms[name] += weight * float(value)
    return atoms | {
        "mi_a": information(p, [past["a"]], [bit["y", 0]], [context]),
        "mi_b": information(p, [past["b"]], [bit["y", 0]], [context]),
        "joint_mi": information(p, [past["a"], past["b"]], [bit["y", 0]], [context]),
    }


def novel_of_bits(system: Bits, length: int, history: int = 0) -> dict[str, np.ndarray]:
    """What each lag of a, of b and of both adds to the more recent ones, (length,) bits each."""
    p, bit = system.paths(max(length, history + 1))
    own = [bit["y", lag] for lag in range(1, history + 1)]

    def added(names: str) -> np.ndarray:
        parts = [[bit[name, lag] for name in names] for lag in range(length)]
        since = [[column for part in parts[:lag] for column in part] for lag in range(length)]
        return np.array([information(p, parts[k], [bit["y", 0]], [*since[k], *own]) for k in range(length)])

    return {"a": added("a"), "b": added("b"), "both": added("ab")}


# ---- linear ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """Two slow sources, x of memory `memory` and z a little tied to it, and y that sees x one and z three steps ago.

    All noise is standard normal; the state is (x, z, y) of the last four steps.
    """

    memory: float = 0.8
    own: float = 0.5
    of_x: float = 0.4
    of_z: float = 0.3

    def matrix(self) -> np.ndarray:
        """(12, 12), of the step to the next state, newest first."""
        move = np.zeros((12, 12))
        move[0, 0], move[1, 1], move[1, 0] = self.memory, 0.5, 0.3
        move[2, 2], move[2, 0], move[2, 3 * 2 + 1] = self.own, self.of_x, self.of_z
        move[3:, :-3] = np.eye(9)
        return move

    def draw(self, steps: int, seed: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        move, state = self.matrix(), np.zeros(12)
        rows = np.empty((steps + 100, 3))
        for t, noise in enumerate(rng.normal(size=(steps + 100, 3))):
            state = move @ state
            state[:3] += noise
            rows[t] = state[:3]
        return dict(zip("xzy", rows[100:].T, strict=True))

    def windows(self, steps: int, length: int, seed: int) -> ip.Windows:
        streams = self.draw(steps, seed)
        noise = np.random.default_rng([seed, 1]).normal(size=(steps, 1))
        x = {"x": streams["x"][:, None], "z": streams["z"][:, None], "noise": noise}
        return ip.windows_from_arrays(x, streams["y"], steps=length, classes=())

    def covariance(self, columns: Sequence[tuple[str, int]]) -> np.ndarray:
        """Of streams at lags; by the Lyapunov equation of the state and powers of its matrix."""
        move = self.matrix()
        noise = np.zeros((12, 12))
        noise[:3, :3] = np.eye(3)
        state = solve_discrete_lyapunov(move, noise)
        of = {"x": 0, "z": 1, "y": 2}

        def between(one: tuple[str, int], two: tuple[str, int]) -> float:
            (i, late), (j, early) = sorted([one, two], key=lambda column: column[1])
            return float((np.linalg.matrix_power(move, early - late) @ state)[of[i], of[j]])

        return np.array([[between(one, two) for two in columns] for one in columns])

    def information(self, x, given=()) -> float:
        """I(x; y | given) in bits, of streams at lags."""
        y, x, given = [("y", 0)], list(x), list(given)

        def logdet(columns) -> float:
            return float(np.linalg.slogdet(self.covariance(columns))[1]) if columns else 0.0

        nats = 0.5 * (logdet([*x, *given]) + logdet([*y, *given]) - logdet([*x, *y, *given]) - logdet(given))
        return nats / np.log(2)


def rate_of_linear(system: Linear, length: int, history: int) -> dict[str, float]:
    """Atoms of the pasts of x and z given the last values of y; of one number the weaker source is redundant."""
    own = [("y", lag) for lag in range(1, history + 1)]
    past = {name: [(name, lag) for lag in range(length)] for name in "xz"}
    x, z = (system.information(past[name], own) for name in "xz")
    both = system.information([*past["x"], *past["z"]], own)
    atoms = {"redundancy": min(x, z), "unique_x": max(x - z, 0.0), "unique_z": max(z - x, 0.0)}
    return atoms | {"synergy": both - max(x, z), "mi_x": x, "mi_z": z, "joint_mi": both}


def novel_of_linear(system: Linear, length: int, history: int = 0) -> dict[str, np.ndarray]:
    """What each lag of x, of z and of both adds to the more recent ones, (length,) bits each."""
    own = [("y", lag) for lag in range(1, history + 1)]

    def added(names: str) -> np.ndarray:
        parts = [[(name, lag) for name in names] for lag in range(length)]
        since = [[column for part in parts[:lag] for column in part] for lag in range(length)]
        return np.array([system.information(parts[k], [*since[k], *own]) for k in range(length)])

    return {"x": added("x"), "z": added("z"), "both": added("xz")}


# ---- a stream that is held ---------------------------------------------------------------------------------

HELD, READ_AFTER = 8, 3
"""Steps that a value is held, and steps after its end at which it is asked for."""


def held(values: int, seed: int, length: int = 7) -> ip.Windows:
    """A stream that holds a new value for eight steps; asked is, at the third step after its end, whether the value was
    above zero. Its last moment is three steps ago, all earlier ones say the same again; 5 % of answers are wrong."""
    rng = np.random.default_rng(seed)
    value = rng.normal(size=values)
    answer = (value > 0) ^ (rng.random(values) < 0.05)
    x = {
        "held": np.repeat(value, HELD)[:, None] + 0.05 * rng.normal(size=(values * HELD, 1)),
        "other": np.repeat(rng.normal(size=values), HELD)[:, None]
        + 0.05 * rng.normal(size=(values * HELD, 1)),
    }
    y = np.full(values * HELD, -1)
    y[HELD + READ_AFTER - 1 :: HELD] = answer[:-1]
    return ip.windows_from_arrays(x, y, steps=length)


def news_of_held() -> float:
    """What the last moment of a held value tells, bits."""
    return 1 + 0.05 * np.log2(0.05) + 0.95 * np.log2(0.95)


# ---- nothing -----------------------------------------------------------------------------------------------


def sticky_nothing(steps: int, seed: int, *, numbers: bool, length: int = 5) -> ip.Windows:
    """Three slow streams that have nothing to do with a slow target, nor with one another; one recording."""
    rng = np.random.default_rng([seed, 2])

    def slow(n: int) -> np.ndarray:
        x = rng.normal(size=(steps, n))
        for t in range(1, steps):
            x[t] = 0.95 * x[t - 1] + np.sqrt(1 - 0.95**2) * x[t]
        return x

    x = {name: slow(2) for name in "abc"}
    y = slow(1)[:, 0]
    return ip.windows_from_arrays(
        x, y if numbers else (y > 0).astype(int), steps=length, classes=() if numbers else None
    )


def values_of(profile: ip.InteractionProfile, names: str) -> Iterator[tuple[str, float, float]]:
    """Name, value and standard error of all that `rate_of_bits` and `rate_of_linear` know of two sources."""
    d, (i, j) = profile.dataset.isel(lag=0), names
    pair = {"source_i": i, "source_j": j}
    where = {f"mi_{name}": ("mi", {"source": name}) for name in names}
    where |= {name: (name, pair) for name in ("redundancy", "synergy", "joint_mi")}
    where |= {f"unique_{i}": ("unique", pair), f"unique_{j}": ("unique", {"source_i": j, "source_j": i})}
    for name, (variable, place) in where.items():
        yield name, float(d[variable].sel(place)), float(d[f"{variable}_stderr"].sel(place))


def false_sentences(profile: ip.InteractionProfile) -> int:
    """How many atoms, and how many news, of a profile of nothing are called significant."""
    return sum(int(profile.significant(atom).sum()) for atom in PAIR_ATOMS) + len(profile.novel_sentences(99))
