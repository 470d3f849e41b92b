"""Do 95 % intervals cover the truth, and do p-values keep their promise? PosteriorPID on simulated data sets.

Each data set draws rows from one joint table of two sources and a target in which all atoms are present; its
interval is the estimate plus and minus 1.96 standard errors. A second set of simulations holds no information
at all: slow streams under slow labels. Run with ``python -m benchmarks.coverage [--sets 200]``; prints a
Markdown table.
"""

import argparse
import platform
from datetime import date

import numpy as np
import torch
from joblib import Parallel, delayed

import interplay as ip
from interplay.info import decompose
from interplay.profile import PAIR_ATOMS

ROWS = 2000
NULL_STEPS, NULL_MODALITIES, NULL_LAGS = 1500, 4, 3


def table() -> np.ndarray:
    """P(x1, x2, y) of a random table in which every atom is at least 0.05 bit."""
    for seed in range(10_000):
        p = np.random.default_rng(seed).dirichlet(np.full(27, 0.25)).reshape(3, 3, 3)
        atoms = decompose(p)
        if min(atoms.redundancy, atoms.unique1, atoms.unique2, atoms.synergy) > 0.05:
            return p
    raise RuntimeError("no such table")


def one_set(p: np.ndarray, seed: int) -> dict[str, tuple[float, float]]:
    """Estimate and standard error of every quantity."""
    rng = np.random.default_rng(seed)
    x1, x2, y = np.unravel_index(rng.choice(p.size, ROWS, p=p.ravel()), p.shape)
    shown = [np.eye(3)[x] + 0.05 * rng.normal(size=(ROWS, 3)) for x in (x1, x2)]
    f = ip.PosteriorPID(n_rotations=1, random_state=seed).fit(*shown, y)
    names = ("mi1", "mi2", "joint_mi", "redundancy", "unique1", "unique2", "synergy")
    return {name: (getattr(f, f"{name}_"), getattr(f, f"{name}_stderr_")) for name in names}


def one_null(seed: int) -> np.ndarray:
    """p-values of all pairs and lags where there is no information."""
    rng = np.random.default_rng([seed, 1])

    def slow(n: int) -> np.ndarray:
        x = rng.normal(size=(NULL_STEPS, n))
        for t in range(1, NULL_STEPS):
            x[t] = 0.9 * x[t - 1] + np.sqrt(1 - 0.81) * x[t]
        return x

    arrays = {f"m{m}": slow(3) for m in range(NULL_MODALITIES)}
    windows = ip.windows_from_arrays(arrays, (slow(1)[:, 0] > 0).astype(int), steps=NULL_LAGS)
    estimator = ip.PosteriorPID(n_rotations=199, random_state=seed)
    d = ip.TemporalRUS(estimator, progress=lambda done: None).fit(windows).profile_.dataset
    atoms = np.abs(np.concatenate([d[name].values.ravel() for name in PAIR_ATOMS]))
    return np.r_[np.nanmax(atoms), d["p_value"].values[np.triu_indices(NULL_MODALITIES, 1)].ravel()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    p = table()
    jobs = Parallel(n_jobs=options.jobs)
    fits = jobs(delayed(one_set)(p, seed) for seed in range(options.sets))
    exact = decompose(p, tol_bits=1e-8)
    print(f"# Coverage\n\n{date.today()}, {platform.machine()}, torch {torch.__version__}, {options.sets} data sets of "
          f"{ROWS} rows.\n")  # fmt: skip
    print("| quantity | truth (bit) | mean estimate | sd of estimates | mean standard error | covered |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in fits[0]:
        value, error = np.array([one[name] for one in fits]).T
        truth = float(getattr(exact, name))
        covered = np.mean(np.abs(value - truth) <= 1.96 * error)
        print(
            f"| {name} | {truth:.4f} | {value.mean():.4f} | {value.std():.4f} | {error.mean():.4f} | {covered:.1%} |"
        )
    null = np.array(jobs(delayed(one_null)(seed) for seed in range(options.sets)))
    print(f"\nNo information ({NULL_MODALITIES} slow streams of {NULL_STEPS} steps, {NULL_LAGS} lags, slow "
          f"labels): {np.mean(null[:, 1:] <= 0.05):.1%} of {null[:, 1:].size} (pair, lag) cells significant at 5 %; "
          f"largest atom "
          f"{null[:, 0].max():.4f} bit, mean of the largest {null[:, 0].mean():.4f}.")  # fmt: skip


if __name__ == "__main__":
    main()
