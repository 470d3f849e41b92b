"""What readers and a network count beside each other, by entities that neither learned from.

Letters: N windows, n held-out windows, C outputs.
"""

from dataclasses import dataclass

import torch
from scipy import stats

from interplay.readers.base import prior_logits
from interplay.readers.scoring import loss_of_windows, mean_nats, normalised
from interplay.readers.weights import mixture_weights
from interplay.train.evidence import Evidence
from interplay.train.network import HeldOutLogits

STANDARD_ERRORS = 3.0
"""So much must held-out entities gain for a network to count beside readers: they also chose its best look."""

BY_CHANCE = 0.01
"""A gain of a few entities must also be one that comes by chance in so small a share of draws (Student's t)."""

LEAST_GAIN = 0.01
"""Nats a window that a network must gain, of a number as `mean_nats` has it: for less it is not worth asking one."""

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
    enough : float, standard errors at which a gain of so many is clear
    gained : float, mean gain of windows, nats
    """

    weight: torch.Tensor
    errors: float
    enough: float
    gained: float

    @property
    def counted(self) -> torch.Tensor:
        """(2,) float64: these weights where the gain is clear and no trifle, else those of readers alone."""
        # a network that only might help can as well harm
        clear = self.errors > self.enough and self.gained > LEAST_GAIN
        return self.weight if clear else torch.tensor([1.0, 0.0]).double()


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
    of_each = of_entities(gain, torch.from_numpy(apart.entity))
    gained = float(mean_nats(read.double(), y, kind) - mean_nats(mixed, y, kind))
    return Levels(weight, in_standard_errors(of_each), clear_from(len(of_each)), gained)


def worth_training(evidence: Evidence, apart: HeldOutLogits, shrinkage: float) -> bool:
    """Whether a network in training may yet count beside readers; `evidence` and the others as in `weigh_levels`.

    Not where readers say much already, and what it says by now does not make held-out entities lose less.
    """
    schema = evidence.mixture.schema
    read, y = evidence.logits[apart.rows], evidence.y[apart.rows]
    prior = prior_logits(evidence.y, schema).expand_as(read)
    left = loss_of_windows(read, y, schema.kind).mean() / loss_of_windows(prior, y, schema.kind).mean()
    if left > 1.0 - KNOWN:
        return True
    levels = weigh_levels(evidence, apart, shrinkage)
    return levels.errors > HOPE and levels.gained > LEAST_GAIN


def of_entities(gain: torch.Tensor, entity: torch.Tensor) -> torch.Tensor:
    """Mean gain of each entity, from gains of windows (n,); these themselves where entities are few."""
    inverse = entity.unique(return_inverse=True)[1]
    counts = inverse.bincount()
    if len(counts) < FEW_ENTITIES:
        return gain
    return torch.zeros(len(counts), dtype=gain.dtype).index_add_(0, inverse, gain) / counts


def in_standard_errors(gain: torch.Tensor) -> float:
    """Mean gain over its standard error."""
    return float(gain.mean() / (gain.std() / len(gain) ** 0.5).clamp_min(1e-12))


def clear_from(n: int) -> float:
    """Standard errors at which the mean of so many gains is clear."""
    return max(STANDARD_ERRORS, float(stats.t.ppf(1.0 - BY_CHANCE, n - 1)))
