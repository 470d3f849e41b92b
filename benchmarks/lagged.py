"""PosteriorPID on lagged streams with known answers: 5,000 steps, 4 modalities, 6 lags, all pairs.

Run with ``python benchmarks/lagged.py [--seeds 5]`` on an idle machine; prints a Markdown table.
"""

import argparse
import platform
import time
from datetime import date

import numpy as np
import torch

import interplay as ip
from interplay.info import decompose
from interplay.synthetic import lagged_streams

STEPS = 6


def one_seed(seed: int) -> dict[str, float]:
    """Errors of all atoms of all pairs and lags against exact truth, in bits."""
    streams = lagged_streams(5000, random_state=seed)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=STEPS)
    started = time.perf_counter()
    found = ip.TemporalRUS(ip.PosteriorPID()).fit(windows).profile_.dataset
    seconds = time.perf_counter() - started
    exact = decompose(streams.tables)
    upper = np.triu(np.ones((4, 4), dtype=bool), 1)
    errors, nulls = [], []
    for name, true, where in (
        ("redundancy", exact.redundancy, upper),
        ("synergy", exact.synergy, upper),
        ("unique", exact.unique1, upper | upper.T),
    ):
        true = np.asarray(true)[where]
        error = np.abs(found[name].values[where] - true)
        errors.append(error.ravel())
        nulls.append(error[np.abs(true) < 1e-6])
    errors, nulls = np.concatenate(errors), np.concatenate(nulls)
    return {
        "seed": seed,
        "mean abs error": errors.mean(),
        "largest error": errors.max(),
        "largest null atom": nulls.max(),
        "seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    rows = [one_seed(seed) for seed in range(parser.parse_args().seeds)]
    print(f"# Lagged streams\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}. Errors in bits; largest true atom 0.831 bit.\n")  # fmt: skip
    names = list(rows[0])
    print("| " + " | ".join(names) + " |\n|" + " --- |" * len(names))
    for row in rows:
        print("| " + " | ".join(f"{row[name]:.4g}" for name in names) + " |")


if __name__ == "__main__":
    main()
