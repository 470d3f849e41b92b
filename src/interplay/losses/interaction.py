"""Losses that teach the router what the profile found (paper, section 3.3), in nats.

Redundant modalities should be routed alike, unique ones apart, synergistic ones to synergy experts. All
pairs and steps at once; a pair counts at a step where both tokens are observed.
Letters: B windows, B' 1 or B, M modalities, T steps, E experts, P pairs that count anywhere.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.autograd.function import once_differentiable

from interplay.errors import InvalidInput
from interplay.losses.base import RoutingLoss
from interplay.losses.pairs import PairWeights
from interplay.types import Routing

CHUNK = 2**18
"""Numbers held at once for pairs: their memory does not grow with M, and stays within a processor's cache."""


@dataclass(frozen=True, kw_only=True)
class Uniqueness(RoutingLoss):
    """Wants modalities that are unique against each other routed apart."""

    weight: float = 0.1

    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        return uniqueness_loss(routing, pairs.uniqueness)


@dataclass(frozen=True, kw_only=True)
class Redundancy(RoutingLoss):
    """Wants redundant modalities routed alike."""

    weight: float = 0.1

    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        return redundancy_loss(routing, pairs.redundancy)


@dataclass(frozen=True, kw_only=True)
class Synergy(RoutingLoss):
    """Wants synergistic modalities routed to synergy experts."""

    weight: float = 0.1
    needs_synergy_experts = True

    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        return synergy_loss(routing, pairs.synergy)


@dataclass(frozen=True, kw_only=True)
class LinearSynergy(RoutingLoss):
    """The same by one minus the probability, as the paper's public code has it."""

    weight: float = 0.1
    needs_synergy_experts = True

    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        return linear_synergy_loss(routing, pairs.synergy)


