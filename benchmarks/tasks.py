"""The truth suite: tasks whose interactions are known exactly.

A task is drawn with any number of steps and any seed. The plain tasks here show discrete states so clearly (the nearest
states lie eight standard deviations of the noise apart) that fewer than 1 in 10,000 is mistaken, which moves no atom by
0.002 bit; the exact table of the states is therefore the truth. States that overlap, sharp boundaries, glitches,
offsets and noise partners are in `benchmarks.graded`.
"""

from collections.abc import Callable

import numpy as np

import interplay as ip
from benchmarks.draws import Draw, Task, curved, linear, monotone, pair_tables, sample, with_atoms, with_truth
from benchmarks.graded import GRADED
from interplay.info import decompose_gaussian
from interplay.synthetic import GATES, lagged_streams, linear_gaussian
from interplay.synthetic.lagged import PLANTED_SEES, Term

# ---- kinds of tasks ----------------------------------------------------------------------------------------


def of_table(
    table: np.ndarray,
    *,
    channels: int = 4,
    show: Callable = linear,
    protocol: bool = False,
) -> Callable[[int, int], Draw]:
    """Independent rows of one table. With `protocol`, 20 people pass through the labels one after the other."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        x1, x2, y = sample(table, n, rng)
        person = np.arange(n) * 20 // n
        if protocol:
            order = np.lexsort((rng.random(n), y, person))
            x1, x2, y = x1[order], x2[order], y[order]
        arrays = {"x1": show(x1, channels, rng), "x2": show(x2, channels, rng)}
        windows = ip.windows_from_arrays(arrays, y, steps=1, entity=person)
        return with_truth(windows, pair_tables(table))

    return draw


def of_streams(sees=PLANTED_SEES, terms=None, **how) -> Callable[[int, int], Draw]:
    """Bits at delays, from `interplay.synthetic.lagged_streams`."""

    def draw(n: int, seed: int) -> Draw:
        known = {} if terms is None else {"terms": terms}
        streams = lagged_streams(n, sees=sees, random_state=seed, **known, **how)
        windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=streams.tables.shape[2])
        return with_truth(windows, streams.tables)

    return draw


def of_sticky(gate: np.ndarray, *, stay: float, lag: int = 1, lags: int = 3) -> Callable[[int, int], Draw]:
    """Two sticky bits and y(t) = gate(bits of t - lag); P(same bit k steps apart) = (1 + (2 stay - 1)^k) / 2."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        bits = np.cumsum(rng.random((2, n)) > stay, axis=1) % 2
        y = gate[tuple(np.roll(bits, lag, axis=1))]
        y[:lag] = -1
        arrays = {f"x{k + 1}": linear(bits[k], 4, rng) for k in range(2)}
        windows = ip.windows_from_arrays(arrays, y, steps=lags)
        tables = np.concatenate([pair_tables(table(k)) for k in range(lags)], axis=2)
        return with_truth(windows, tables)

    def table(k: int) -> np.ndarray:
        same = (1 + (2 * stay - 1) ** abs(k - lag)) / 2
        move = np.array([[same, 1 - same], [1 - same, same]])
        label = np.eye(gate.max() + 1)[gate]
        return np.einsum("ax,by,xyc->abc", move, move, label) / 4

    return draw


