"""The batched certified solver against CLARABEL on the same random tables, to the same certified accuracy.

Run with ``python benchmarks/solver.py`` on an idle machine; prints a Markdown table. CLARABEL's time is its
own solve time, without CVXPY's compilation.
"""

import platform
import time
from datetime import date

import cvxpy as cp
import numpy as np
import torch

from interplay.info import decompose_marginals

TOL_BITS = 1e-4
CLARABEL_PROBLEMS = 5


def random_marginals(n: int, shape: tuple[int, int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
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


def main() -> None:
    print(f"# Solver\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}, cvxpy {cp.__version__}; certified gap at most {TOL_BITS:g} bit.\n")  # fmt: skip
    print(
        "| shape | batch | ms per problem | largest gap (bit) | CLARABEL ms per problem | ratio "
        "| largest difference (bit) |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for shape, batch in (((10, 10, 12), 256), ((10, 10, 12), 1000), ((16, 16, 8), 1000)):
        p1, p2 = random_marginals(batch, shape)
        decompose_marginals(p1[:8], p2[:8], tol_bits=TOL_BITS)  # warm
        started = time.perf_counter()
        found = decompose_marginals(p1, p2, tol_bits=TOL_BITS)
        ours = (time.perf_counter() - started) / batch
        least = found.mi1 + found.mi2 - found.redundancy
        theirs = [clarabel(p1[k], p2[k]) for k in range(CLARABEL_PROBLEMS)]
        seconds = np.mean([took for _, took in theirs])
        apart = max(abs(value - least[k]) for k, (value, _) in enumerate(theirs))
        print(f"| {' x '.join(map(str, shape))} | {batch} | {1e3 * ours:.2f} | {found.gap_bits.max():.1e} | "
              f"{1e3 * seconds:.0f} | 1/{seconds / ours:.0f} | {apart:.1e} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
