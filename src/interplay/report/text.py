"""Numbers of a run put into words and table cells; pure functions, nothing recomputed."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from interplay.profile import InteractionProfile

SCORES = (
    ("accuracy", "accuracy", "share of predictions that are right"),
    ("balanced_accuracy", "balanced accuracy", "the same, each class counted as much as any other"),
    (
        "macro_f1",
        "macro-F1",
        "balance of finding a class and being right about it, mean over classes; 1 is best",
    ),
    ("auroc", "AUROC", "how well a class is told from the rest, mean over classes; 0.5 is chance, 1 is best"),
    ("auprc", "AUPRC", "area under precision and recall, mean over classes; 1 is best"),
    ("log_loss_bits", "log-loss", "surprise at the truth, bits per window; 0 is best"),
    ("brier", "Brier score", "squared error of the probabilities; 0 is best, 2 is worst"),
    ("ece", "calibration error", "mean distance between confidence and share right; 0 is best"),
    ("mae", "mean absolute error", "in the unit of the target; 0 is best"),
    ("rmse", "root mean squared error", "in the unit of the target; 0 is best"),
    ("r2", "R²", "share of the target's variance that is explained; 1 is best"),
)
MAIN_SCORE = {"classes": "macro_f1", "labels": "macro_f1", "number": "r2"}
NAMES = {key: name for key, name, _ in SCORES}
NOTICED = 0.02
"""A change of macro-F1 or R2 below this is told as little."""


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed digits, four significant ones where it is large; a dash where it is not defined."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"


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


def score_rows(scores: Mapping) -> list[tuple[str, str, str, str]]:
    """Name, meaning, value and interval of the scores that there are."""
    return [
        (name, meaning, number(scores[key]), interval(scores, key).removeprefix("95 % interval "))
        for key, name, meaning in SCORES
        if key in scores
    ]


def counted(n: int, one: str, several: str = "") -> str:
    """A count with its noun."""
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def judged_sentence(scores: Mapping, kind: str) -> str:
    """How good the run is on entities that it has not seen."""
    main = MAIN_SCORE[kind]
    parts = [
        f"{NAMES[name]} {with_interval(scores, name)}" for name in ("accuracy", "mae", main) if name in scores
    ]
    n, g = int(scores["n_windows"]), int(scores["n_entities"])
    who = f"{counted(n, 'window')} of {counted(g, 'entity', 'entities')}"
    return f"On {who} never seen in training: {', '.join(parts)}."


def context_sentence(scores: Mapping, kind: str = "classes") -> str:
    """Whether the model leans on the interactions it was given."""
    blind = scores.get("without_context")
    if blind is None:
        return "The model was trained without interactions, so there is nothing to take away."
    name = MAIN_SCORE[kind]
    before, after = scores["compared"][name], blind[name]
    told = (
        f"With the interactions taken away at test time, {NAMES[name]} goes from {number(before)} to {number(after)} "
        f"({counted(int(scores['compared']['n_windows']), 'window')})"
    )
    if _unknown(before) or _unknown(after):
        return f"{told}: it is not defined on these windows."
    if before - after > NOTICED:
        return f"{told}: the model leans on them."
    if before - after < -NOTICED:
        return f"{told}: they mislead it on these entities."
    return f"{told}: on these data the tokens themselves say enough, and the guidance changes little."


def missing_sentence(scores: Mapping, kind: str = "classes") -> str:
    """Which modality the model can spare least; empty where none was taken away."""
    name = MAIN_SCORE[kind]
    lost = {
        key.removeprefix("without "): part[name] for key, part in scores.items() if key.startswith("without ")
    }
    lost = {key: value for key, value in lost.items() if not _unknown(value)}
    before = scores.get("compared", {}).get(name)
    if not lost or _unknown(before):
        return ""
    worst = min(lost, key=lambda key: lost[key])
    if before - lost[worst] <= NOTICED:
        return (
            f"No single modality is missed much: whichever one is unobserved, {NAMES[name]} stays at "
            f"{number(lost[worst])} or above ({number(before)} with all of them)."
        )
    spared = sum(before - value <= NOTICED for value in lost.values())
    rest = f"; {counted(spared, 'other')} can be spared with a loss of at most {NOTICED}" if spared else ""
    return (
        f"{worst} is missed most: without it {NAMES[name]} falls from {number(before)} to "
        f"{number(lost[worst])}{rest}."
    )


def agreement_sentences(scores: Mapping) -> list[str]:
    """Whether routing follows the profile."""
    told = []
    for key, what, wanted in (
        ("agreement_redundancy", "The more redundant a pair, the more alike its tokens are routed", -1),
        ("agreement_synergy", "The more synergistic a pair, the more of it goes to synergy experts", 1),
    ):
        found = scores.get(key)
        if found is None or _unknown(found["correlation"]):
            continue
        r, low, high = found["correlation"], found["low"], found["high"]
        clear = not _unknown(low) and (low > 0 or high < 0)
        verdict = "not clear" if not clear else "yes" if r * wanted > 0 else "no, the reverse"
        ends = "" if _unknown(low) else f", 95 % interval {low:.2f} to {high:.2f}"
        told.append(
            f"{what}: {verdict} (rank correlation {r:.2f}{ends}; {int(found['n'])} pairs and lags, last layer)."
        )
    return told


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
            (
                "p- and q-values",
                "p: how often rearranged labels fit all that a pair tells as well as the true ones do; "
                "q: the same with false discoveries controlled over all pairs and lags",
            )
        )
    return rows


def negative_atoms(profile: InteractionProfile) -> str:
    """Estimates are signed; how far below zero they go shows the size of noise."""
    values = np.concatenate([profile.dataset[n].values.ravel() for n in ("redundancy", "unique", "synergy")])
    values = values[~np.isnan(values)]
    below = int((values < 0).sum())
    if not below:
        return f"None of the {len(values):,} values is below zero."
    return (
        f"{below:,} of {len(values):,} values are below zero, the smallest {values.min():.4f} bits; none is clipped. "
        "Nothing tells less than nothing: values below zero are noise, and show how large it is."
    )


def least_and_most(predictions: pd.DataFrame, kind: str = "classes") -> str:
    """Range over entities of accuracy, or of the mean absolute error of a number; empty for labels."""
    if kind == "labels":
        return ""
    if kind == "number":
        each, what = (predictions["label"] - predictions["predicted"]).abs(), "mean absolute error"
    else:
        each, what = predictions["label"] == predictions["predicted"], "share of windows right"
    found = each.groupby(predictions["entity"]).mean()
    if len(found) == 1:
        return f"One entity was tested, {found.index[0]}: {what} {number(found.iloc[0])}."
    return (
        f"Over {len(found)} entities, {what} goes from {number(found.min())} ({found.idxmin()}) to "
        f"{number(found.max())} ({found.idxmax()})."
    )


def _unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)
