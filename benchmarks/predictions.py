"""Are the atoms of predictions right? `decompose_predictions` on posteriors that are known, good and bad, and on noise.

Each data set draws examples from one joint table of two sources and a class, and takes the posteriors of the table for
what models say; bad ones are raised to a power and lean towards some classes. Noise has nothing to do with the label,
once of every example and once of groups that share one. Run with ``python -m benchmarks.predictions [--sets 40]``;
prints Markdown.
"""

import argparse
import platform
from datetime import date

import numpy as np
import torch

import interplay as ip
from benchmarks.coverage import table
from interplay.synthetic import GATES

EXAMPLES = 800
ATOMS = ("redundancy", "unique1", "unique2", "synergy")
CALLED = {"n_bootstrap": 100, "n_rotations": 49}


def tables() -> dict[str, np.ndarray]:
    """Two gates with 15 % of their labels redrawn, and a table in which all atoms are present."""
    noisy = {
        f"{name}, noisy": 0.85 * t + 0.15 * t.sum(-1, keepdims=True) * t.sum((0, 1))
        for name, t in ((name, GATES[name].table) for name in ("AND", "SUM"))
    }
    return noisy | {"random": table()}


def bent(p: np.ndarray, power: float, lean: float) -> np.ndarray:
    """The same beliefs, too sure or too timid, leaning towards the last classes."""
    p = p**power * np.exp(lean * np.arange(p.shape[1]))
    return p / p.sum(-1, keepdims=True)


def one_set(joint: np.ndarray, seed: int, *, bad: bool) -> np.ndarray:
    """Value, error and significance (4, 3) of the atoms of one draw."""
    rng = np.random.default_rng(seed)
    x1, x2, y = np.unravel_index(rng.choice(joint.size, EXAMPLES, p=joint.ravel()), joint.shape)
    said = [p / p.sum(-1, keepdims=True) for p in (joint.sum(1)[x1], joint.sum(0)[x2], joint[x1, x2])]
    if bad:
        said = [bent(p, *how) for p, how in zip(said, ((3, 0.7), (0.3, -0.5), (2.5, -1.0)), strict=True)]
    atoms = ip.decompose_predictions(*said, y, random_state=seed, **CALLED).table.loc[list(ATOMS)]
    return atoms[["bits", "stderr", "significant"]].to_numpy(float)


def false_findings(seed: int, *, groups: int | None) -> bool:
    """Whether anything is called of predictions that are noise."""
    rng = np.random.default_rng(seed)
    group = np.arange(400) if groups is None else rng.permutation(np.arange(400) % groups)
    n = 400 if groups is None else groups
    y, said = rng.integers(0, 2, n)[group], rng.dirichlet([0.7, 0.7], (3, n))[:, group]
    given = None if groups is None else group
    atoms = ip.decompose_predictions(*said, y, given, random_state=seed, **CALLED)
    return bool(atoms.table["significant"].any())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=40)
    sets = parser.parse_args().sets
    print(f"# Predictions of others\n\n{date.today()}, {platform.machine()}, torch {torch.__version__}, {sets} data "
          f"sets of {EXAMPLES} examples each.\n")  # fmt: skip
    print("| table | posteriors | atom | truth (bit) | mean estimate | sd of estimates | mean standard error | covered "
          "| called |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |")  # fmt: skip
    for name, joint in tables().items():
        exact = ip.info.decompose(joint)
        for bad in (False, True):
            fits = np.array([one_set(joint, seed, bad=bad) for seed in range(sets)])
            for k, atom in enumerate(ATOMS):
                truth, (value, error, called) = float(getattr(exact, atom)), fits[:, k].T
                covered = np.mean(np.abs(value - truth) <= 1.96 * error)
                print(f"| {name} | {'bad' if bad else 'ideal'} | {atom} | {truth:.3f} | {value.mean():.4f} | "
                      f"{value.std():.4f} | {error.mean():.4f} | {covered:.1%} | {called.mean():.1%} |",
                      flush=True)  # fmt: skip
    for what, groups in (("400 examples", None), ("400 examples in 20 groups with one label each", 20)):
        false = sum(false_findings(seed, groups=groups) for seed in range(sets))
        print(f"\nNoise, {what}: anything is called in {false} of {sets} data sets.", flush=True)


if __name__ == "__main__":
    main()
