"""Losses that teach the router what the profile found (paper, section 3.3), in nats.

Redundant modalities should be routed alike, unique ones apart, synergistic ones to synergy experts. All
pairs and steps at once; a pair counts at a step where both tokens are observed.
Letters: B windows, M modalities, T steps, E experts.
"""

import math
from dataclasses import dataclass

import torch

from interplay.errors import InvalidInput
from interplay.types import Routing


@dataclass(frozen=True, kw_only=True, slots=True)
class PairWeights:
    """How much each pair and step counts in each loss; (M, M, T) in [0, 1], symmetric, diagonal 0."""

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
    unique_j = context.unique.transpose(0, 1)
    atoms = torch.stack([context.redundancy, torch.minimum(context.unique, unique_j), context.synergy])
    threshold = torch.tensor([redundancy, uniqueness, synergy], device=atoms.device)[:, None, None, None]
    weights = (atoms > threshold).to(atoms) if hard else (atoms / threshold - 1.0).clamp(0.0, 1.0)
    told = torch.stack([context.redundancy, context.unique + unique_j, context.synergy])
    conflict = (weights > 0).sum(0) > 1
    weights = torch.where(conflict, weights * told / told.sum(0).clamp_min(1e-12), weights)
    return PairWeights(redundancy=weights[0], uniqueness=weights[1], synergy=weights[2])


def uniqueness_loss(routing: Routing, weight_MMT: torch.Tensor) -> torch.Tensor:
    """Minus the mean divergence of the routings of pairs that are unique against each other."""
    return -_mean_over_pairs(jensen_shannon, routing.log_probs, weight_MMT, routing.observed)


def redundancy_loss(routing: Routing, weight_MMT: torch.Tensor) -> torch.Tensor:
    """Mean divergence of the routings of redundant pairs."""
    return _mean_over_pairs(jensen_shannon, routing.log_probs, weight_MMT, routing.observed)


def synergy_loss(routing: Routing, weight_MMT: torch.Tensor) -> torch.Tensor:
    """Minus the mean log of the probability that a synergistic pair gives to synergy experts.

    The log, instead of the published 1 - s, keeps a gradient where the probability is near 0.

    Raises
    ------
    InvalidInput
        If the routing has no synergy experts.
    """
    if routing.synergy_experts < 1:
        raise InvalidInput(
            "synergy_loss must get a routing with synergy experts; got one without. Set synergy_experts to at "
            "least 1, or leave this loss out."
        )
    log_s = torch.logsumexp(routing.log_probs[..., : routing.synergy_experts], dim=-1)
    return -_mean_over_pairs(_log_mean, log_s, weight_MMT, routing.observed)


def jensen_shannon(log_p: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """Jensen-Shannon divergence over the last axis, nats; between 0 and log 2."""
    p, q = log_p.exp(), log_q.exp()
    # at an exact 0 the entropy has an infinite slope; the floor takes it away and changes nothing else
    middle = (0.5 * (p + q)).clamp_min(torch.finfo(p.dtype).tiny)
    return 0.5 * ((p * log_p).sum(-1) + (q * log_q).sum(-1)) + torch.special.entr(middle).sum(-1)


def _log_mean(log_a: torch.Tensor, log_b: torch.Tensor) -> torch.Tensor:
    return torch.logaddexp(log_a, log_b) - math.log(2.0)


def _mean_over_pairs(compare, values_BMT, weight_MMT, observed_BMT) -> torch.Tensor:
    """Weighted mean of compare(value of i, value of j) over pairs, steps and windows; 0 without weight.

    Only pairs and steps with weight are computed: most profiles single out few of them.
    """
    weight_MMT = weight_MMT.to(values_BMT.device)
    i, j, t = torch.nonzero(torch.triu(weight_MMT.movedim(-1, 0), 1).movedim(0, -1), as_tuple=True)
    weight = weight_MMT[i, j, t] * (observed_BMT[:, i, t] & observed_BMT[:, j, t])
    compared = compare(values_BMT[:, i, t], values_BMT[:, j, t])
    return (weight * compared).sum() / weight.sum().clamp_min(1e-12)
