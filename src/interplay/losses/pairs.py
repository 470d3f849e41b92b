"""How much each pair counts at each step in each loss: what a context says, against thresholds."""

from dataclasses import dataclass

import torch

from interplay.errors import InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class PairWeights:
    """How much each pair and step counts in each loss.

    Attributes
    ----------
    redundancy, uniqueness, synergy : (B', M, M, T) in [0, 1], symmetric in the modalities, diagonal 0;
        B' is 1 for all windows together, or B
    """

    redundancy: torch.Tensor
    uniqueness: torch.Tensor
    synergy: torch.Tensor


@dataclass(frozen=True, kw_only=True)
class PairThresholds:
    """From where on an atom makes its pair count in the losses of pairs, in shares of the target's entropy.

    Attributes
    ----------
    uniqueness : float
        Above 0; both uniquenesses of a pair must pass.
    redundancy : float
        Above 0.
    synergy : float
        Above 0.
    hard : bool
        Whether a pair counts fully from the threshold on, instead of rising to full at twice the threshold.
    """

    uniqueness: float = 0.05
    redundancy: float = 0.05
    synergy: float = 0.05
    hard: bool = False

    def __post_init__(self):
        for name in ("uniqueness", "redundancy", "synergy"):
            if not getattr(self, name) > 0:
                raise InvalidInput(
                    f"thresholds of pairs must be above 0; got {name} {getattr(self, name)}. A small positive one lets "
                    "every atom count."
                )

    def weigh(self, context) -> PairWeights:
        """Weights from atoms against the thresholds.

        Soft weights rise linearly from 0 at the threshold to 1 at twice the threshold; hard ones are 0 or 1.
        Uniqueness counts where both modalities of a pair pass. Where several atoms of a pair pass, their weights are
        scaled by their shares of the pair's joint information: one rule for all losses of pairs, which is why it has
        all thresholds.

        Parameters
        ----------
        context : InteractionContext
            Its atoms are of shape (B', M, M, T).
        """
        unique_j = context.unique.transpose(1, 2)
        atoms = torch.stack([context.redundancy, torch.minimum(context.unique, unique_j), context.synergy])
        levels = [self.redundancy, self.uniqueness, self.synergy]
        threshold = torch.tensor(levels, device=atoms.device).view(3, 1, 1, 1, 1)
        weights = (atoms > threshold).to(atoms) if self.hard else (atoms / threshold - 1.0).clamp(0.0, 1.0)
        parts = torch.stack([context.redundancy, context.unique + unique_j, context.synergy])
        conflict = (weights > 0).sum(0) > 1
        weights = torch.where(conflict, weights * parts / parts.sum(0).clamp_min(1e-12), weights)
        return PairWeights(redundancy=weights[0], uniqueness=weights[1], synergy=weights[2])


def pair_weights(
    context, *, redundancy: float, uniqueness: float, synergy: float, hard: bool = False
) -> PairWeights:
    """See `PairThresholds.weigh`."""
    thresholds = PairThresholds(uniqueness=uniqueness, redundancy=redundancy, synergy=synergy, hard=hard)
    return thresholds.weigh(context)
