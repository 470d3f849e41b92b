"""Draws the pictures of interactions.md: ``python docs/interactions_pictures.py`` from the root of the repository.

The last one reads benchmarks/results/estimators.json, which ``python -m benchmarks.estimators`` writes.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import interplay as ip
from interplay.profile.figures import COLOURS, time_to_the_right
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


def slow_system(steps: int = 4000) -> ip.Windows:
    """A slow source, of which y sees the moment three steps ago, a quick one, of which it sees the last; y lingers."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(3, steps))
    slow, y = np.zeros(steps), np.zeros(steps)
    for t in range(3, steps):
        slow[t] = 0.95 * slow[t - 1] + np.sqrt(1 - 0.95**2) * noise[0, t]
        y[t] = 0.5 * y[t - 1] + slow[t - 3] + 0.5 * noise[1, t - 1] + 0.5 * noise[2, t]
    arrays = {"slow": slow[:, None], "quick": noise[1][:, None]}
    return ip.windows_from_arrays(arrays, y, steps=7, classes=())


def draw_questions() -> None:
    """One system, four questions: each lag by itself, given the target's last value, all lags together, and new."""
    windows = slow_system()
    plain = ip.TemporalRUS(ip.GaussianPID()).fit(windows).profile_
    given = ip.TemporalRUS(ip.GaussianPID(target_history=1), novel=True).fit(windows).profile_
    rate = ip.DirectedInformation(ip.GaussianPID(target_history=1)).fit(windows).profile_
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.4), layout="constrained")
    titles = (
        "1. each lag by itself",
        "2. each lag, given y's last value",
        "3. slow, new at each lag",
        "4. all lags together",
    )
    for ax, profile in zip(axes, (plain, given), strict=False):
        for name, colour in (("slow", COLOURS["unique_j"]), ("quick", COLOURS["unique_i"])):
            at = profile.dataset.sel(source=name)
            half = 1.96 * at["mi_stderr"].values
            ax.errorbar(
                profile.lag_s, at["mi"].values, half, label=name, color=colour, marker="o", markersize=3
            )
        time_to_the_right(profile, ax)
        ax.legend(frameon=False, fontsize="small")
    given.plot_novel("slow", ax=axes[2])
    at = rate.dataset.sel(source_i="slow", source_j="quick").isel(lag=0)
    unique = rate.dataset.sel(source_i="quick", source_j="slow").isel(lag=0)
    parts = [at["redundancy"], at["unique"], unique["unique"], at["synergy"]]
    errors = [at["redundancy_stderr"], at["unique_stderr"], unique["unique_stderr"], at["synergy_stderr"]]
    colours = [COLOURS[name] for name in ("redundancy", "unique_j", "unique_i", "synergy")]
    names = ["redundant", "only slow", "only quick", "synergistic"]
    axes[3].bar(
        names, [float(v) for v in parts], yerr=[1.96 * float(e) for e in errors], color=colours, capsize=3
    )
    axes[3].tick_params(axis="x", labelsize=8)
    axes[3].set_ylabel("bits per step")
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize=11)
        ax.axhline(0.0, color="0.6", lw=0.8)
    for ax in axes[:3]:
        ax.set_xlabel("lag of the source before the target (s)")
        ax.set_ylabel("information (bits)")
    figure.savefig(HERE / "questions.png", dpi=90)


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
    draw_questions()
    draw_errors()
