"""The readers of a run: which there are, and what they say of the training windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import f1_score

from interplay.data import Scaler, Windows, scaled_schema
from interplay.profile import InteractionProfile
from interplay.progress import Progress
from interplay.readers import (
    Folds,
    Hidden,
    Mixture,
    ReadersConfig,
    View,
    cross_fit,
    fit_mixture,
    out_of_fold_logits,
    targets,
)
from interplay.registry import Choice
from interplay.train.target_kinds import TARGETS
from interplay.types import Schema

MOST_ALONE = 12
"""Of more modalities than this none is read alone: one part shared by so many says little of any."""

CLEARLY = 0.01
"""Macro-F1 that another rule of calling must be worth: the likeliest class is what anyone expects."""

MOST_PAIRS = 6
"""At most so many synergistic pairs are read as pairs, the most synergistic ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What readers say.

    Attributes
    ----------
    mixture : Mixture, fitted
    logits : (N, C), of the training windows, each by readers and weights that it did not take part in
    y : (N, ...), targets of the training windows, see `interplay.readers.Reader.fit`
    """

    mixture: Mixture
    logits: torch.Tensor
    y: torch.Tensor


def asked(
    config: ReadersConfig, schema: Schema, profile: InteractionProfile | None
) -> list[tuple[Choice, list[View]]]:
    """Readers and what each of them looks at.

    Parameters
    ----------
    config : ReadersConfig
    schema : Schema
    profile : InteractionProfile, optional
        Says which pairs are synergistic; without it none is read as a pair.
    """
    names = schema.modalities
    views = {
        "of_all": [View(modalities=names, static=True)],
        "of_each": [View(modalities=(name,)) for name in names] if 1 < len(names) <= MOST_ALONE else [],
        "of_pairs": [View(modalities=pair) for pair in synergistic_pairs(profile, names)],
    }
    return [(choice, of) for group, of in views.items() if of for choice in config.chosen(group)]


def synergistic_pairs(profile: InteractionProfile | None, names: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs whose synergy is significant at some lag, the most synergistic first; not the pair that is all there is."""
    if profile is None or len(names) < 3:
        return []
    order = [profile.modalities.index(name) for name in names]
    bits = np.where(profile.significant("synergy"), profile.dataset["synergy"].values, 0.0)
    largest = np.triu(bits.max(-1)[np.ix_(order, order)], 1)
    best = np.argsort(-largest, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [np.unravel_index(k, largest.shape) for k in best if largest.flat[k] > 0]
    return [(names[i], names[j]) for i, j in pairs]


def gather_evidence(
    train: Windows,
    scaler: Scaler,
    profile: InteractionProfile | None,
    config: ReadersConfig,
    seed: int,
    progress: Progress,
    folds: Folds | None = None,
) -> Evidence | None:
    """Fit the readers that a recipe asks for; None where windows are too few to hold any out, in `folds` if given."""
    wanted = asked(config, train.schema, profile)
    if folds is None and wanted:
        folds = Folds.at_most(train, config.folds, seed=seed)
    if folds is None:
        return None
    done, total = 0, sum(len(views) for _, views in wanted)

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done / total)

    hidden = Hidden.modalities(train, seed), Hidden.stretch(train, seed)
    drawn = [some for some in hidden if some is not None]
    fitted = [
        reader
        for choice, views in wanted
        for reader in cross_fit(choice, views, train, scaler, folds, seed=seed, hidden=drawn, done=one_more)
    ]
    schema, y = scaled_schema(train.schema), targets(train, scaler)
    observed = torch.from_numpy(train.steps.observed[train.rows()].transpose(0, 2, 1))
    return Evidence(
        mixture=fit_mixture(fitted, schema, y, observed, shrinkage=config.shrinkage, hidden=hidden),
        logits=out_of_fold_logits(fitted, schema, y, observed, folds, shrinkage=config.shrinkage),
        y=y,
    )


def rule_of(evidence: Evidence | None, train: Windows, rule: str) -> str:
    """How classes are called: as asked, or under "auto" by the macro-F1 of what readers say out of fold."""
    if rule != "auto":
        return rule
    if train.kind != "classes" or evidence is None:
        return "likeliest"
    kind = TARGETS[train.kind]
    probs = evidence.logits.double().softmax(-1).numpy()

    def score(called_by: str) -> float:
        called = kind.calling(called_by, kind.counts(train)).called(probs)
        return float(f1_score(train.y, called, average="macro"))

    return "balanced" if score("balanced") > score("likeliest") + CLEARLY else "likeliest"


def empty_mixture(
    config: ReadersConfig, schema: Schema, profile: InteractionProfile | None, seed: int
) -> Mixture:
    """The mixture of a run before its state is laid in; `schema` is that of windows as they are."""
    scaled = scaled_schema(schema)
    readers, views, parts = [], [], []
    for choice, of in asked(config, schema, profile):
        for view in of:
            readers.append(choice.build(view.schema(scaled), seed))
            views.append(view)
            parts.append(1.0 / len(of))
    return Mixture(scaled, readers, views, parts)
