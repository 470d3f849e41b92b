"""The batched certified solver: families of hard tables, and CLARABEL on random ones to the same accuracy.

Run with ``python benchmarks/solver.py`` on an idle machine; prints Markdown tables. CLARABEL's time is its own
solve time, without CVXPY's compilation. Tables come in pairs P(x1, y), P(x2, y) of one y-marginal.
"""

import platform
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product

import cvxpy as cp
import numpy as np
import torch
from scipy.special import ndtr, ndtri

from interplay.errors import ConvergenceWarning
from interplay.info import decompose_marginals

TOL_BITS = 1e-4
HARD_TOL_BITS = 1e-6
CLARABEL_PROBLEMS = 5

Pair = tuple[np.ndarray, np.ndarray]

CORRELATIONS = ((0.99, 0.9), (0.99, 0.98), (0.95, 0.3), (0.8, 0.5), (0.71, 0.7), (0.2, 0.1))
SHAPES = ((8, 8, 6), (16, 16, 8), (24, 24, 6), (12, 10, 20))


def gaussian_table(x_edges: np.ndarray, y_edges: np.ndarray, correlation: float) -> np.ndarray:
    """P(x bin, y bin) of two unit Gaussians, by 40 nodes of Gauss-Legendre in every bin of y."""
    node, node_weight = np.polynomial.legendre.leggauss(40)
    half = np.diff(y_edges)[:, None] / 2
    y = y_edges[:-1, None] + half * (1 + node)
    density = np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi) * node_weight * half
    z = (x_edges[:, None, None] - correlation * y) / np.sqrt(1 - correlation**2)
    low, high = z[:-1], z[1:]
    # the tail that is the smaller, so that far bins keep their digits
    inside = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    return (inside * density).sum(-1)


def of_one_target(table1: np.ndarray, table2: np.ndarray) -> Pair:
    """Two tables of positive y-marginals, scaled to one."""
    table1, table2 = table1 / table1.sum(), table2 / table2.sum()
    p_y = np.sqrt(table1.sum(0) * table2.sum(0))
    p_y = p_y / p_y.sum()
    return table1 * (p_y / table1.sum(0)), table2 * (p_y / table2.sum(0))


def equal_widths() -> Iterator[Pair]:
    """Gaussians cut at equal steps over 4 to 9 standard deviations: rows down to 1e-16, entries to 1e-300."""
    for n, span, (one, two) in product((8, 14, 18, 24), (4.0, 5.0, 6.0, 9.0), CORRELATIONS):
        edges = np.linspace(-span, span, n + 1)
        yield of_one_target(*(gaussian_table(edges, edges, rho) for rho in (one, two)))


def equal_masses() -> Iterator[Pair]:
    for n, (one, two) in product((8, 14, 18, 24), CORRELATIONS):
        edges = np.concatenate([[-9.0], ndtri(np.arange(1, n) / n), [9.0]])
        yield of_one_target(*(gaussian_table(edges, edges, rho) for rho in (one, two)))


def noisy_copies() -> Iterator[Pair]:
    """Both sources show the class itself, but for an error of theirs."""
    rng = np.random.default_rng(0)
    errors = ((0.1, 0.1), (1e-3, 0.1), (1e-6, 1e-3), (1e-9, 1e-9), (1e-12, 1e-4))
    for n, pair in product((4, 12, 20), errors):
        p_y = rng.dirichlet(np.ones(n))
        yield of_one_target(
            *((((1 - e) * np.eye(n) + e * rng.dirichlet(np.ones(n), n)) * p_y[:, None]).T for e in pair)
        )


def random_zeros() -> Iterator[Pair]:
    rng = np.random.default_rng(1)
    for shape, share, _ in product(SHAPES, (0.1, 0.3, 0.6), range(3)):
        yield marginals(rng.dirichlet(np.ones(np.prod(shape))).reshape(shape) * (rng.random(shape) < share))


def dirichlet() -> Iterator[Pair]:
    """Joint tables, and two tables of marginals, of concentration 0.05 to 1."""
    rng = np.random.default_rng(2)
    for shape, concentration, _ in product(SHAPES, (0.05, 0.1, 0.3, 1.0), range(2)):
        yield marginals(rng.dirichlet(np.full(np.prod(shape), concentration)).reshape(shape))
        yield given_classes(rng, *shape, concentration)


