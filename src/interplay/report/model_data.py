"""What the model did with its tokens, for the page: routing, pooling, single windows.

Letters: M modalities, T steps of a window, E experts, W windows.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from interplay.arrays import evenly
from interplay.nn import InteractionContext
from interplay.report.kinds import ReportedKind

MOST_DOTS = 1500
"""Pairs and lags drawn beside the profile, evenly; the statistics are of all."""


def insight_data(insight: xr.Dataset, context: InteractionContext, entropy: float) -> dict[str, Any]:
    """Pooling by group, and if tokens are routed the use of experts and how it goes with the profile."""
    data: dict[str, Any] = {
        "lags": insight["lag_s"].values,
        "groups": [str(name) for name in insight["class"].values],
        "windows": insight["windows"].values,
        "pooling": insight["pooling"].transpose("class", "modality", "lag").values,
    }
    if works_on_some(insight):
        data["allocated"] = insight["allocated"].transpose("modality", "lag").values
    if "expert_use" not in insight:
        return data
    data |= {
        "use": insight["expert_use"].values,
        "probability": insight["expert_probability"].values,
        "synergy_experts": int(insight.attrs["synergy_experts"]),
    }
    if "agreement" in insight:
        data |= {
            "by_atom": insight["use_by_atom"].values,
            "atoms": [str(name) for name in insight["atom"].values],
            "beside": beside(insight, context, entropy),
        }
    return data


def works_on_some(insight: xr.Dataset) -> bool:
    """Whether the model has a budget that left tokens aside."""
    return "allocated" in insight and bool((insight["allocated"] < 1).any())


def beside(insight: xr.Dataset, context: InteractionContext, entropy: float) -> dict[str, Any]:
    """Pairs and lags: the atoms that the model was given, in bits, and what each layer's router did with the pair."""
    i, j = np.triu_indices(insight.sizes["source_i"], 1)
    n_l = insight.sizes["lag"]
    cells = len(i) * n_l
    drawn = evenly(cells, MOST_DOTS)
    pair, lag = np.divmod(drawn, n_l)
    data: dict[str, Any] = {"i": i[pair], "j": j[pair], "lag": lag, "n": cells}
    for atom in ("redundancy", "synergy"):
        # step t of a window has lag T - 1 - t
        given = getattr(context, atom)[0].flip(-1).cpu().numpy()
        data[atom] = given[i[pair], j[pair], lag] * entropy
    for name in ("divergence", "synergy_mass"):
        data[name] = insight[name].values[:, i[pair], j[pair], lag]
    return data


def example_data(examples: xr.Dataset, predictions: pd.DataFrame, kind: ReportedKind) -> list[dict[str, Any]]:
    """Single windows: who, when, what was predicted and what was true, and every token's part in it."""
    return [_example(examples.isel(window=k), predictions, kind) for k in range(examples.sizes["window"])]


def _example(window: xr.Dataset, predictions: pd.DataFrame, kind: ReportedKind) -> dict[str, Any]:
    output = kind.output_of(window)
    data: dict[str, Any] = {
        "entity": str(window["entity"].item()),
        "time_s": float(window["time_s"]),
        "output": output,
        "moved": float(window["moved"]),
        "missed": float(window["missed"]),
        "relevance": window["relevance"].values,
        "pooling": window["pooling"].values,
        "observed": window["observed"].values.astype(int),
    }
    if "row" in window.coords:
        data |= kind.verdict(predictions.iloc[int(window["row"])], output)
    if "expert_weight" in window:
        data["experts"] = _chosen(window["expert_weight"].isel(layer=-1).values)
    return data


def _chosen(weights: np.ndarray) -> list[list[list[float]]]:
    """(M, T) lists of expert number and weight, of the experts that a token went to, the most used first."""
    return [[_experts_of(token) for token in row] for row in weights]


def _experts_of(token: np.ndarray) -> list[float]:
    used = np.flatnonzero(token)
    used = used[np.argsort(-token[used], kind="stable")]
    return [part for e in used for part in (int(e), float(token[e]))]


def budget_sentence(insight: xr.Dataset) -> str:
    """Of how many places of a window the network reads any; empty where it reads all."""
    if "allocated" not in insight or not bool((insight["allocated"] < 1).any()):
        return ""
    share = insight["allocated"].fillna(0.0)
    always, never = int((share > 0.99).sum()), int((share == 0).sum())
    return (
        f"The network works on a share of the tokens alone. Of {share.size} places, a modality at a lag, it reads "
        f"{always} in nearly every window in which they are observed, and {never} in none; what is left aside still "
        "counts as observed."
    )
