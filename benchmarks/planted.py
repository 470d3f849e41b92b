"""Guided against unguided on planted windows: 12 modalities, 10 steps, 2,000 training windows.

Truth: one modality tells a bit at lag 2, a pair tells another by its product at lag 4. The profile is
estimated from the training windows. Run with ``python benchmarks/planted.py [--seeds 3]``; prints a
Markdown table.
"""

import argparse
import platform
import time
from datetime import date

import numpy as np
import torch

import interplay as ip
from interplay.synthetic import planted_truth, planted_windows

N_TRAIN, N_TEST = 2000, 2000


def one_seed(seed: int) -> dict[str, float]:
    """Test accuracy with and without context, and what the profile found."""
    drawn = [planted_windows(n, random_state=100 * seed + k) for k, n in enumerate((N_TRAIN, N_TEST))]
    train, test = (ip.windows_from_arrays(d.arrays, d.y, classes="0123") for d in drawn)
    started = time.perf_counter()
    profile = ip.TemporalRUS().fit(train).profile_
    row = {"seed": seed, "profile (s)": time.perf_counter() - started}
    d = profile.dataset
    row["unique m03, lag 2 (bits)"] = float(d["unique"].sel(source_i="m03", lag=2).max())
    row["synergy m05-m08, lag 4 (bits)"] = float(d["synergy"].sel(source_i="m05", source_j="m08", lag=4))
    planted = (d["source_i"].isin(["m05", "m08"]) & d["source_j"].isin(["m05", "m08"])) & (d["lag"] == 4)
    row["largest other synergy (bits)"] = float(d["synergy"].where(~planted).max())
    for name, context in (("guided", profile), ("no context", None)):
        started = time.perf_counter()
        run = ip.fit(train, profile=context, seed=seed)
        predicted = run.predict(test)
        row[f"{name} accuracy"] = float((predicted.label == predicted.predicted).mean())
        row[f"{name} (s)"] = time.perf_counter() - started
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    rows = [one_seed(seed) for seed in range(parser.parse_args().seeds)]
    unique, synergy = planted_truth()
    print(f"# Planted windows\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}. Truth: unique {unique:.3f}, synergy {synergy:.3f} bits.\n")  # fmt: skip
    names = list(rows[0])
    print("| " + " | ".join(names) + " |\n|" + " --- |" * len(names))
    for row in rows:
        print(
            "| " + " | ".join(f"{row[n]:.3g}" if n.endswith(")") else f"{row[n]:.4g}" for n in names) + " |"
        )
    for name in ("guided accuracy", "no context accuracy"):
        values = np.array([row[name] for row in rows])
        print(f"\nMean {name}: {values.mean():.4f} (from {values.min():.4f} to {values.max():.4f})")


if __name__ == "__main__":
    main()