def many_classes() -> Iterator[Pair]:
    rng = np.random.default_rng(3)
    for (cells, classes), concentration, _ in product(
        ((2, 40), (4, 27), (6, 27), (8, 40)), (0.1, 1.0), range(2)
    ):
        yield given_classes(rng, cells, cells, classes, concentration)


def quantised_posteriors() -> Iterator[Pair]:
    """Cells whose posteriors differ by next to nothing, and cells that are nearly sure of their class."""
    rng = np.random.default_rng(4)
    for classes, cells, spread in product((2, 4, 10), (8, 16, 24), (1e-5, 1e-3, 0.1, 4.0, 10.0)):
        p_y = rng.dirichlet(np.full(classes, 2.0))
        yield of_one_target(
            *(
                rng.dirichlet(np.ones(cells))[:, None]
                * softmax(np.log(p_y) + spread * rng.standard_normal((cells, classes)))
                for _ in range(2)
            )
        )


def tiny_row() -> Iterator[Pair]:
    """One cell of mass 1e-9 to 1e-15 in one source or in both."""
    rng = np.random.default_rng(5)
    for shape, mass, both in product(((4, 4, 3), (10, 10, 8)), (1e-9, 1e-12, 1e-15), (False, True)):
        joint = rng.dirichlet(np.full(np.prod(shape), 0.5)).reshape(shape)
        joint[0] *= mass / joint[0].sum()
        if both:
            joint[:, 1] *= 10 * mass / joint[:, 1].sum()
        yield marginals(joint)


def near_copies() -> Iterator[Pair]:
    """A source and itself, exactly or but for 1e-14 to 1e-3 of every entry."""
    rng = np.random.default_rng(6)
    for shape, change in product(((6, 4), (16, 8), (24, 12)), (0.0, 1e-14, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)):
        table = rng.dirichlet(np.full(np.prod(shape), 0.5)).reshape(shape)
        yield of_one_target(table, table * np.exp(change * rng.standard_normal(shape)))


def permuted_copies() -> Iterator[Pair]:
    rng = np.random.default_rng(7)
    for one, two in near_copies():
        yield one, two[rng.permutation(len(two))]


def rare_class() -> Iterator[Pair]:
    """One class of mass 1e-6 to 1e-15."""
    rng = np.random.default_rng(8)
    for shape, mass, concentration in product(
        ((4, 4, 3), (10, 10, 8), (16, 16, 4)), (1e-6, 1e-9, 1e-12, 1e-15), (0.3, 1.0)
    ):
        joint = rng.dirichlet(np.full(np.prod(shape), concentration)).reshape(shape)
        joint[:, :, 0] *= mass / joint[:, :, 0].sum()
        yield marginals(joint)


def graded() -> Iterator[Pair]:
    """Masses of cells and posteriors drawn evenly on a logarithmic scale, over up to 26 decades."""
    rng = np.random.default_rng(9)
    for shape, decades, _ in product(SHAPES, (2, 6, 13), range(2)):
        n1, n2, n_c = shape
        scales = (rng.random((n, n_c)) + rng.random((n, 1)) for n in (n1, n2))
        yield of_one_target(*(10.0 ** (-decades * scale) for scale in scales))


FAMILIES: dict[str, Callable[[], Iterator[Pair]]] = {
    "Gaussian, bins of equal width": equal_widths,
    "Gaussian, bins of equal mass": equal_masses,
    "noisy copies of the target": noisy_copies,
    "random zeros": random_zeros,
    "Dirichlet": dirichlet,
    "many classes": many_classes,
    "quantised posteriors": quantised_posteriors,
    "tiny row": tiny_row,
    "near-copies": near_copies,
    "permuted copies": permuted_copies,
    "rare class": rare_class,
    "graded": graded,
}
"""Kinds of table that are hard for a solver, each as a generator that repeats."""


def marginals(joint: np.ndarray) -> Pair:
    joint = joint / joint.sum()
    return joint.sum(1), joint.sum(0)