def of_noise(channels: int, *, events: float = 0.5, slow: float = 0.0) -> Callable[[int, int], Draw]:
    """Three sources and a target that know nothing of one another; `slow` is the correlation of successive steps."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)

        def stream(d: int) -> np.ndarray:
            x = rng.normal(size=(n, d))
            for t in range(1, n):
                x[t] = slow * x[t - 1] + np.sqrt(1 - slow**2) * x[t]
            return x

        level = stream(1)[:, 0]
        y = (level > np.quantile(level, 1 - events)).astype(int)
        windows = ip.windows_from_arrays({f"x{k}": stream(channels) for k in range(3)}, y, steps=2)
        nothing = np.where(np.eye(3, dtype=bool)[..., None], np.nan, np.zeros((3, 3, 2)))
        return Draw(windows=windows, redundancy=nothing, unique=nothing, synergy=nothing)

    return draw


def of_stays(table: np.ndarray, steps: int = 4) -> Callable[[int, int], Draw]:
    """One label per stay of a few steps; the states hold through the stay."""

    def draw(n: int, seed: int) -> Draw:
        rng = np.random.default_rng(seed)
        x1, x2, y = sample(table, n // steps, rng)
        arrays = {
            name: linear(x.repeat(steps), 3, rng).reshape(-1, steps, 3)
            for name, x in (("x1", x1), ("x2", x2))
        }
        return with_truth(ip.windows_from_arrays(arrays, y), pair_tables(table, steps))

    return draw


def of_gaussian(**how) -> Callable[[int, int], Draw]:
    """Linear-Gaussian streams and a continuous target, from `interplay.synthetic.linear_gaussian`."""

    def draw(n: int, seed: int) -> Draw:
        streams = linear_gaussian(n, random_state=seed, **how)
        windows = ip.windows_from_arrays(
            streams.arrays, streams.y, steps=streams.covariance.shape[2], classes=()
        )
        off = ~np.eye(len(streams.arrays), dtype=bool)
        return with_atoms(windows, decompose_gaussian(streams.covariance[off], 1, 1))

    return draw


# ---- tables ------------------------------------------------------------------------------------------------


def mixture(one: str, two: str, share: float) -> np.ndarray:
    """The target follows gate `one` with probability `share`, gate `two` otherwise, on the same uniform states."""
    a, b = GATES[one].table, GATES[two].table
    size = [max(pair) for pair in zip(a.shape, b.shape, strict=True)]
    mixed = np.zeros(size)
    for table, weight in ((a, share), (b, 1 - share)):
        mixed[tuple(slice(s) for s in table.shape)] += weight * table
    return mixed


def random_table(seed: int, n1: int, n2: int, classes: int, strength: float = 0.3) -> np.ndarray:
    """A random joint distribution; smaller `strength` tells more."""
    return (
        np.random.default_rng(seed).dirichlet(np.full(n1 * n2 * classes, strength)).reshape(n1, n2, classes)
    )


def redrawn(table: np.ndarray, share: float) -> np.ndarray:
    """A share of labels drawn anew, uniformly."""
    return (1 - share) * table + share * table.sum(-1, keepdims=True) / table.shape[-1]


def rare(events: float = 0.01) -> np.ndarray:
    """Events of probability 1 %: x1 shows most of them, x2 half of them, with false alarms."""
    table = np.zeros((2, 2, 2))
    for y, share, one, two in ((1, events, 0.9, 0.5), (0, 1 - events, 0.02, 0.01)):
        table[..., y] = share * np.outer([1 - one, one], [1 - two, two])
    return table


def twenty_seven() -> np.ndarray:
    """27 equal classes; x1 tells which nine-fold third, x2 which of three, neither all."""
    table = np.zeros((9, 3, 27))
    y = np.arange(27)
    table[y // 3, y % 3, y] = 1 / 27
    return redrawn(table, 0.1)


GATE_NAMES = ("XOR", "COPY", "UNIQUE", "CAT", "AND", "SUM")
XOR_BITS, AND_BITS = np.array([[0, 1], [1, 0]]), np.array([[0, 0], [0, 1]])
DELAYED_XOR = (Term(1, (("A", 2), ("B", 2))),)

TASKS: tuple[Task, ...] = (
    *(
        Task(name=f"gate {name}", kind="plain tables", draw=of_table(GATES[name].table))
        for name in GATE_NAMES
    ),
    Task(name="half AND, half UNIQUE", kind="plain tables", draw=of_table(mixture("AND", "UNIQUE", 0.5))),
    Task(name="half XOR, half COPY", kind="plain tables", draw=of_table(mixture("XOR", "COPY", 0.5))),
    Task(name="70 % SUM, 30 % XOR", kind="plain tables", draw=of_table(mixture("SUM", "XOR", 0.7))),
    *(
        Task(name=f"random, {c} classes", kind="plain tables", draw=of_table(random_table(c, 3, 3, c)))
        for c in (2, 5, 8, 12)
    ),
    Task(name="random, 6 x 4 states", kind="plain tables", draw=of_table(random_table(1, 6, 4, 3))),
    *(
        Task(
            name=f"AND, {d} channels",
            kind="channels and bends",
            draw=of_table(GATES["AND"].table, channels=d),
        )
        for d in (1, 50, 200)
    ),
    Task(name="XOR, 50 channels", kind="channels and bends", draw=of_table(GATES["XOR"].table, channels=50)),
    Task(
        name="random, curved",
        kind="channels and bends",
        draw=of_table(random_table(2, 3, 3, 4), channels=6, show=curved),
    ),
    Task(
        name="XOR, curved",
        kind="channels and bends",
        draw=of_table(GATES["XOR"].table, channels=6, show=curved),
    ),
    Task(
        name="random, monotone channels",
        kind="channels and bends",
        draw=of_table(random_table(3, 3, 3, 4), channels=6, show=monotone),
    ),
    Task(
        name="XOR, 20 % of labels redrawn",
        kind="plain tables",
        draw=of_table(redrawn(GATES["XOR"].table, 0.2)),
    ),
    Task(
        name="COPY, 30 % of labels redrawn",
        kind="plain tables",
        draw=of_table(redrawn(GATES["COPY"].table, 0.3)),
    ),
    Task(name="planted lags", kind="lags", draw=of_streams()),
    Task(
        name="delayed XOR",
        kind="lags",
        draw=of_streams(sees={"m0": ("A",), "m1": ("B",)}, terms=DELAYED_XOR, lags=4),
    ),
    Task(name="sticky AND, lag 1", kind="lags", draw=of_sticky(AND_BITS, stay=0.9)),
    Task(name="sticky XOR, lag 2", kind="lags", draw=of_sticky(XOR_BITS, stay=0.8, lag=2)),
    Task(
        name="protocol of AND", kind="protocols and stays", draw=of_table(GATES["AND"].table, protocol=True)
    ),
    Task(
        name="protocol, 5 classes",
        kind="protocols and stays",
        draw=of_table(random_table(4, 3, 3, 5), protocol=True),
    ),
    Task(name="noise", kind="noise", draw=of_noise(3)),
    Task(name="noise, 100 channels", kind="noise", draw=of_noise(100)),
    Task(name="noise, 5 % events", kind="noise", draw=of_noise(3, events=0.05)),
    Task(name="slow noise", kind="noise", draw=of_noise(3, slow=0.9)),
    Task(name="1 % events", kind="rare and many classes", draw=of_table(rare())),
    Task(name="27 classes", kind="rare and many classes", draw=of_table(twenty_seven())),
    Task(
        name="one label per stay",
        kind="protocols and stays",
        draw=of_stays(redrawn(GATES["SUM"].table, 0.1)),
        sizes=(20_000,),
    ),
    Task(name="AND, 1,000 steps", kind="plain tables", draw=of_table(GATES["AND"].table), sizes=(1000,)),
    Task(name="planted lags, 50,000 steps", kind="lags", draw=of_streams(), sizes=(50_000,)),
    Task(name="linear streams", kind="continuous targets", draw=of_gaussian(), continuous=True),
    Task(
        name="linear streams, 20 channels",
        kind="continuous targets",
        draw=of_gaussian(channels=20),
        continuous=True,
    ),
    Task(
        name="linear streams, weak",
        kind="continuous targets",
        draw=of_gaussian(target_noise=4.0),
        continuous=True,
    ),
    Task(
        name="linear streams, untold",
        kind="continuous targets",
        draw=of_gaussian(tells={(0, 1): 0.0}),
        continuous=True,
    ),
    *GRADED,
)
