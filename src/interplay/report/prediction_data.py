"""What the page draws about predictions, from the run's table of them; nothing is predicted again.

Letters: N windows.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from interplay.metrics.paired import Difference
from interplay.report.text import RIVALS
from interplay.train import Evaluation
from interplay.types import Schema

MOST_POINTS = 120
"""Points of a curve, evenly drawn: more cannot be told apart on a screen."""

MOST_DOTS = 1500
BINS = 10


def one_output(name: str, truth: np.ndarray, p: np.ndarray) -> dict[str, Any]:
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
            "calibration": binned(p, truth),
        }
    return output


def binned(p: np.ndarray, happened: np.ndarray, bins: int = BINS) -> dict[str, np.ndarray]:
    """Mean probability, share that happened and count, of the bins of equal width that hold a window."""
    which = np.clip((p * bins).astype(int), 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    full = count > 0
    sums = [np.bincount(which, weights=values, minlength=bins)[full] for values in (p, happened)]
    return {"predicted": sums[0] / count[full], "happened": sums[1] / count[full], "count": count[full]}


def confidence(predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
    """(N,) probability of the class that was called."""
    called = pd.Index(schema.classes).get_indexer(pd.Index(predictions["predicted"]))
    return predictions[[f"p_{name}" for name in schema.classes]].to_numpy()[np.arange(len(called)), called]


def dots(predictions: pd.DataFrame) -> dict[str, Any]:
    """True and predicted numbers, of at most `MOST_DOTS` windows, evenly drawn."""
    rows = np.unique(np.linspace(0, len(predictions) - 1, min(MOST_DOTS, len(predictions))).astype(int))
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
    chosen = np.unique(np.linspace(0, len(x) - 1, min(MOST_POINTS, len(x))).astype(int))
    return {"x": x[chosen], "y": y[chosen]}