def given_classes(rng: np.random.Generator, n1: int, n2: int, n_c: int, concentration: float) -> Pair:
    """Two tables of p(x|y) drawn from a Dirichlet distribution for every class."""
    p_y = rng.dirichlet(np.ones(n_c))
    one, two = (rng.dirichlet(np.full(n, concentration), n_c).T * p_y for n in (n1, n2))
    return of_one_target(one, two)


def softmax(logits: np.ndarray) -> np.ndarray:
    p = np.exp(logits - logits.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def random_marginals(n: int, shape: tuple[int, int, int], seed: int = 0) -> Pair:
    """Tables P(x1, y) and P(x2, y) of n random joint distributions."""
    n1, n2, n_c = shape
    joint = np.random.default_rng(seed).dirichlet(np.full(n1 * n2 * n_c, 0.3), n).reshape(n, *shape)
    return joint.sum(2), joint.sum(1)


def clarabel(p1: np.ndarray, p2: np.ndarray) -> tuple[float, float]:
    """Least joint information in bits, and the seconds that CLARABEL took for it."""
    (n1, n_c), n2 = p1.shape, len(p2)
    q = [cp.Variable((n1, n2), nonneg=True) for _ in range(n_c)]
    total = sum(q)
    constraints = [
        constraint
        for y in range(n_c)
        for constraint in (cp.sum(q[y], axis=1) == p1[:, y], cp.sum(q[y], axis=0) == p2[:, y])
    ]
    problem = cp.Problem(cp.Minimize(sum(cp.sum(cp.rel_entr(q[y], total)) for y in range(n_c))), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=TOL_BITS * np.log(2), tol_gap_rel=1e-12)
    p_y = p1.sum(0)
    return (problem.value - (p_y * np.log(p_y)).sum()) / np.log(2), problem.solver_stats.solve_time


def hard_families() -> None:
    print(f"Certified gap at most {HARD_TOL_BITS:g} bit, one table at a time:\n")
    print("| family | tables | smallest entry | reached | largest gap (bit) | ms per table | slowest (ms) |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, family in FAMILIES.items():
        pairs = list(family())
        gaps, seconds = np.zeros(len(pairs)), np.zeros(len(pairs))
        for k, pair in enumerate(pairs):
            started = time.perf_counter()
            gaps[k] = decompose_marginals(*pair, tol_bits=HARD_TOL_BITS).gap_bits
            seconds[k] = time.perf_counter() - started
        smallest = min(table[table > 0].min() for pair in pairs for table in pair)
        print(f"| {name} | {len(pairs)} | {smallest:.0e} | {(gaps <= HARD_TOL_BITS).sum()} | {gaps.max():.1e} | "
              f"{1e3 * seconds.mean():.1f} | {1e3 * seconds.max():.0f} |", flush=True)  # fmt: skip


def against_clarabel() -> None:
    print(f"\nRandom tables, certified gap at most {TOL_BITS:g} bit:\n")
    print(
        "| shape | batch | ms per problem | largest gap (bit) | CLARABEL ms per problem | ratio "
        "| largest difference (bit) |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for shape, batch in (((10, 10, 12), 256), ((10, 10, 12), 1000), ((16, 16, 8), 1000)):
        p1, p2 = random_marginals(batch, shape)
        decompose_marginals(p1[:8], p2[:8], tol_bits=TOL_BITS)  # warm
        started = time.perf_counter()
        atoms = decompose_marginals(p1, p2, tol_bits=TOL_BITS)
        ours = (time.perf_counter() - started) / batch
        least = atoms.mi1 + atoms.mi2 - atoms.redundancy
        theirs = [clarabel(p1[k], p2[k]) for k in range(CLARABEL_PROBLEMS)]
        seconds = np.mean([took for _, took in theirs])
        apart = max(abs(value - least[k]) for k, (value, _) in enumerate(theirs))
        print(f"| {' x '.join(map(str, shape))} | {batch} | {1e3 * ours:.2f} | {atoms.gap_bits.max():.1e} | "
              f"{1e3 * seconds:.0f} | 1/{seconds / ours:.0f} | {apart:.1e} |", flush=True)  # fmt: skip


def main() -> None:
    print(f"# Solver\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}, cvxpy {cp.__version__}.\n")  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the table says what was missed
        hard_families()
    against_clarabel()


if __name__ == "__main__":
    main()
