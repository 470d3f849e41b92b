"""What the model did with its tokens, for the page: routing, pooling, single windows.

Letters: M modalities, T steps of a window, E experts, W windows.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from interplay.nn import InteractionContext
from interplay.types import Schema

MOST_DOTS = 1500
"""Pairs and lags drawn beside the profile, evenly; the correlations are of all."""


def insight_data(insight: xr.Dataset, context: InteractionContext, entropy: float) -> dict[str, Any]:
    """Pooling by group, and if tokens are routed the use of experts and how it goes with the profile."""
    told: dict[str, Any] = {
        "lags": insight["lag_s"].values,
        "groups": [str(name) for name in insight["class"].values],
        "windows": insight["windows"].values,
        "pooling": insight["pooling"].transpose("class", "modality", "lag").values,
    }
    if "expert_use" not in insight:
        return told
    told |= {
        "use": insight["expert_use"].values,
        "probability": insight["expert_probability"].values,
        "synergy_experts": int(insight.attrs["synergy_experts"]),
    }
    if "agreement" in insight:
        told |= {
            "by_atom": insight["use_by_atom"].values,
            "atoms": [str(name) for name in insight["atom"].values],
            "agreement": insight["agreement"].values,
            "beside": beside(insight, context, entropy),
        }
    return told


def beside(insight: xr.Dataset, context: InteractionContext, entropy: float) -> dict[str, Any]:
    """Pairs and lags: the atoms that the model was given, in bits, and what each layer's router did with the pair."""
    i, j = np.triu_indices(insight.sizes["source_i"], 1)
    n_l = insight.sizes["lag"]
    cells = len(i) * n_l
    kept = np.unique(np.linspace(0, cells - 1, min(MOST_DOTS, cells)).astype(int))
    pair, lag = np.divmod(kept, n_l)
    told: dict[str, Any] = {"i": i[pair], "j": j[pair], "lag": lag, "n": cells}
    for atom in ("redundancy", "synergy"):
        # step t of a window has lag T - 1 - t
        given = getattr(context, atom)[0].flip(-1).cpu().numpy()
        told[atom] = given[i[pair], j[pair], lag] * entropy
    for name in ("divergence", "synergy_mass"):
        told[name] = insight[name].values[:, i[pair], j[pair], lag]
    return told


def example_data(examples: xr.Dataset, predictions: pd.DataFrame, schema: Schema) -> list[dict[str, Any]]:
    """Single windows: who, when, what was predicted and what was true, and every token's part in it."""
    return [_example(examples.isel(window=k), predictions, schema) for k in range(examples.sizes["window"])]


def _example(window: xr.Dataset, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
    told: dict[str, Any] = {
        "entity": str(window["entity"].item()),
        "time_s": float(window["time_s"]),
        "output": str(window.attrs["outputs"][int(window["output"])])
        if schema.kind != "number"
        else "the number",
        "moved": float(window["moved"]),
        "missed": float(window["missed"]),
        "relevance": window["relevance"].values,
        "pooling": window["pooling"].values,
        "observed": window["observed"].values.astype(int),
    }
    if "row" in window.coords:
        told |= _verdict(predictions.iloc[int(window["row"])], str(told["output"]), schema)
    if "expert_weight" in window:
        told["experts"] = _chosen(window["expert_weight"].isel(layer=-1).values)
    return told


def _verdict(row: pd.Series, output: str, schema: Schema) -> dict[str, Any]:
    """What is true of the window, and the probability or number that was predicted."""
    if schema.kind == "number":
        return {"label": float(row["label"]), "predicted": float(row["predicted"])}
    if schema.kind == "classes":
        return {
            "label": str(row["label"]),
            "right": bool(row["label"] == output),
            "p": float(row[f"p_{output}"]),
        }
    truth = int(row[f"label_{output}"])
    known = {1: "it holds", 0: "it does not hold", -1: "not known"}
    told: dict[str, Any] = {"label": known[truth], "p": float(row[f"p_{output}"])}
    return told if truth < 0 else told | {"right": (row[f"p_{output}"] >= 0.5) == (truth == 1)}


def _chosen(weights: np.ndarray) -> list[list[list[float]]]:
    """(M, T) lists of expert number and weight, of the experts that a token went to, the most used first."""
    told = []
    for row in weights:
        told.append([])
        for token in row:
            used = np.flatnonzero(token)
            used = used[np.argsort(-token[used], kind="stable")]
            told[-1].append([part for e in used for part in (int(e), float(token[e]))])
    return told
