"""Numbers of a run put into words and table cells; pure functions, nothing recomputed."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from interplay.profile import InteractionProfile
from interplay.profile.figures import Z_95

SCORES = (
    ("accuracy", "accuracy"),
    ("balanced_accuracy", "balanced accuracy"),
    ("macro_f1", "macro-F1"),
    ("auroc", "AUROC (one class against the rest, mean)"),
    ("auprc", "area under precision and recall (mean)"),
    ("log_loss_bits", "log-loss (bits)"),
    ("brier", "Brier score (0 is best, 2 is worst)"),
    ("ece", "expected calibration error"),
)


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed digits; a dash where it is not defined."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def interval(scores: Mapping, name: str) -> str:
    """The 95 % interval of a score; empty where it has none."""
    low, high = scores.get(f"{name}_low"), scores.get(f"{name}_high")
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"95 % interval {number(low)} to {number(high)}"


def with_interval(scores: Mapping, name: str) -> str:
    """A score, with its interval if it has one."""
    told = interval(scores, name)
    return number(scores[name]) + (f" ({told})" if told else "")


def score_rows(scores: Mapping) -> list[tuple[str, str]]:
    """Titles and values of the scores that there are."""
    return [(title, with_interval(scores, name)) for name, title in SCORES if name in scores]


def context_sentence(scores: Mapping) -> str:
    """Whether the model leans on the interactions it was given."""
    blind = scores.get("without_context")
    if blind is None:
        return "The model was trained without interactions, so there is nothing to take away."
    before, after = scores["compared"]["macro_f1"], blind["macro_f1"]
    moved = before - after
    told = (
        f"With the interactions taken away at test time, macro-F1 goes from {before:.3f} to {after:.3f} "
        f"({int(scores['compared']['n_windows'])} windows)"
    )
    if moved > 0.02:
        return f"{told}: the model leans on them."
    if moved < -0.02:
        return f"{told}: they mislead it on these entities."
    return f"{told}: on these data the tokens themselves say enough, and the guidance changes little."


def agreement_sentences(scores: Mapping) -> list[str]:
    """Whether routing follows the profile."""
    told = []
    for key, what, wanted in (
        ("agreement_redundancy", "The more redundant a pair, the more alike its tokens are routed", -1),
        ("agreement_synergy", "The more synergistic a pair, the more of it goes to synergy experts", 1),
    ):
        found = scores.get(key)
        if found is None or found["correlation"] is None or math.isnan(found["correlation"]):
            continue
        r, low, high = found["correlation"], found["low"], found["high"]
        clear = low is not None and not math.isnan(low) and (low > 0 or high < 0)
        verdict = "not clear" if not clear else "yes" if r * wanted > 0 else "no, the reverse"
        interval = "" if low is None or math.isnan(low) else f", 95 % interval {low:.2f} to {high:.2f}"
        told.append(
            f"{what}: {verdict} (rank correlation {r:.2f}{interval}; {found['n']} pairs and lags, last layer)."
        )
    return told


def atom_rows(profile: InteractionProfile, most: int = 30) -> list[tuple[str, ...]]:
    """Atom, where, lag, bits with 95 % interval and q-value, strongest first."""
    rows: list[tuple[str, ...]] = []
    for row in profile.top(most).to_dict("records"):
        joined = ", not " if row["atom"] == "unique" else ", "
        half = "" if math.isnan(row["stderr"]) else f" ± {Z_95 * row['stderr']:.3f}"
        q = "–" if math.isnan(row["q_value"]) else f"{row['q_value']:.2g}"
        where = f"{row['source_i']}{joined}{row['source_j']}"
        rows.append((str(row["atom"]), where, f"{row['lag_s']:g} s", f"{row['bits']:.3f}{half}", q))
    return rows


def strongest_pairs(profile: InteractionProfile) -> list[tuple[str, str]]:
    """All pairs, by the most that they tell together at any lag."""
    names = profile.modalities
    i, j = np.triu_indices(len(names), 1)
    told = np.nan_to_num(profile.dataset["joint_mi"].values[i, j]).max(-1)
    return [(names[i[k]], names[j[k]]) for k in np.argsort(-told, kind="stable")]


def sureness(profile: InteractionProfile) -> list[tuple[str, str]]:
    """What the estimate rests on, and how exact its parts are."""
    d, a = profile.dataset, profile.dataset.attrs
    rows = [("estimator", str(a.get("estimator", "–")))]
    if a.get("parameters"):
        rows.append(("its parameters", ", ".join(f"{k} = {v}" for k, v in dict(a["parameters"]).items())))
    if "n_examples" in a:
        rows.append(("windows", f"{int(a['n_examples']):,} of {len(profile.entities)} entities"))
    rows.append(("entropy of the target", f"{profile.h_y_bits:.3f} bits: no value can exceed it"))
    history = int(a.get("target_history", 0))
    rows.append(
        (
            "target history",
            "0: what the sources tell about the target at each lag, whether or not its own past tells it too"
            if history == 0
            else f"{history}: what the sources tell beyond the target's last {history} labels",
        )
    )
    for name, title, text in (
        ("gap_bits", "solver", "within {:.1g} bits of the exact optimum, certified"),
        ("quantisation_loss", "quantising", "costs at most {:.1g} bits of any modality's information"),
        ("residual_bits", "sum rules", "hold to within {:.1g} bits"),
    ):
        if name in d and not np.isnan(d[name].values).all():
            rows.append((title, text.format(max(float(np.nanmax(d[name].values)), 0.0))))
    if "synergy_stderr" in d:
        rows.append(("intervals", "95 %, from resampling entities (or blocks of time where there are few)"))
    if "p_value" in d:
        rows.append(
            ("significance", "labels rotated in time; q-values control false discoveries over pairs and lags")
        )
    return rows


def negative_atoms(profile: InteractionProfile) -> str:
    """Estimates are signed; how far below zero they go shows the size of noise."""
    values = np.concatenate([profile.dataset[n].values.ravel() for n in ("redundancy", "unique", "synergy")])
    values = values[~np.isnan(values)]
    below = int((values < 0).sum())
    if not below:
        return f"None of the {len(values)} values is below zero."
    return f"{below} of {len(values)} values are below zero, the smallest {values.min():.4f} bits; none is clipped."


def least_and_most(predictions: pd.DataFrame) -> str:
    """Range of accuracy over entities."""
    right = (predictions["label"] == predictions["predicted"]).groupby(predictions["entity"]).mean()
    if len(right) == 1:
        return f"One entity was tested, {right.index[0]}: {right.iloc[0]:.3f} of its windows are right."
    return (
        f"From {right.min():.3f} of windows right ({right.idxmin()}) to {right.max():.3f} ({right.idxmax()}), "
        f"over {len(right)} entities."
    )
