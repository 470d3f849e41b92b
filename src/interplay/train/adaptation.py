"""A run for a new person, ward or machine with few labels: what it started from stays, little is learned beside it.

Everything that the source learned is frozen: its network, its readers, its scaler and its profile. Of the new windows
are learned, as far as their number allows: what the source counts, one offset of every output, and readers that see
these windows alone, weighed by what they say out of fold.

Letters: N windows, C outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from interplay.data import Windows, purged, scaled_schema
from interplay.data.check import check_disjoint, check_labelled
from interplay.data.seen_steps import digests_of_steps, shared_steps
from interplay.errors import InvalidInput, LeakageError
from interplay.nn import Adapted
from interplay.progress import Progress
from interplay.readers import Folds, ReadersConfig
from interplay.readers.scoring import mean_nats, minimised, normalised
from interplay.train.batches import ScaledWindows
from interplay.train.evidence import Evidence, gather_evidence
from interplay.train.logits import logits_of

SPREAD_OF_WEIGHT = (0.5, 0.15)
"""Standard deviations before any window was seen: of the source's weight around 1, of own readers' around 0. These are
kept short: out of fold, neighbours in time make them look better than they are."""

SPREAD_OF_OFFSET = 1.0
"""Of offsets around 0, nats; of a number in standard deviations."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adaptation:
    """What an adapted run learned, and from which windows.

    Attributes
    ----------
    entities : names of those it was adapted to
    n_windows : int
    source_entities : names of those that the source was fitted on
    source : folder of the source, or "" if it was not saved
    weight : what the source and own readers count
    offset : of every output, nats; of a number in its standard deviations
    own_readers : how many readers learned from the new windows alone
    steps : digests of the content of the steps that it was adapted to
    """

    entities: tuple[str, ...]
    n_windows: int
    source_entities: tuple[str, ...]
    source: str
    weight: tuple[float, float]
    offset: tuple[float, ...]
    own_readers: int
    steps: tuple[str, ...]

    def sentence(self) -> str:
        """What is frozen and what was learned, in words."""
        learned = (
            f"{len(self.offset)} offsets and the weight of the source"
            if not self.own_readers
            else f"{len(self.offset)} offsets, {self.own_readers} readers and what they and the source count "
            f"({self.weight[1]:.2f} and {self.weight[0]:.2f})"
        )
        return (
            f"Network, readers, scaling and profile of the source are frozen; of {self.n_windows} windows of "
            f"{', '.join(self.entities[:3])}{', …' if len(self.entities) > 3 else ''} it learned {learned}."
        )


def readers_of_few(config: ReadersConfig) -> ReadersConfig:
    """The readers that learn from few windows: those of all modalities together."""
    return replace(config, of_each="", of_pairs="")


def adapt(source, windows: Windows, *, seed: int, progress: Progress) -> tuple[Adapted, Adaptation]:
    """Adapt a run to windows of entities that it has not seen.

    Parameters
    ----------
    source : Run
    windows : Windows
        Labelled, as the source knows them.
    seed : int
    progress : callable

    Returns
    -------
    model : Adapted
    adaptation : Adaptation
    """
    check_labelled(windows, what="windows to adapt to")
    check_disjoint(windows.entities, fitted_entities(source), what="the source")
    own = own_evidence(source, windows, seed, progress)
    contexts = source.contexts(windows)
    before, y = logits_of(source.model, ScaledWindows(windows, source.scaler, contexts))
    schema = scaled_schema(source.schema)
    evidence = [normalised(before, schema.kind), *([] if own is None else [own.logits])]
    weight, offset = fitted_numbers(evidence, y, schema.kind, independent_windows(windows))
    model = Adapted(source.model, None if own is None else own.mixture, schema)
    model.weight[: len(weight)] = weight
    model.offset.copy_(offset)
    return model.eval(), Adaptation(
        entities=windows.entities,
        n_windows=len(windows),
        source_entities=fitted_entities(source),
        source="" if source.folder is None else str(source.folder),
        weight=(float(model.weight[0]), float(model.weight[1])),
        offset=tuple(float(value) for value in offset),
        own_readers=0 if own is None else own.mixture.asked,
        steps=digests_of_steps(windows),
    )


def fitted_entities(source) -> tuple[str, ...]:
    """All entities that a run, or its profile, learned from."""
    of_profile = () if source.profile is None else source.profile.entities
    return tuple(sorted({*source.data.entities, *of_profile}))


def own_evidence(source, windows: Windows, seed: int, progress: Progress) -> Evidence | None:
    """Readers of the windows alone, and what they say out of fold; None where the windows make no folds."""
    config = readers_of_few(source.recipe.readers)
    folds = folds_of_few(windows, config.folds, seed) if config.any else None
    if folds is None:
        return None
    return gather_evidence(windows, source.scaler, None, config, seed, progress, folds)


def folds_of_few(windows: Windows, folds: int, seed: int) -> Folds | None:
    """Folds of entities; of too few of them, and one class each, stretches of time within every class.

    Few people do everything twice: where a class is held out altogether, what was not learned of it says nothing of a
    reader that will know it.
    """
    if windows.kind != "classes" or len(windows.entities) >= folds:
        return Folds.at_most(windows, folds, seed=seed)
    counts = np.bincount(windows.y)
    folds = min(folds, int(counts.max()))
    if folds < 2 or (counts > 1).sum() < 2:
        return None
    fold = np.zeros(len(windows), dtype=np.int64)
    for c, n in enumerate(counts):
        fold[windows.y == c] = np.arange(n) * min(folds, n) // max(n, 1)
    fitted = np.stack([purged(windows, fold == k) for k in range(folds)])
    return Folds(fold, fitted) if fitted.any(axis=1).all() else None


def independent_windows(windows: Windows) -> float:
    """As how many windows these count: neighbours that share steps say much the same."""
    return min(len(windows), len(windows.used_rows()) / windows.length)


def fitted_numbers(
    evidence: Sequence[torch.Tensor], y: torch.Tensor, kind: str, count: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (K,) and offset (C,) of largest posterior.

    Parameters
    ----------
    evidence : K of (N, C)
        What the source says and, if there are any, what own readers say out of fold.
    y : (N, ...), see `interplay.readers.scoring.loss_of_windows`
    kind : "classes", "labels" or "number"
    count : float
        As how many independent windows these count.
    """
    fixed = torch.stack(list(evidence)).double()
    expected = torch.zeros(len(fixed), dtype=torch.float64)
    expected[0] = 1.0
    spread = torch.tensor(SPREAD_OF_WEIGHT, dtype=torch.float64)[: len(fixed)]

    def loss(root: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
        weight = root.square()
        logits = torch.einsum("k,knc->nc", weight, fixed) + offset
        away = ((weight - expected) / spread).square().sum() + (offset / SPREAD_OF_OFFSET).square().sum()
        return mean_nats(logits, y, kind) + 0.5 * away / count

    # at a root of 0 there is no slope to leave it by
    root, offset = minimised(loss, expected.clamp_min(0.1).sqrt(), torch.zeros(fixed.shape[-1]))
    return root.square().float(), offset.float()


def check_later(adaptation: Adaptation | None, test: Windows) -> None:
    """Refuse windows that are said to be other ones of the entities that a run was adapted to, and are not."""
    if adaptation is None:
        raise InvalidInput(
            "later must be asked of a run that was adapted with start_from; this one was not. Test it on entities that "
            "it has not seen."
        )
    n = shared_steps(test, adaptation.steps)
    if n:
        raise LeakageError(
            f"later test windows must share no step with those that the run was adapted to; they share {n}. "
            "Cut them from another recording, or from after the last labelled window."
        )
