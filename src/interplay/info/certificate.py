"""Proven bounds of a BROJA problem from any iterate of a solver.

Upper bound: the iterate q is rounded onto the marginals (Altschuler, Weed, Rigollet, NeurIPS 2017,
Algorithm 2, per y), and the joint information of any table that keeps both is one. Lower bound: potentials are
shifted until sum_y exp(alpha + beta) <= 1 holds for every pair of cells; <alpha, P1> + <beta, P2> + H(Y) is then
one by weak duality. Neither asks how the iterate was found.

Letters: B problems, I and J cells of the two sources, C classes. All values here are nats.
"""

import torch

from interplay.info.entropy import entropy_nats


def upper_bound(q: torch.Tensor, p1: torch.Tensor, p2: torch.Tensor) -> torch.Tensor:
    """Joint information (B,) of the table nearest to q (B, I, J, C) that has marginals (B, I, C) and (B, J, C)."""
    q = rounded(q, p1, p2)
    of_pairs = q.sum(-1)
    conditional = torch.xlogy(q, q).sum((1, 2, 3)) - torch.xlogy(of_pairs, of_pairs).sum((1, 2))
    return entropy_nats(p1.sum(1)) + conditional


def lower_bound(
    alpha: torch.Tensor, beta: torch.Tensor, total: torch.Tensor, p1: torch.Tensor, p2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Dual value (B,) and the feasible potentials (B, I, C), (B, J, C) that have it.

    `total` (B, I, J) holds sum_y exp(alpha + beta).
    """
    alpha, beta = _feasible(alpha, beta, total, p1.sum(-1), p2.sum(-1))
    return entropy_nats(p1.sum(1)) + _dot(p1, alpha) + _dot(p2, beta), alpha, beta


def rounded(q: torch.Tensor, p1: torch.Tensor, p2: torch.Tensor) -> torch.Tensor:
    """The nearest table with exactly the marginals: shrink what exceeds them, then fill what is missing."""
    q = q * (p1 / q.sum(2).clamp_min(1e-300)).clamp_max(1.0)[:, :, None]
    q = q * (p2 / q.sum(1).clamp_min(1e-300)).clamp_max(1.0)[:, None]
    missing1, missing2 = (p1 - q.sum(2)).clamp_min(0.0), (p2 - q.sum(1)).clamp_min(0.0)
    total = missing1.sum(1)[:, None, None].clamp_min(1e-300)
    return q + missing1[:, :, None] * (missing2[:, None] / total)


def _feasible(alpha, beta, total, mass1, mass2) -> tuple[torch.Tensor, torch.Tensor]:
    """Potentials shifted so that every constraint holds and none of them could be raised alone.

    A shift costs the mass of its cell, so that the lighter cell of a pair pays for a total above 1. Then the
    largest total of every row, and of every column, is raised to 1. Pairs that share no class, whose total is 0,
    bind nothing.
    """
    first_pays = mass1[:, :, None] <= mass2[:, None]
    row = torch.where(first_pays, total, 0.0).amax(2).clamp_min(1.0)
    column = torch.where(first_pays, 0.0, total).amax(1).clamp_min(1.0)
    total = total / row[..., None] / column[:, None]
    spare_row = _or_one(total.amax(2))
    spare_column = _or_one((total / spare_row[..., None]).amax(1))
    return alpha - torch.log(row * spare_row)[..., None], beta - torch.log(column * spare_column)[..., None]


def _or_one(total: torch.Tensor) -> torch.Tensor:
    return torch.where(total > 0, total, 1.0)


def _dot(p: torch.Tensor, potential: torch.Tensor) -> torch.Tensor:
    return torch.where(p > 0, p * potential, 0.0).sum((1, 2))
