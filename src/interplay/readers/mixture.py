"""A log-linear mixture of readers: a weighted sum of what they say, calibrated.

Weights are those of the least loss on windows that no reader learned from, shrunk to parts that are known before: which
reader is best is known badly from few entities, and the mean of good ones is hard to beat. A part is the less the more
its reader loses alone. Readers of single modalities, of which there may be many, share one part evenly; so do those of
pairs. Those that together count for next to nothing are not asked: to ask one takes as long as to ask any other.

Letters: N windows, B batch, M modalities, T steps, K readers, C outputs.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from interplay.errors import NotFitted
from interplay.readers.base import Reader, Sight, View, prior_logits
from interplay.readers.crossfit import CrossFitted, Folds
from interplay.readers.scoring import loss_of_windows, mean_nats, minimised, normalised
from interplay.types import Schema

LESS_LIKELY = 5.0
"""Part of a reader is less by this power of e for every nat a window that it loses more than the best one."""

LEAST_PART = 1e-4
"""Of the largest one: weights are held against parts."""

NEXT_TO_NOTHING = 0.05
"""Share of all weights that those of readers which are not asked may have together."""


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
    scale: torch.Tensor
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
            ("weight", torch.full((len(readers),), torch.nan)),
            ("scale", torch.ones(())),
            ("prior", torch.zeros(schema.n_outputs)),
        ):
            self.register_buffer(name, start)

    def fit(self, evidence: torch.Tensor, y: torch.Tensor, *, shrinkage: float) -> "Mixture":
        """Weights and calibration from what readers said out of fold.

        Parameters
        ----------
        evidence : (N, K, C)
        y : (N, ...), see `Reader.fit`
        shrinkage : float
            Nats that weights cost which are as far from the parts of readers as none at all.
        """
        kind = self.schema.kind
        parts = parts_by_loss(evidence, y, kind, self.even)
        weight = mixture_weights(evidence, y, kind, parts, shrinkage)
        asked = worth_asking(weight, self.of_readers)
        weight = torch.zeros_like(weight)
        some = parts[asked] / parts[asked].sum()
        weight[asked] = mixture_weights(evidence[:, asked], y, kind, some, shrinkage)
        self.prior.copy_(prior_logits(y, self.schema))
        self.weight.copy_(weight)
        self.scale.copy_(calibration(torch.einsum("nkc,k->nc", evidence.double(), weight), y, kind))
        return self

    def lean(self) -> "Mixture":
        """The same, where readers that count for nothing have forgotten what they learned, and are not asked."""
        for k, weight in enumerate(self.weight.tolist()):
            if not weight:
                self._reader(k).forget()
        return self

    @property
    def asked(self) -> int:
        """How many readers are asked."""
        return sum(self._reader(k).fitted for k in range(len(self.views)))

    def evidence(self, seen: Sight) -> torch.Tensor:
        """(B, K, C) what each reader says, 0 of one that is not asked."""
        return torch.stack([self._said(k, seen) for k in range(len(self.views))], dim=1)

    def combined(self, evidence: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
        """Logits (B, C) of what readers said (B, K, C) of windows observed (B, M, T).

        A reader counts by the share of its modalities that is there; what it does not count goes to the others. Where
        nothing is there that one looks at, the prior is said.
        """
        if not torch.compiler.is_exporting() and self.weight.isnan().any():
            raise NotFitted("a mixture must be fitted before it reads; call fit first.")
        present = self.presence(observed)
        counted = present * self.weight
        total = counted.sum(1, keepdim=True)
        share = torch.where(total > 0, counted * (self.weight.sum() / total.clamp_min(1e-9)), 0.0)
        logits = self.scale * torch.einsum("bkc,bk->bc", evidence, share)
        logits = torch.where(total > 0, logits, self.prior)
        return normalised(logits, self.schema.kind)

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
        counted = self.presence(observed) * self.weight.to(observed.device)
        of_readers = self.of_readers.to(counted)
        of_modality = counted @ (of_readers / of_readers.sum(1, keepdim=True))
        token = observed / observed.sum(-1, keepdim=True).clamp_min(1) * of_modality[..., None]
        return token / token.sum((1, 2), keepdim=True).clamp_min(1e-9)

    def _said(self, k: int, seen: Sight) -> torch.Tensor:
        reader = self._reader(k)
        # one that counts must be there: it refuses to read what it has not learned
        if not reader.fitted and (torch.compiler.is_exporting() or self.weight[k] == 0):
            # by shape, not by len: an exported program takes batches of any size
            shape = seen.observed.shape[0], self.schema.n_outputs
            return seen.observed.new_zeros(shape, dtype=torch.float32)
        return reader(self.views[k].cut(seen, self.schema))

    def _reader(self, k: int) -> Reader:
        return cast(Reader, self.readers[k])


def fit_mixture(
    fitted: Sequence[CrossFitted], schema: Schema, y: torch.Tensor, *, shrinkage: float
) -> Mixture:
    """The mixture of readers that were cross-fitted on windows with targets y; `schema` is that of scaled windows."""
    mixture = _unfitted(fitted, schema)
    return mixture.fit(out_of_fold(fitted), y, shrinkage=shrinkage).lean().eval()


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


def parts_by_loss(evidence: torch.Tensor, y: torch.Tensor, kind: str, even: torch.Tensor) -> torch.Tensor:
    """(K,) float64 parts of readers that sum to 1, from even ones (K,) and what each loses alone (N, K, C)."""
    loss = torch.stack([mean_nats(one, y, kind) for one in evidence.double().unbind(1)])
    part = even * torch.exp(-LESS_LIKELY * (loss - loss.min()))
    part = part.clamp_min(LEAST_PART * part.max())
    return part / part.sum()


def mixture_weights(
    evidence: torch.Tensor, y: torch.Tensor, kind: str, even: torch.Tensor, shrinkage: float
) -> torch.Tensor:
    """(K,) float64, none below 0, of the least loss of the weighted sum, shrunk to others (K,) that sum to 1."""
    fixed = evidence.double()

    def loss(root: torch.Tensor) -> torch.Tensor:
        weight = root.square()
        logits = torch.einsum("nkc,k->nc", fixed, weight)
        # of weights of 0 this is 1
        away = ((weight - even).square() / even).sum()
        return mean_nats(logits, y, kind) + shrinkage * away

    (root,) = minimised(loss, even.sqrt())
    return root.square()


def worth_asking(weight: torch.Tensor, of_readers: torch.Tensor) -> torch.Tensor:
    """(K,) bool: all but the lightest ones, which together have next to nothing of the weights (K,).

    Of each modality one is left at least, the heaviest of those that look at it (K, M): the others may be missing.
    """
    order = weight.argsort()
    light = torch.empty_like(of_readers[:, 0])
    light[order] = weight[order].cumsum(0) < NEXT_TO_NOTHING * weight.sum()
    heaviest = torch.where(of_readers, weight[:, None], -1.0).argmax(0)
    light[heaviest] = False
    return ~light


def calibration(logits: torch.Tensor, y: torch.Tensor, kind: str) -> torch.Tensor:
    """Scale () after which logits lose least. No offsets: how frequent classes are differs from entity to entity."""
    (scale,) = minimised(lambda scale: loss_of_windows(scale * logits, y, kind).mean(), torch.tensor(1.0))
    return scale.clamp_min(0.0)
