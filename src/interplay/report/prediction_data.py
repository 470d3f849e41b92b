"""What the page draws about predictions, from the run's table of them; nothing is predicted again.

Letters: N windows, C classes or labels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from interplay.metrics import confusion
from interplay.types import Schema

MOST_POINTS = 120
"""Points of a curve, evenly drawn: more cannot be told apart on a screen."""

MOST_DOTS = 1500
BINS = 10


def prediction_data(predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
    """Tables and curves of a kind of target, and how each entity is served."""
    told: dict[str, Any] = {"entities": entity_rows(predictions, schema)}
    if schema.kind == "number":
        return told | {"dots": dots(predictions)}
    told["outputs"] = [one_output(name, *truth_and_probability(predictions, name, schema.kind))
                       for name in schema.classes]  # fmt: skip
    if schema.kind == "classes":
        number = {name: c for c, name in enumerate(schema.classes)}
        y, called = (predictions[column].map(number).to_numpy() for column in ("label", "predicted"))
        told["confusion"] = confusion(y, called, len(schema.classes))
        told["calibration"] = binned(confidence(predictions, schema), y == called)
    return told


def truth_and_probability(predictions: pd.DataFrame, name: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether a class or label holds, bool, and its probability; of windows where that is known."""
    p = predictions[f"p_{name}"].to_numpy(dtype=np.float64)
    if kind == "classes":
        return (predictions["label"] == name).to_numpy(), p
    truth = predictions[f"label_{name}"].to_numpy()
    return truth[truth >= 0] == 1, p[truth >= 0]


def confidence(predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
    """(N,) probability of the class that was called."""
    called = predictions["predicted"].map({name: c for c, name in enumerate(schema.classes)}).to_numpy()
    return predictions[[f"p_{name}" for name in schema.classes]].to_numpy()[np.arange(len(called)), called]


def one_output(name: str, truth: np.ndarray, p: np.ndarray) -> dict[str, Any]:
    """Curves and counts of one class against the rest, or of one label; no curves where it takes one value."""
    told: dict[str, Any] = {"name": name, "n": len(truth), "positive": int(truth.sum())}
    if 0 < truth.sum() < len(truth):
        false, found, _ = roc_curve(truth, p)
        precision, recall, _ = precision_recall_curve(truth, p)
        told |= {
            "auroc": roc_auc_score(truth, p),
            "auprc": average_precision_score(truth, p),
            "roc": _thinned(false, found),
            "pr": _thinned(recall[::-1], precision[::-1]),
            "calibration": binned(p, truth),
        }
    return told


def binned(p: np.ndarray, happened: np.ndarray, bins: int = BINS) -> dict[str, np.ndarray]:
    """Mean probability, share that happened and count, of the bins of equal width that hold a window."""
    which = np.clip((p * bins).astype(int), 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    full = count > 0
    sums = [np.bincount(which, weights=values, minlength=bins)[full] for values in (p, happened)]
    return {"told": sums[0] / count[full], "happened": sums[1] / count[full], "count": count[full]}


def dots(predictions: pd.DataFrame) -> dict[str, Any]:
    """True and predicted numbers, of at most `MOST_DOTS` windows, evenly drawn."""
    rows = np.unique(np.linspace(0, len(predictions) - 1, min(MOST_DOTS, len(predictions))).astype(int))
    some = predictions.iloc[rows]
    return {
        "true": some["label"].to_numpy(),
        "predicted": some["predicted"].to_numpy(),
        "n": len(predictions),
    }


def entity_rows(predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
    """By entity, lowest first: share of windows (of labels: of known labels) that is right, or mean absolute error."""
    if schema.kind == "labels":
        truth = predictions[[f"label_{name}" for name in schema.classes]].to_numpy()
        called = predictions[[f"p_{name}" for name in schema.classes]].to_numpy() >= 0.5
        known = truth >= 0
        good = ((called == (truth == 1)) & known).sum(1)
        table = pd.DataFrame({"sum": good, "n": known.sum(1), "entity": predictions["entity"]})
    else:
        value = (
            (predictions["predicted"] - predictions["label"]).abs()
            if schema.kind == "number"
            else predictions["label"] == predictions["predicted"]
        )
        table = pd.DataFrame({"sum": value.astype(float), "n": 1, "entity": predictions["entity"]})
    sums = table.groupby("entity")[["sum", "n"]].sum()
    sums = sums[sums["n"] > 0]
    mean = (sums["sum"] / sums["n"]).sort_values(kind="stable")
    return {
        "names": [str(name) for name in mean.index],
        "value": mean.to_numpy(),
        "n": sums["n"].loc[mean.index].to_numpy(),
    }


def scores_by_part(scores: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """The scores with everything, without the interactions and without each modality, in this order."""
    names = [
        name for name in scores if name in ("compared", "without_context") or name.startswith("without ")
    ]
    return [{"name": name, **scores[name]} for name in names]


def _thinned(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    keep = np.unique(np.linspace(0, len(x) - 1, min(MOST_POINTS, len(x))).astype(int))
    return {"x": x[keep], "y": y[keep]}
