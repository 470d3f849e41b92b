"""What a run has to beat: a guess that looks at nothing, and a forest that learned from the same windows in seconds.

Letters: N windows, C outputs.
"""

from collections.abc import Mapping

import numpy as np
import torch

from interplay.arrays import evenly
from interplay.data import Scaler, Windows, scaled_schema
from interplay.nn import Model, TwoLevels
from interplay.readers import View, targets
from interplay.readers.crossfit import pieces_of_sight
from interplay.readers.trees import ExtraTrees
from interplay.train.target_kinds import TARGETS, TargetKind
from interplay.types import Schema

GUESS, FOREST = "guess", "forest"
"""Names of the rivals."""

TREES = 100
MOST_WINDOWS = 10_000
"""The forest learns from at most so many training windows, evenly drawn: it is to take seconds, and few megabytes."""


def new_forest(schema: Schema, seed: int) -> ExtraTrees:
    """A forest of all modalities and side inputs that has not learned yet; `schema` is that of windows as they are."""
    return ExtraTrees(_view(schema).schema(scaled_schema(schema)), seed, trees=TREES)


@torch.no_grad()
def fit_forest(train: Windows, scaler: Scaler, seed: int) -> ExtraTrees:
    """The forest of a run, on window summaries of its training windows."""
    some = train.select(evenly(len(train), MOST_WINDOWS))
    forest = new_forest(train.schema, seed)
    forest.fit(_features(forest, some, scaler), targets(some, scaler), torch.from_numpy(some.entity))
    return forest.eval()


def forest_within(model: Model) -> ExtraTrees | None:
    """The forest of all modalities among the readers of a model; None where it has none, or does not ask it."""
    if not isinstance(model, TwoLevels):
        return None
    everything = model.mixture.schema.modalities
    for reader, view in zip(model.mixture.readers, model.mixture.views, strict=True):
        # what trees on intervals see is not what a forest is known for
        if type(reader) is ExtraTrees and reader.fitted and view.modalities == everything:
            return reader
    return None


@torch.no_grad()
def rival_predictions(
    forest: ExtraTrees, windows: Windows, scaler: Scaler
) -> Mapping[str, tuple[TargetKind | None, np.ndarray]]:
    """What each rival predicts of windows that neither of them saw.

    Parameters
    ----------
    forest : ExtraTrees, fitted
    windows : Windows
    scaler : Scaler of the training windows

    Returns
    -------
    mapping of name to (kind, predicted)
        Who calls the classes, None where that is as in the run; and predictions (N, ...), see `TargetKind.predicted`.
    """
    kind = TARGETS[windows.kind]
    read = forest.read(_features(forest, windows, scaler))
    guess = forest.prior.expand(len(windows), -1)
    return {
        # of what is the same for every window, the most frequent class is the best call
        GUESS: (kind, kind.predicted(guess, scaler)),
        FOREST: (None, kind.predicted(read, scaler)),
    }


def _view(schema: Schema) -> View:
    return View(modalities=schema.modalities, static=True)


def _features(forest: ExtraTrees, windows: Windows, scaler: Scaler) -> torch.Tensor:
    """(N, F) window summaries."""
    seen = pieces_of_sight(windows, scaler, _view(windows.schema))
    return torch.cat([forest.features(piece) for piece in seen])
