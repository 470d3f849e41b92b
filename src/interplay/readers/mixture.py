"""A log-linear mixture of readers: a weighted sum of what they say, calibrated.

Weights are those of the least loss on windows that no reader learned from, shrunk to parts that are known before: which
reader is best is known badly from few entities, and the mean of good ones is hard to beat. A part is the less the more
its reader loses alone. Readers of single modalities, of which there may be many, share one part evenly; so do those of
pairs. Those that together count for next to nothing are not asked: to ask one takes as long as to ask any other.

Readers have other weights where a modality is missing that windows usually have, and others where steps are: who looks
at everything is then worth less than who looks at what is there. They are fitted alike, to training windows of which
that is hidden.

Letters: N windows, B batch, M modalities, T steps, K readers, C outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from interplay.errors import NotFitted
from interplay.readers.base import Reader, Sight, View, prior_logits
from interplay.readers.crossfit import CrossFitted, Folds
from interplay.readers.hidden import Hidden
from interplay.readers.scoring import normalised
from interplay.readers.weights import calibration, counted_by, mixture_weights, parts_by_loss, worth_asking
from interplay.types import Schema

LACKS = 3
"""What windows may lack: nothing, a modality, or steps of all modalities alone."""

USUAL = 0.1
"""A modality is usually observed as much as it is in all but this share of training windows."""

ENOUGH = 0.9
"""Share of what is usually observed of a modality of which no window lacks steps."""


@dataclass(frozen=True, slots=True)
class OfHidden:
    """What readers said out of fold of training windows of which something is hidden.

    Attributes
    ----------
    evidence : (n, K, C)
    y : (n, ...)
    observed : (n, M, T) bool, what was left
    """

    evidence: torch.Tensor
    y: torch.Tensor
    observed: torch.Tensor


class Mixture(nn.Module):
    """Readers and what each counts.

    Parameters
    ----------
    schema : Schema
        Of scaled windows.
    readers : sequence of Reader
    views : sequence of View
        What each of them looks at.
    parts : sequence of float
        What each counts before any loss is known; they are scaled to sum to 1.
    """

    weight: torch.Tensor
    """(3, K) of windows that lack nothing, a modality, and steps."""
    scale: torch.Tensor
    """(3,) likewise."""
    usual: torch.Tensor
    """(M,) share of steps in which each modality is usually observed."""
    prior: torch.Tensor

    def __init__(
        self, schema: Schema, readers: Sequence[Reader], views: Sequence[View], parts: Sequence[float]
    ):
        super().__init__()
        self.schema, self.views = schema, tuple(views)
        self.even = torch.tensor(parts, dtype=torch.float64) / sum(parts)
        self.readers = nn.ModuleList(readers)
        of_readers = torch.zeros(len(readers), len(schema.modalities), dtype=torch.bool)
        for k, view in enumerate(views):
            of_readers[k, [schema.modalities.index(name) for name in view.modalities]] = True
        self.of_readers = of_readers
        for name, start in (
            ("weight", torch.full((LACKS, len(readers)), torch.nan)),
            ("scale", torch.ones(LACKS)),
            ("usual", torch.zeros(len(schema.modalities))),
            ("prior", torch.zeros(schema.n_outputs)),
        ):
            self.register_buffer(name, start)

    def fit(
        self,
        evidence: torch.Tensor,
        y: torch.Tensor,
        *,
        shrinkage: float,
        of_hidden: Sequence[OfHidden | None] = (None, None),
        observed: torch.Tensor | None = None,
    ) -> "Mixture":
        """Weights and calibration from what readers said out of fold.

        Parameters
        ----------
        evidence : (N, K, C)
        y : (N, ...), see `Reader.fit`
        shrinkage : float
            Nats that weights cost which are as far from the parts of readers as none at all.
        of_hidden : two of OfHidden or None
            Of windows with modalities hidden, and with steps. Without one windows that lack such are read as any.
        observed : (N, M, T) bool, optional
            Says what windows usually have; without it none lacks anything.
        """
        self.prior.copy_(prior_logits(y, self.schema))
        weight, scale = self._fitted(evidence, y, torch.ones(evidence.shape[:2]), shrinkage)
        self.weight.copy_(weight.expand_as(self.weight))
        self.scale.copy_(scale)
        for lack, some in enumerate(of_hidden, start=1):
            if some is not None:
                presence = self.presence(some.observed)
                self.weight[lack], self.scale[lack] = self._fitted(some.evidence, some.y, presence, shrinkage)
        self.usual.zero_()
        if observed is not None:
            share = observed.float().mean(-1).sort(dim=0).values
            self.usual.copy_(share[int(USUAL * (len(share) - 1))])
        return self

    def _fitted(
        self, evidence: torch.Tensor, y: torch.Tensor, presence: torch.Tensor, shrinkage: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights (K,) float64 and their scale (), of readers present (N, K)."""
        kind = self.schema.kind
        alone = torch.where(presence[..., None] > 0, evidence, self.prior)
        parts = parts_by_loss(alone, y, kind, self.even)
        asked = worth_asking(mixture_weights(evidence, y, kind, parts, shrinkage, presence), self.of_readers)
        some = parts[asked] / parts[asked].sum()
        weight = torch.zeros_like(parts)
        weight[asked] = mixture_weights(evidence[:, asked], y, kind, some, shrinkage, presence[:, asked])
        logits = torch.einsum("nkc,nk->nc", evidence.double(), counted_by(weight, presence))
        return weight, calibration(logits, y, kind)

    def lean(self) -> "Mixture":
        """The same, where readers that count for nothing have forgotten what they learned, and are not asked."""
        for k, counts in enumerate(self.weight.any(0).tolist()):
            if not counts:
                self._reader(k).forget()
        return self

    @property
    def asked(self) -> int:
        """How many readers are asked."""
        return sum(self._reader(k).fitted for k in range(len(self.views)))

    def evidence(self, seen: Sight) -> torch.Tensor:
        """(B, K, C) what each reader says, 0 of one that is not asked."""
        asked = self._asked(seen.observed)
        # by shape, not by len: an exported program takes batches of any size
        nothing = seen.observed.new_zeros(seen.observed.shape[0], self.schema.n_outputs, dtype=torch.float32)
        return torch.stack(
            [self._said(k, seen) if asked[k] else nothing for k in range(len(self.views))], dim=1
        )

    def _asked(self, observed: torch.Tensor) -> list[bool]:
        """Readers that count for any of the windows, (K,)."""
        if torch.compiler.is_exporting():
            return [self._reader(k).fitted for k in range(len(self.views))]
        return self.weight[self._lacks(observed)].any(0).tolist()

    def combined(self, evidence: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
        """Logits (B, C) of what readers said (B, K, C) of windows observed (B, M, T).

        A reader counts by the share of its modalities that is there; what it does not count goes to the others. Where
        nothing is there that one looks at, the prior is said.
        """
        if not torch.compiler.is_exporting() and self.weight.isnan().any():
            raise NotFitted("a mixture must be fitted before it reads; call fit first.")
        lacks = self._lacks(observed)
        share = counted_by(self.weight[lacks], self.presence(observed))
        logits = self.scale[lacks, None] * torch.einsum("bkc,bk->bc", evidence, share)
        logits = torch.where(share.sum(1, keepdim=True) > 0, logits, self.prior)
        return normalised(logits, self.schema.kind)

    def _lacks(self, observed: torch.Tensor) -> torch.Tensor:
        """(B,) int64, what each window lacks that windows usually have, see `LACKS`."""
        share = observed.float().mean(-1)
        few_steps = (share < ENOUGH * self.usual).any(1)
        no_modality = ((share == 0) & (self.usual > 0)).any(1)
        return torch.where(no_modality, 1, 2 * few_steps.long())

    def presence(self, observed: torch.Tensor) -> torch.Tensor:
        """(B, K) share of each reader's modalities of which any step is observed."""
        seen = observed.any(-1).float()
        of_readers = self.of_readers.to(seen)
        return seen @ of_readers.T / of_readers.sum(1)

    def forward(self, seen: Sight) -> torch.Tensor:
        """Logits (B, C), where the windows are; worked out where the readers are."""
        here = seen.to(self.weight.device)
        return self.combined(self.evidence(here), here.observed).to(seen.observed.device)

    def shares(self, observed: torch.Tensor) -> torch.Tensor:
        """(B, M, T) how much tokens are read: weights of readers over their modalities and steps; sums to 1."""
        here = observed.to(self.weight.device)
        counted = self.presence(here) * self.weight[self._lacks(here)]
        of_readers = self.of_readers.to(counted)
        of_modality = counted @ (of_readers / of_readers.sum(1, keepdim=True))
        token = here / here.sum(-1, keepdim=True).clamp_min(1) * of_modality[..., None]
        return (token / token.sum((1, 2), keepdim=True).clamp_min(1e-9)).to(observed.device)

    def _said(self, k: int, seen: Sight) -> torch.Tensor:
        return self._reader(k)(self.views[k].cut(seen, self.schema))

    def _reader(self, k: int) -> Reader:
        return cast(Reader, self.readers[k])


def fit_mixture(
    fitted: Sequence[CrossFitted],
    schema: Schema,
    y: torch.Tensor,
    observed: torch.Tensor,
    *,
    shrinkage: float,
    hidden: Sequence[Hidden | None] = (None, None),
) -> Mixture:
    """The mixture of readers that were cross-fitted on windows with targets y, and on such with something hidden.

    Parameters
    ----------
    fitted : sequence of CrossFitted
    schema : Schema
        Of scaled windows.
    y, shrinkage
        See `Mixture.fit`.
    observed : (N, M, T) bool
    hidden : two of Hidden or None
        With modalities and with steps hidden; those that are not None are what readers were cross-fitted with.
    """
    mixture = _unfitted(fitted, schema)
    said = iter(
        [torch.stack(of_one, dim=1) for of_one in zip(*(one.of_hidden for one in fitted), strict=True)]
    )
    of_hidden = [
        None if some is None else OfHidden(next(said), y[some.rows], observed[some.rows] & some.left)
        for some in hidden
    ]
    mixture.fit(out_of_fold(fitted), y, shrinkage=shrinkage, of_hidden=of_hidden, observed=observed)
    return mixture.lean().eval()


def out_of_fold(fitted: Sequence[CrossFitted]) -> torch.Tensor:
    """(N, K, C) what each reader says out of fold."""
    return torch.stack([one.out_of_fold for one in fitted], dim=1)


def out_of_fold_logits(
    fitted: Sequence[CrossFitted],
    schema: Schema,
    y: torch.Tensor,
    observed: torch.Tensor,
    folds: Folds,
    *,
    shrinkage: float,
) -> torch.Tensor:
    """(N, C) what mixtures say out of fold, the weights and the calibration of each fold from the others.

    Parameters
    ----------
    fitted, schema, y, shrinkage
        See `fit_mixture`.
    observed : (N, M, T) bool
    folds : Folds
    """
    evidence, fold = out_of_fold(fitted), torch.from_numpy(folds.fold)
    mixture = _unfitted(fitted, schema)
    logits = torch.zeros(len(y), schema.n_outputs)
    for k, rows in enumerate(torch.from_numpy(folds.fitted)):
        inside = fold == k
        mixture.fit(evidence[rows], y[rows], shrinkage=shrinkage)
        logits[inside] = mixture.combined(evidence[inside], observed[inside])
    return logits


def _unfitted(fitted: Sequence[CrossFitted], schema: Schema) -> Mixture:
    readers, views, parts = zip(*((one.reader, one.view, one.part) for one in fitted), strict=True)
    return Mixture(schema, readers, views, parts)