def uniqueness_loss(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    """Minus the mean divergence of the routings of pairs that are unique against each other.

    Parameters
    ----------
    routing : Routing
    weight : (B', M, M, T), symmetric in the modalities
        What `pair_weights` gives. The diagonal is not read.

    Returns
    -------
    Scalar, nats, between -log 2 and 0; 0 with a gradient of 0 where no observed pair has weight.

    Raises
    ------
    InvalidInput
        If the weights are not those of the routing's modalities, steps and windows.
    """
    return -_divergence(routing, weight)


def redundancy_loss(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    """Mean divergence of the routings of redundant pairs; arguments and range mirror `uniqueness_loss`."""
    return _divergence(routing, weight)


def synergy_loss(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    """Minus the mean log of the probability that a synergistic pair gives to synergy experts.

    The log, instead of the published 1 - s, keeps a gradient where the probability is near 0.

    Parameters
    ----------
    routing : Routing
    weight : (B', M, M, T), symmetric in the modalities

    Returns
    -------
    Scalar, nats, at least 0; 0 with a gradient of 0 where no observed pair has weight.

    Raises
    ------
    InvalidInput
        If the routing has no synergy experts, or the weights are of another shape.
    """
    log_s = _log_synergy_mass(routing)
    return -_WithSlope.apply(log_s, *_log_means(log_s.detach(), weight, routing.observed))


def linear_synergy_loss(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    """One minus the mean probability that a synergistic pair gives to synergy experts, the published form.

    Arguments and errors are those of `synergy_loss`; between 0 and 1, and 0 with a gradient of 0 where no observed pair
    has weight.
    """
    s = _log_synergy_mass(routing).exp()
    return _WithSlope.apply(s, *_misses(s.detach(), weight, routing.observed))


def jensen_shannon(log_p: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """Jensen-Shannon divergence over the last axis, nats; between 0 and log 2."""
    p, q = log_p.exp(), log_q.exp()
    # at an exact 0 the entropy has an infinite slope; the floor takes it away and changes nothing else
    middle = (0.5 * (p + q)).clamp_min(torch.finfo(p.dtype).tiny)
    return 0.5 * ((p * log_p).sum(-1) + (q * log_q).sum(-1)) + torch.special.entr(middle).sum(-1)


def _log_synergy_mass(routing: Routing) -> torch.Tensor:
    """Log of the probability of synergy experts, (B, M, T)."""
    if routing.synergy_experts < 1:
        raise InvalidInput(
            "synergy losses must get a routing with synergy experts; got one without. Set synergy_experts to at "
            "least 1, or leave them out."
        )
    return torch.logsumexp(_seen(routing)[..., : routing.synergy_experts], dim=-1)


def _divergence(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    log_p = _seen(routing)
    return _WithSlope.apply(log_p, *_jensen_shannons(log_p.detach(), weight, routing.observed))


def _seen(routing: Routing) -> torch.Tensor:
    """Log-probabilities, 0 for unobserved tokens: no weight of 0 would take a NaN away."""
    return routing.log_probs.masked_fill(~routing.observed[..., None], 0.0)


def _jensen_shannons(log_p_BMTE, weight, observed_BMT) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean of the divergences of all pairs, and its slope in log p.

    With m_ij = (p_i + p_j) / 2, twice the weighted sum is sum_i p_i . sum_j w_ij (log p_i - log m_ij). Since
    the middle is the distribution nearest to both, moving it changes nothing to first order, and the same
    inner sums are the slope in p_i.
    """
    log_p = log_p_BMTE.transpose(0, 1).contiguous()
    p = log_p.exp()
    tiny = torch.finfo(p.dtype).tiny
    of_middles, weights = torch.zeros_like(p), p.new_zeros(p.shape[:-1])
    for i, j, w in _pairs(weight, observed_BMT, p):
        log_middle = (p[i] + p[j]).mul_(0.5).clamp_min_(tiny).log_().mul_(w[..., None])
        for side in (i, j):
            of_middles.index_add_(0, side, log_middle)
            weights.index_add_(0, side, w)
    slope = 0.5 * p * (weights[..., None] * log_p - of_middles)
    # every pair's weight stands at both of its sides
    total = (0.5 * weights.sum()).clamp_min(1e-12)
    return slope.sum() / total, (slope / total).transpose(0, 1)


def _log_means(log_s_BMT, weight, observed_BMT) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean of log((s_i + s_j) / 2) over all pairs, and its slope in log s: the share of s_i."""
    log_s = log_s_BMT.transpose(0, 1).contiguous()
    value, total, slope = log_s.new_zeros(()), log_s.new_zeros(()), torch.zeros_like(log_s)
    for i, j, w in _pairs(weight, observed_BMT, log_s):
        share_i = torch.sigmoid(log_s[i] - log_s[j])
        value += (w * (torch.logaddexp(log_s[i], log_s[j]) - math.log(2.0))).sum()
        total += w.sum()
        slope.index_add_(0, i, w * share_i).index_add_(0, j, w * (1.0 - share_i))
    total = total.clamp_min(1e-12)
    return value / total, (slope / total).transpose(0, 1)


def _misses(s_BMT, weight, observed_BMT) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean of 1 - (s_i + s_j) / 2 over all pairs, and its slope in s."""
    s = s_BMT.transpose(0, 1).contiguous()
    value, total, slope = s.new_zeros(()), s.new_zeros(()), torch.zeros_like(s)
    for i, j, w in _pairs(weight, observed_BMT, s):
        value += (w * (1.0 - 0.5 * (s[i] + s[j]))).sum()
        total += w.sum()
        for side in (i, j):
            slope.index_add_(0, side, -0.5 * w)
    total = total.clamp_min(1e-12)
    return value / total, (slope / total).transpose(0, 1)


def _pairs(
    weight, observed_BMT, like: torch.Tensor
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Chunks of the pairs i < j that count anywhere: their members (P,) and their weights (P, B, T).

    `like` (M, B, T, ...) is what is held for each modality: it sets the size of chunks, and the type.
    """
    n_m, n_b, n_t = like.shape[:3]
    if weight.ndim != 4 or weight.shape[0] not in (1, n_b) or weight.shape[1:] != (n_m, n_m, n_t):
        raise InvalidInput(
            f"weights of pairs must be of shape (1 or {n_b}, {n_m}, {n_m}, {n_t}); got {tuple(weight.shape)}. "
            "Take them from the context of the same windows."
        )
    weight = weight.to(like)
    counts = (weight != 0).any(-1).any(0)
    i_all, j_all = torch.nonzero(torch.triu(counts, 1), as_tuple=True)
    observed = observed_BMT.transpose(0, 1)
    per_chunk = max(1, CHUNK // max(1, like[0].numel()))
    for i, j in zip(i_all.split(per_chunk), j_all.split(per_chunk), strict=True):
        yield i, j, weight[:, i, j].transpose(0, 1) * (observed[i] & observed[j])


class _WithSlope(torch.autograd.Function):
    """A scalar that is known together with its slope in x: nothing of its computation is kept."""

    @staticmethod
    def forward(ctx, x, value, slope):
        ctx.save_for_backward(slope)
        return value.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        (slope,) = ctx.saved_tensors
        return grad * slope, None, None
