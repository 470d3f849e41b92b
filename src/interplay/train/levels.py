"""What readers and a network count beside each other, by entities that neither learned from.

Letters: N windows, n held-out windows, C outputs.
"""

from dataclasses import dataclass

import torch

from interplay.readers.base import prior_logits
from interplay.readers.mixture import mixture_weights
from interplay.readers.scoring import loss_of_windows, normalised
from interplay.train.evidence import Evidence
from interplay.train.network import HeldOutLogits

STANDARD_ERRORS = 3.0
"""So much must held-out entities gain for a network to count beside readers: they also chose its best look."""

HOPE = 1.0
"""Standard errors that a network in training must have gained to be gone on with, beside readers that know much."""

KNOWN = 0.5
"""Readers that have told this share of what there is to tell leave a network that does not help them little to tell."""

FEW_ENTITIES = 3
"""Fewer held-out entities than this say nothing of how far they differ; windows do."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Weights of readers and network.

    Attributes
    ----------
    weight : (2,) float64, of the least loss on held-out windows, shrunk to even ones
    errors : float, mean gain of held-out entities over readers alone, in its standard errors
    """

    weight: torch.Tensor
    errors: float

    @property
    def counted(self) -> torch.Tensor:
        """(2,) float64: these weights where the gain is clear, else 1 for readers and 0 for the network."""
        # a network that only might help can as well harm
        return self.weight if self.errors > STANDARD_ERRORS else torch.tensor([1.0, 0.0]).double()


def weigh_levels(evidence: Evidence, apart: HeldOutLogits, shrinkage: float) -> Levels:
    """Weigh the two levels of a model.

    Parameters
    ----------
    evidence : Evidence
    apart : HeldOutLogits
        Of the network.
    shrinkage : float
        Nats that weights cost which are as far from even ones as none at all.
    """
    kind, read, y = evidence.mixture.schema.kind, evidence.logits[apart.rows], evidence.y[apart.rows]
    both = torch.stack([read, normalised(apart.logits, kind)], dim=1)
    weight = mixture_weights(both, y, kind, torch.full((2,), 0.5).double(), shrinkage)
    mixed = torch.einsum("nkc,k->nc", both.double(), weight)
    gain = loss_of_windows(read.double(), y, kind) - loss_of_windows(mixed, y, kind)
    return Levels(weight, in_standard_errors(gain, torch.from_numpy(apart.entity)))


def worth_training(evidence: Evidence, apart: HeldOutLogits, shrinkage: float) -> bool:
    """Whether a network in training may yet count beside readers; `evidence` and the others as in `weigh_levels`.

    Not where readers say much already, and what it says by now does not make held-out entities lose less.
    """
    schema = evidence.mixture.schema
    read, y = evidence.logits[apart.rows], evidence.y[apart.rows]
    prior = prior_logits(evidence.y, schema).expand_as(read)
    left = loss_of_windows(read, y, schema.kind).mean() / loss_of_windows(prior, y, schema.kind).mean()
    return bool(left > 1.0 - KNOWN) or weigh_levels(evidence, apart, shrinkage).errors > HOPE


def in_standard_errors(gain: torch.Tensor, entity: torch.Tensor) -> float:
    """Mean gain of entities, or of windows (n,) where these are few, over its standard error."""
    inverse = entity.unique(return_inverse=True)[1]
    counts = inverse.bincount()
    if len(counts) >= FEW_ENTITIES:
        gain = torch.zeros(len(counts), dtype=gain.dtype).index_add_(0, inverse, gain) / counts
    return float(gain.mean() / (gain.std() / len(gain) ** 0.5).clamp_min(1e-12))
