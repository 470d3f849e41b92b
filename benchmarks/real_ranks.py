"""Mean ranks of models over sets, drawn with the critical difference between them.

The diagram is that of Demsar (JMLR 2006): ranks on a line, and a bar over models that Nemenyi's test cannot tell apart.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

ALPHA = 0.05


def critical_difference(models: int, sets: int) -> float:
    """How far mean ranks of so many models over so many sets must lie apart, by Nemenyi's test."""
    quantile = stats.studentized_range.ppf(1.0 - ALPHA, models, np.inf) / np.sqrt(2.0)
    return float(quantile * np.sqrt(models * (models + 1) / (6.0 * sets)))


def alike(ranks: pd.Series, apart: float) -> list[tuple[float, float]]:
    """First and last rank of each longest run of models, by rank, that all lie within `apart` of each other."""
    ordered = np.sort(ranks.to_numpy())
    ends = [ordered[ordered <= first + apart].max() for first in ordered]
    runs: list[tuple[float, float]] = []
    for first, last in zip(ordered, ends, strict=True):
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((float(first), float(last)))
    return runs


def draw_ranks(ax: Axes, scores: pd.DataFrame) -> Axes:
    """Mean ranks of scores, sets by models."""
    ranks = scores.rank(axis=1, ascending=False).mean().sort_values()
    apart = critical_difference(scores.shape[1], len(scores))
    runs = alike(ranks, apart)
    half = -(-len(ranks) // 2)
    for k, (name, rank) in enumerate(ranks.items()):
        left = k < half
        level = -1.0 - len(runs) * 0.4 - (k if left else len(ranks) - 1 - k)
        edge = 0.6 if left else scores.shape[1] + 0.4
        ax.plot([rank, rank, edge], [0.0, level, level], color="0.4", lw=1)
        ax.text(edge, level, f"{name} {rank:.2f} " if left else f" {rank:.2f} {name}",
                ha="right" if left else "left", va="center")  # fmt: skip
    for k, (first, last) in enumerate(runs):
        ax.plot([first - 0.04, last + 0.04], [-0.4 * (k + 1)] * 2, color="black", lw=3)
    ax.plot([1.0, 1.0 + apart], [0.9, 0.9], color="black", lw=1, marker="|")
    ax.text(1.0 + apart / 2, 1.0, f"critical difference {apart:.2f}", ha="center", va="bottom")
    ax.plot([1, scores.shape[1]], [0, 0], color="black", lw=1)
    for rank in range(1, scores.shape[1] + 1):
        ax.plot([rank, rank], [0.0, 0.12], color="black", lw=1)
        ax.text(rank, 0.18, str(rank), ha="center", va="bottom")
    # room for names
    ax.set_xlim(-2.0, scores.shape[1] + 3.0)
    ax.set_axis_off()
    return ax
