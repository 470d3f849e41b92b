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


def pair_weights(
    context, *, redundancy: float, uniqueness: float, synergy: float, hard: bool = False
) -> PairWeights:
    """Weights from atoms against thresholds, both in shares of the target's entropy.

    Soft weights rise linearly from 0 at the threshold to 1 at twice the threshold; hard ones are 0 or 1.
    Uniqueness counts where both modalities of a pair pass. Where several atoms of a pair pass, their
    weights are scaled by their shares of the pair's joint information.

    Parameters
    ----------
    context : InteractionContext
        Its atoms are of shape (B', M, M, T).
    redundancy, uniqueness, synergy : float, positive thresholds
    hard : bool

    Raises
    ------
    InvalidInput
        If a threshold is not positive.
    """
    if min(redundancy, uniqueness, synergy) <= 0:
        raise InvalidInput(
            f"thresholds of pair weights must be above 0; got redundancy {redundancy}, uniqueness {uniqueness}, "
            f"synergy {synergy}. A small positive threshold lets every atom count."
        )
    unique_j = context.unique.transpose(1, 2)
    atoms = torch.stack([context.redundancy, torch.minimum(context.unique, unique_j), context.synergy])
    threshold = torch.tensor([redundancy, uniqueness, synergy], device=atoms.device).view(3, 1, 1, 1, 1)
    weights = (atoms > threshold).to(atoms) if hard else (atoms / threshold - 1.0).clamp(0.0, 1.0)
    told = torch.stack([context.redundancy, context.unique + unique_j, context.synergy])
    conflict = (weights > 0).sum(0) > 1
    weights = torch.where(conflict, weights * told / told.sum(0).clamp_min(1e-12), weights)
    return PairWeights(redundancy=weights[0], uniqueness=weights[1], synergy=weights[2])
