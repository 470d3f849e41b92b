"""Numbers of a run put into words and table cells; pure functions, nothing recomputed."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from interplay.metrics import Agreement
from interplay.metrics.paired import Difference
from interplay.notebook import counted
from interplay.profile import InteractionProfile
from interplay.profile.dataset import RATE
from interplay.profile.time_axis import is_since_event
from interplay.train.evaluation import Scores
from interplay.train.rivals import FOREST, GUESS

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
NAMES = {key: name for key, name, _ in SCORES}
RIVALS = {GUESS: "guessing", FOREST: "a forest"}
"""What rivals are called in a sentence; see `interplay.train.rivals`."""

DIGITS = 2
"""Of a change of a score."""

NOTICED = 0.02
"""A change of macro-F1 or R2 below this is told as little."""

ALIKE = 10.0
"""Experts that serve all tokens alike to within so many points (% of weight) are told not to differ."""

MOST_NAMES = 16
"""Names that a row lists before it only counts the rest."""

FOLLOWS = {
    "redundancy": ("The more redundant a pair, the more alike its tokens are routed", -1),
    "synergy": ("The more synergistic a pair, the more of it goes to synergy experts", 1),
}
"""What a router should do with an atom, and the sign of the gamma that says that it does."""


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
    around = interval(scores, name)
    return number(scores[name]) + (f" ({around})" if around else "")


def score_rows(scores: Mapping) -> list[tuple[str, str, str, str]]:
    """Name, meaning, value and interval of the scores that there are."""
    return [
        (name, meaning, number(scores[key]), interval(scores, key).removeprefix("95 % interval "))
        for key, name, meaning in SCORES
        if key in scores
    ]


def listed(names: Iterable[str]) -> str:
    """Names with commas, the first `MOST_NAMES` of them."""
    names = list(names)
    rest = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def judged_sentence(scores: Scores, main: str) -> str:
    """How good the run is on entities that it has not seen; `main` is the name of the score that counts."""
    parts = [
        f"{NAMES[name]} {with_interval(scores, name)}" for name in ("accuracy", "mae", main) if name in scores
    ]
    n, g = int(scores["n_windows"]), int(scores["n_entities"])
    who = f"{counted(n, 'window')} of {counted(g, 'entity', 'entities')}"
    return f"On {who} never seen in training: {', '.join(parts)}."


def context_sentence(compared: Scores, without_context: Scores | None, main: str) -> str:
    """Whether the trained model leans on its context of interactions: that was blanked, not trained without."""
    if without_context is None:
        return "Nothing in the model reads interactions, so there is nothing to take away."
    before, after = compared[main], without_context[main]
    if _unknown(before) or _unknown(after):
        verdict = "it is not defined on these windows"
    elif before - after > NOTICED:
        verdict = "the model leans on them"
    elif before - after < -NOTICED:
        verdict = "they mislead it on these entities"
    else:
        verdict = "on these data the tokens themselves say enough, and the trained model needs them little"
    return (
        f"With the interactions blanked in this trained model, {NAMES[main]} goes from {number(before)} to "
        f"{number(after)} ({counted(int(compared['n_windows']), 'window')}): {verdict}. No model was trained without "
        "them for this."
    )


def control_sentence(test: Scores, control: Scores | None, main: str) -> str:
    """What a model reaches that was trained anew without the profile; empty where none was."""
    if control is None:
        return ""
    guided, unguided = test[main], control[main]
    if _unknown(guided) or _unknown(unguided):
        verdict = "it is not defined on these windows"
    elif guided - unguided > NOTICED:
        verdict = "the profile helps"
    elif guided - unguided < -NOTICED:
        verdict = "the profile does harm on these entities"
    else:
        verdict = "the profile makes little difference"
    return (
        f"Trained anew without the profile: {NAMES[main]} {with_interval(control, main)} on the test windows, against "
        f"{number(guided)} with it: {verdict}."
    )


def rivals_sentence(
    test: Scores, rivals: Mapping[str, Scores], ahead: Mapping[str, Difference], main: str
) -> str:
    """How good the run is against what it has to beat; empty where nothing is known of that."""
    defined = {name: scores for name, scores in rivals.items() if not _unknown(scores[main])}
    if not defined or _unknown(test[main]):
        return ""
    others = " and ".join(f"{number(scores[main])} for {RIVALS[name]}" for name, scores in defined.items())
    return f"{NAMES[main]} is {number(test[main])} against {others}{_ahead_of_forest(ahead)}."


def _ahead_of_forest(ahead: Mapping[str, Difference]) -> str:
    apart = ahead.get(FOREST)
    if apart is None or _unknown(apart.difference):
        return ""
    return f"; from the forest to this run it changes by {change(apart)}"


def change(apart: Difference, digits: int = DIGITS) -> str:
    """A difference with its sign, and its interval if it has one."""
    if _unknown(apart.low):
        return signed(apart.difference, digits)
    low, high = signed(apart.low, digits), signed(apart.high, digits)
    return f"{signed(apart.difference, digits)} (95 % interval {low} to {high})"


def signed(value: float, digits: int = 2) -> str:
    """A change with its sign; one that rounds to nothing has none."""
    text = f"{value:+.{digits}f}"
    return text[1:] if not text.strip("+-0.") else text


def missing_sentence(compared: Scores, without: Mapping[str, Scores], main: str) -> str:
    """Which modality the model can spare least; empty where none was taken away."""
    lost = {name: scores[main] for name, scores in without.items() if not _unknown(scores[main])}
    before = compared.get(main)
    if not lost or before is None or math.isnan(before):
        return ""
    worst = min(lost, key=lambda name: lost[name])
    if before - lost[worst] <= NOTICED:
        return (
            f"No single modality is missed much: whichever one is unobserved, {NAMES[main]} stays at "
            f"{number(lost[worst])} or above ({number(before)} with all of them)."
        )
    spared = [name for name, value in lost.items() if before - value <= NOTICED]
    each = "each alone " if len(spared) > 1 else ""
    rest = f"; {listed(spared)} can {each}be spared with a loss of at most {NOTICED}" if spared else ""
    return (
        f"{worst} is missed most: without it {NAMES[main]} falls from {number(before)} to "
        f"{number(lost[worst])}{rest}."
    )


def experts_sentence(insight: xr.Dataset) -> str:
    """Whether experts of the last layer serve different tokens at all; empty where tokens are not routed."""
    if "expert_use" not in insight:
        return ""
    use = insight["expert_use"].isel(layer=-1)
    apart = abs(use - use.mean(("modality", "lag")))
    most = apart.isel(apart.argmax(...))
    points = 100 * float(most)
    if points < ALIKE:
        return (
            "The experts of the last layer do not differ in what they serve: no token gives any of them more than "
            f"{points:.0f} points more or less of its weight than the mean token does."
        )
    return (
        f"The experts of the last layer differ in what they serve: {most['modality'].item()}, "
        f"{float(most['lag_s']):g} s before the prediction, gives expert {int(apart.argmax(...)['expert']) + 1} "
        f"{points:.0f} points more or less of its weight than the mean token does."
    )


def agreement_sentences(agreement: Mapping[str, Agreement]) -> list[str]:
    """Whether routing follows the profile; see `interplay.metrics.routing_agreement`."""
    return [_agreement_sentence(atom, agreement[atom]) for atom in FOLLOWS if atom in agreement]


def _agreement_sentence(atom: str, agreement: Agreement) -> str:
    wish, sign = FOLLOWS[atom]
    gamma, low, high = agreement.gamma, agreement.low, agreement.high
    if gamma is None:
        return (
            f"{wish}: this cannot be asked, for no two pairs or lags differ both in {atom} and, by more than a "
            "hundredth, in how they are routed."
        )
    if low is None or high is None:
        verdict, ends = "too few pairs stand out to tell it from chance", ""
    else:
        clear = low > 0 or high < 0
        verdict = "not clear" if not clear else "yes" if gamma * sign > 0 else "no, the reverse"
        ends = f", 95 % interval {low:.2f} to {high:.2f}"
    return (
        f"{wish}: {verdict}; so it is in {50 * (1 + sign * gamma):.0f} % of the comparisons "
        f"(gamma {gamma:.2f}{ends}; {agreement.n:,} pairs and lags, last layer)."
    )


def strongest_pairs(profile: InteractionProfile) -> list[tuple[str, str]]:
    """All pairs, by the most that they tell together at any lag."""
    names = profile.modalities
    i, j = np.triu_indices(len(names), 1)
    joint = np.nan_to_num(profile.dataset["joint_mi"].values[i, j]).max(-1)
    return [(names[i[k]], names[j[k]]) for k in np.argsort(-joint, kind="stable")]


def sureness(profile: InteractionProfile) -> list[tuple[str, str]]:
    """What the estimate rests on, and how exact its parts are."""
    d, a = profile.dataset, profile.dataset.attrs
    rows = [("estimator", str(a.get("estimator", "–")))]
    if a.get("parameters"):
        rows.append(("its parameters", ", ".join(f"{k} = {v}" for k, v in dict(a["parameters"]).items())))
    if "measure" in a:
        rows.append(("measure of redundancy", str(a["measure"])))
    if "n_examples" in a:
        rows.append(("windows", f"{int(a['n_examples']):,} of {len(profile.entities)} entities"))
    rows.append(("entropy of the target", f"{profile.h_y_bits:.3f} bits: no value can exceed it"))
    if profile.kind == RATE:
        lags = "; ".join(f"{m}: {', '.join(f'{s:g}' for s in each)} s" for m, each in a["lags_s"].items())
        rows.append(("what is measured", f"bits per step over all lags together; lags of {lags}"))
    if is_since_event(d):
        known = (
            f"{int(a['n_events']):,} events and {int(a['n_controls']):,} controls"
            if "n_events" in a
            else "events"
        )
        rows.append(("what is measured", f"bits {profile.axis.span}, of {known}"))
    history = int(a.get("target_history", 0))
    rows.append(
        (
            "target history",
            f"0: what the sources tell about the target at each {profile.axis.several}, whether or not its own past "
            "tells it too"
            if history == 0
            else f"{history}: what the sources tell beyond the target's last {history} labels",
        )
    )
    if profile.given:
        rows.append(("given", f"{', '.join(profile.given)}: what the sources tell beyond it"))
    for name, title, text in (
        ("gap_bits", "solver", "within {:.1g} bits of the exact optimum, certified"),
        ("quantisation_loss", "quantising", "would cost at most {:.1g} bits of any modality's information"),
        ("residual_bits", "sum rules", "hold to within {:.1g} bits"),
    ):
        if name in d and not np.isnan(d[name].values).all():
            rows.append((title, text.format(max(float(np.nanmax(d[name].values)), 0.0))))
    if "synergy_stderr" in d:
        rows.append(
            (
                "intervals",
                "95 %, from resampling entities (or blocks of time where there are few) and what is doubted beyond",
            )
        )
    if "p_value" in d:
        rows.append(
            (
                "p- and q-values",
                "p: how often sources that are rearranged in time, or between entities, tell as much; "
                f"q: the same, adjusted over all pairs and {'bins' if is_since_event(d) else 'lags'}",
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


def least_and_most(entities: Mapping[str, Any], what: str) -> str:
    """Range of `what` over entities, see `means_by_entity`; empty where that has no words."""
    names, values = entities["names"], entities["value"]
    if not what:
        return ""
    if len(names) == 1:
        return f"One entity was tested, {names[0]}: {what} {number(values[0])}."
    low, high = int(np.argmin(values)), int(np.argmax(values))
    return (
        f"Over {len(names)} entities, {what} goes from {number(values[low])} ({names[low]}) to "
        f"{number(values[high])} ({names[high]})."
    )


def defined(value: float | None) -> bool:
    """Whether there is such a number: what was not defined is NaN, and None once it was saved."""
    return value is not None and not math.isnan(value)


def _unknown(value: float | None) -> bool:
    return not defined(value)
