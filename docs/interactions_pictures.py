"""Draws the pictures of interactions.md: ``python docs/interactions_pictures.py`` from the root of the repository.

The last one reads benchmarks/results/estimators.json, which ``python -m benchmarks.estimators`` writes.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import interplay as ip
from interplay.profile.figures import COLOURS
from interplay.synthetic import GATES, lagged_streams

HERE = Path(__file__).parent
BARS = (
    ("redundancy", "redundancy"),
    ("unique1", "unique_i"),
    ("unique2", "unique_j"),
    ("synergy", "synergy"),
)


def draw_atoms() -> None:
    """Estimated atoms of four gates, 3,000 noisy rows each, with 95 % intervals."""
    names = ("COPY", "UNIQUE", "XOR", "AND")
    figure, axes = plt.subplots(1, len(names), figsize=(11, 2.9), sharey=True, layout="constrained")
    for ax, name in zip(axes, names, strict=True):
        x1, x2, y = GATES[name].sample(3000)
        noise = 0.1 * np.random.default_rng(0).normal(size=(2, 3000))
        found = ip.PosteriorPID(n_rotations=19).fit(x1 + noise[0], x2 + noise[1], y)
        value = [getattr(found, f"{atom}_") for atom, _ in BARS]
        error = [1.96 * getattr(found, f"{atom}_stderr_") for atom, _ in BARS]
        ax.bar(["R", "U1", "U2", "S"], value, yerr=error, color=[COLOURS[c] for _, c in BARS], capsize=3)
        for place, (atom, _) in enumerate(BARS):
            ax.plot([place - 0.4, place + 0.4], [getattr(GATES[name], atom)] * 2, color="black", lw=1.2)
        ax.set_title({"COPY": "COPY: both show y", "UNIQUE": "UNIQUE: x1 shows y",
                      "XOR": "XOR: y = x1 xor x2", "AND": "AND: y = x1 and x2"}[name])  # fmt: skip
    axes[0].set_ylabel("bits (black line: truth)")
    figure.savefig(HERE / "atoms.png", dpi=90)


def draw_lags() -> None:
    """A pair that is redundant at lag 1 and one that is synergistic at lag 3."""
    streams = lagged_streams(5000)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=6)
    profile = ip.TemporalRUS().fit(windows).profile_
    figure, axes = plt.subplots(1, 3, figsize=(14, 3.4), layout="constrained")
    profile.plot_lags("m0", "m2", ax=axes[0])
    profile.plot_lags("m1", "m3", ax=axes[1])
    profile.plot_heatmap("synergy", lag_s=3.0, ax=axes[2])
    figure.savefig(HERE / "lags.png", dpi=90)


def draw_errors() -> None:
    """Mean error of each estimator on each task of the truth suite, at up to 5,000 steps."""
    frame = pd.DataFrame(json.loads((HERE.parent / "benchmarks" / "results" / "estimators.json").read_text()))
    table = frame[frame["steps"] <= 5000].groupby(["task", "estimator"])["mean_error"].mean().unstack()
    table = table.sort_values("PosteriorPID")
    figure, ax = plt.subplots(figsize=(8, 8.5), layout="constrained")
    markers = {
        "PosteriorPID": "o",
        "DiscretePID": "s",
        "MultiScaleBatchPID": "^",
        "BatchPID": "v",
        "GaussianPID": "D",
    }
    colours = ("#0072B2", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
    for (name, marker), colour in zip(markers.items(), colours, strict=True):
        if name in table:
            ax.scatter(
                table[name].clip(lower=1e-5), range(len(table)), marker=marker, s=26, label=name, color=colour
            )
    ax.set_yticks(range(len(table)), table.index, fontsize=8)
    ax.set_xscale("log")
    ax.set_xlabel("mean absolute error over all atoms (bits), at most 5,000 steps")
    ax.grid(axis="x", alpha=0.3)
    ax.legend(frameon=False, loc="center left")
    figure.savefig(HERE / "errors.png", dpi=90)


if __name__ == "__main__":
    draw_atoms()
    draw_lags()
    draw_errors()
