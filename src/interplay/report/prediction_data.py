"""What the page draws about predictions, from the run's table of them; nothing is predicted again.

Letters: N windows.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from interplay.arrays import evenly
from interplay.metrics.classification import counts_of_calls
from interplay.metrics.paired import Difference
from interplay.metrics.resampling import scores_with_intervals
from interplay.report.text import RIVALS
from interplay.train import Evaluation
from interplay.types import Schema

MOST_POINTS = 120
"""Points of a curve, evenly drawn: more cannot be told apart on a screen."""

MOST_DOTS = 1500
BINS = 10
FEWEST = 30
"""Windows that a bin of calibration holds at least, if there are so many: a share of fewer says little."""

DRAWS = 500
"""Draws of entities behind intervals that only the page has."""


def one_output(name: str, truth: np.ndarray, p: np.ndarray, entity: np.ndarray) -> dict[str, Any]:
    """Curves and counts of one class against the rest, or of one label; no curves where it takes one value."""
    output: dict[str, Any] = {"name": name, "n": len(truth), "positive": int(truth.sum())}
    if 0 < truth.sum() < len(truth):
        false_alarms, hits, _ = roc_curve(truth, p)
        precision, recall, _ = precision_recall_curve(truth, p)
        output |= {
            "auroc": roc_auc_score(truth, p),
            "auprc": average_precision_score(truth, p),
            "roc": _thinned(false_alarms, hits),
            "pr": _thinned(recall[::-1], precision[::-1]),
            "calibration": binned(p, truth, entity),
        }
    return output


def binned(
    p: np.ndarray, happened: np.ndarray, entity: np.ndarray, bins: int = BINS
) -> dict[str, np.ndarray]:
    """Calibration in bins of equal width, of which neighbours are merged until each holds `FEWEST` windows.

    Parameters
    ----------
    p : (N,) float
    happened : (N,) bool
    entity : (N,), whose each window is
    bins : int, before merging

    Returns
    -------
    dict of str to (K,) array
        ``predicted``, the mean probability; ``happened``, the share, with ``low`` and ``high``, a 95 % interval from
        drawing entities, NaN with a single one; ``count``.
    """
    which, n_bins = _merged(np.clip((p * bins).astype(int), 0, bins - 1), bins)
    count = np.bincount(which, minlength=n_bins)
    sums = [np.bincount(which, weights=values, minlength=n_bins) for values in (p, happened)]
    inside = np.eye(n_bins)[which]
    parts = np.stack([inside * np.asarray(happened)[:, None], inside], axis=1)
    shares = scores_with_intervals(_shares, parts, entity=entity, n_bootstrap=DRAWS, random_state=0)
    ends = {end: np.array([shares[f"{k}_{end}"] for k in range(n_bins)]) for end in ("low", "high")}
    return {"predicted": sums[0] / count, "happened": sums[1] / count, "count": count, **ends}


def _merged(which: np.ndarray, bins: int) -> tuple[np.ndarray, int]:
    """Numbers of the bins (N,) after merging, and how many there are; what is left over joins the last one."""
    counts = np.bincount(which, minlength=bins)
    new, held, at = np.zeros(bins, dtype=int), 0, 0
    for k, count in enumerate(counts):
        if held >= FEWEST and counts[k:].sum() >= FEWEST:
            at, held = at + 1, 0
        new[k], held = at, held + count
    return new[which], at + 1


def _shares(sums: np.ndarray) -> dict[str, np.ndarray]:
    """What happened in each bin of sums (..., 2, K); NaN where a draw holds no window."""
    happened, count = sums[..., 0, :], sums[..., 1, :]
    share = np.where(count > 0, happened / np.maximum(count, 1), np.nan)
    return {str(k): share[..., k] for k in range(share.shape[-1])}


def calls_of_classes(
    label: np.ndarray, called: np.ndarray, entity: np.ndarray, n: int
) -> list[dict[str, float]]:
    """Precision, recall and F1 of each of n classes, with the 95 % interval of F1 over entities.

    Parameters
    ----------
    label, called : (N,) int
    entity : (N,), whose each window is
    """
    parts = counts_of_calls(label, called, n)
    right, true, made = parts.sum(0)
    f1 = scores_with_intervals(_f1, parts, entity=entity, n_bootstrap=DRAWS, random_state=0)
    return [
        {
            "precision": right[c] / made[c] if made[c] else math.nan,
            "recall": right[c] / true[c] if true[c] else math.nan,
            "f1": f1[str(c)],
            "f1_low": f1[f"{c}_low"],
            "f1_high": f1[f"{c}_high"],
        }
        for c in range(n)
    ]


def _f1(sums: np.ndarray) -> dict[str, np.ndarray]:
    right, true, made = np.moveaxis(np.asarray(sums, dtype=np.float64), -2, 0)
    f1 = np.where(true + made > 0, 2 * right / np.maximum(true + made, 1), np.nan)
    return {str(c): f1[..., c] for c in range(f1.shape[-1])}


def confidence(predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
    """(N,) probability of the class that was called."""
    called = pd.Index(schema.classes).get_indexer(pd.Index(predictions["predicted"]))
    return predictions[[f"p_{name}" for name in schema.classes]].to_numpy()[np.arange(len(called)), called]


def dots(predictions: pd.DataFrame) -> dict[str, Any]:
    """True and predicted numbers, of at most `MOST_DOTS` windows, evenly drawn."""
    rows = evenly(len(predictions), MOST_DOTS)
    some = predictions.iloc[rows]
    return {
        "true": some["label"].to_numpy(),
        "predicted": some["predicted"].to_numpy(),
        "n": len(predictions),
    }


def means_by_entity(windows: pd.DataFrame) -> dict[str, Any]:
    """Names, means and counts by entity, lowest mean first.

    Parameters
    ----------
    windows : DataFrame of N rows
        ``entity``; ``sum`` of what is averaged; ``n``, over how many. Entities of which nothing is known are left out.
    """
    sums = windows.groupby("entity")[["sum", "n"]].sum()
    sums = sums[sums["n"] > 0]
    mean = (sums["sum"] / sums["n"]).sort_values(kind="stable")
    return {
        "names": [str(name) for name in mean.index],
        "value": mean.to_numpy(),
        "n": sums["n"].loc[mean.index].to_numpy(),
    }


def scores_by_part(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The scores of the trained model with everything, with its context blanked and without each modality."""
    parts = [{"name": "with everything", **evaluation.compared}]
    if evaluation.without_context is not None:
        parts.append({"name": "context blanked", **evaluation.without_context})
    return parts + [{"name": f"without {name}", **scores} for name, scores in evaluation.without.items()]


def scores_of_rivals(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The scores of the run on all test windows, those of what it has to beat and of a control; the run first."""
    rows = [{"name": "this model", **evaluation.test}]
    if evaluation.control is not None:
        rows.append({"name": "trained without the profile", **evaluation.control})
    rows += [{"name": RIVALS[name], **scores} for name, scores in list(evaluation.rivals.items())[::-1]]
    return rows


def changes_by_modality(lost: Mapping[str, Difference]) -> list[dict[str, Any]]:
    """How the main score changes without each modality."""
    return [
        {"name": name, "value": apart.difference, "low": apart.low, "high": apart.high}
        for name, apart in lost.items()
    ]


def _thinned(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    chosen = evenly(len(x), MOST_POINTS)
    return {"x": x[chosen], "y": y[chosen]}
