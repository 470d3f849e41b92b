"""What a set of modalities tells of the target: a reader of these alone, against the prior, in entities held out.

Letters: N windows, C outputs.
"""

from collections.abc import Sequence

import numpy as np
import torch

from interplay.data import Scaler, Windows, scaled_schema
from interplay.errors import InvalidInput
from interplay.metrics.resampling import scores_with_intervals
from interplay.readers import Folds, View, cross_fit, targets
from interplay.readers.base import prior_logits
from interplay.readers.scoring import loss_of_windows, minimised
from interplay.registry import Choice
from interplay.train.target_kinds import TARGETS
from interplay.units import bits

SHRINKAGE = 0.01
"""Nats that a weight costs which is one away from what is expected of it."""


class HeldOut:
    """Sets of modalities read in the same windows, folds and scaling.

    Parameters
    ----------
    windows : Windows, labelled
    reader : Choice of `interplay.readers.READERS`
    folds : int
        Groups of entities, at most; of a single entity blocks of time, purged of their neighbours.
    seed : int
    """

    def __init__(self, windows: Windows, reader: Choice, folds: int, seed: int):
        self.windows, self.reader, self.seed = windows, reader, seed
        self.folds = _folds(windows, folds, seed)
        self.scaler = Scaler.fit(windows)
        self.schema = scaled_schema(windows.schema)
        self.y = targets(windows, self.scaler)
        self.fold = torch.from_numpy(self.folds.fold)
        by_fold = [prior_logits(self.y[rows], self.schema) for rows in torch.from_numpy(self.folds.fitted)]
        self.prior = torch.stack(by_fold)[self.fold]
        self.prior_loss = self._losses(self.prior)

    def logits(self, modalities: Sequence[str], known: Sequence[torch.Tensor] = ()) -> torch.Tensor:
        """(N, C) what is said of the windows of other folds by a reader of these modalities.

        What is `known` from some of them, logits (N, C), is said as well: a reader that gets lost among more than it
        needs would seem to tell less than some of them do.
        """
        view = View(modalities=tuple(modalities))
        (read,) = cross_fit(self.reader, [view], self.windows, self.scaler, self.folds, seed=self.seed)
        return self._mixed(torch.stack([read.out_of_fold, *known]))

    def bits(self, logits: torch.Tensor) -> float:
        """Held-out information: the mean gain over the prior; of a number that of a Gaussian error."""
        return float(_information(self._sums(logits).sum(0), self.schema.kind)["bits"])

    def bits_with_interval(self, logits: torch.Tensor, n_bootstrap: int) -> dict[str, float]:
        """``bits``, ``bits_low`` and ``bits_high``, a 95 % interval over entities."""
        return scores_with_intervals(
            lambda sums: _information(sums, self.schema.kind),
            self._sums(logits),
            entity=self.windows.entity,
            n_bootstrap=n_bootstrap,
            random_state=self.seed,
        )

    def scores(self, logits: torch.Tensor, n_bootstrap: int) -> dict[str, float]:
        """Scores of predictions, as a run's evaluation has them."""
        target = TARGETS[self.schema.kind]
        return target.scores(self.windows, target.predicted(logits, self.scaler), n_bootstrap)

    def _sums(self, logits: torch.Tensor) -> np.ndarray:
        """(N, 3) what each window adds: loss of the prior, of the reader, and one."""
        columns = (self.prior_loss, self._losses(logits), torch.ones(len(logits)))
        return torch.stack(columns, dim=1).double().numpy()

    def _losses(self, logits: torch.Tensor) -> torch.Tensor:
        return loss_of_windows(logits, self.y, self.schema.kind)

    def _mixed(self, evidence: torch.Tensor) -> torch.Tensor:
        """(N, C) of evidence (K, N, C): each counts beyond the prior by what the other folds lose least with."""
        beyond = evidence - self.prior
        mixed = torch.empty_like(self.prior)
        for k, rows in enumerate(torch.from_numpy(self.folds.fitted)):
            weight = self._weight(beyond[:, rows], self.prior[rows], self.y[rows])
            inside = self.fold == k
            mixed[inside] = self.prior[inside] + torch.einsum("k,knc->nc", weight, beyond[:, inside])
        return mixed

    def _weight(self, beyond: torch.Tensor, prior: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(K,) none below 0, shrunk to what was known best, so that whatever adds nothing costs next to nothing."""
        beyond, prior = beyond.double(), prior.double()
        expected = torch.zeros(len(beyond), dtype=torch.float64)
        expected[min(1, len(beyond) - 1)] = 1.0
        counted = torch.ones(len(beyond), dtype=torch.bool)

        def loss(weight: torch.Tensor) -> torch.Tensor:
            logits = prior + torch.einsum("k,knc->nc", weight, beyond[counted])
            away = (weight - expected[counted]).square().sum()
            return loss_of_windows(logits, y, self.schema.kind).mean() + SHRINKAGE * away

        weight = torch.zeros_like(expected)
        while counted.any():
            weight.zero_()
            (weight[counted],) = minimised(loss, expected[counted])
            if (weight >= 0).all():
                break
            # the loss is convex: without those that would count against what they say
            counted &= weight > 0
            weight.zero_()
        return weight.float()


def _information(sums: np.ndarray, kind: str) -> dict[str, np.ndarray]:
    """Bits of sums (..., 3) over windows."""
    of_prior, of_reader, n = np.moveaxis(sums, -1, 0)
    if kind == "number":
        return {"bits": 0.5 * np.log2(of_prior / np.maximum(of_reader, np.finfo(float).tiny))}
    return {"bits": bits((of_prior - of_reader) / n)}


def _folds(windows: Windows, folds: int, seed: int) -> Folds:
    """Of entities wherever there are two."""
    n_entities = len(windows.entities)
    made = Folds.at_most(windows, min(folds, n_entities) if n_entities > 1 else folds, seed=seed)
    if made is None:
        raise InvalidInput(
            f"windows to select by must make two folds, each with something to learn in the other; those of "
            f"{n_entities} entities do not. Use more entities, or longer recordings."
        )
    return made
