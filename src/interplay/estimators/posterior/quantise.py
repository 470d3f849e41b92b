"""Posteriors cut into cells: batched k-means in the square-root simplex.

There the squared Euclidean distance is twice the squared Hellinger distance, which bounds the information
lost by putting two posteriors into one cell. Letters: any number of heads G at once; N windows, C classes,
K cells.
"""

import torch

from interplay.probe.instance import nearest

FLOOR = 1e-6
"""Share of the prior in every posterior of a table, so that no label has probability 0 in any cell."""

OUT_OF_REACH = 10.0
"""Coordinates of a centre that no posterior is near to; those of posteriors are between 0 and 1."""


def cell_centres(
    log_p: torch.Tensor, n_cells: int, generator: torch.Generator, steps: int = 12, sample: int = 4000
) -> torch.Tensor:
    """Centres of cells of posteriors.

    Parameters
    ----------
    log_p : (G, N, C), log-posteriors
    n_cells : int
    generator : torch.Generator
        Draws the sample and the first centres.
    steps : int
        Lloyd steps.
    sample : int
        Posteriors that the centres are fitted to.

    Returns
    -------
    (G, n_cells, C), square roots of posteriors
    """
    n = log_p.shape[1]
    drawn = torch.randperm(n, generator=generator)[:sample].to(log_p.device)
    fitted = torch.exp(0.5 * log_p[:, drawn])
    varied = (fitted != fitted[:, :1]).flatten(1).any(1)
    all_centres = fitted[:, :1].repeat(1, n_cells, 1)
    fitted = fitted[varied]
    centres = _spread_centres(fitted, n_cells, generator)
    for _ in range(steps):
        cell = nearest(fitted, centres)
        member = torch.nn.functional.one_hot(cell, n_cells).to(fitted.dtype)
        size = member.sum(1)[..., None]
        centres = torch.where(size > 0, (member.mT @ fitted) / size.clamp_min(1.0), centres)
    all_centres[varied] = centres
    return all_centres


def filled(centres: torch.Tensor, log_p: torch.Tensor) -> torch.Tensor:
    """Centres (G, K, C) with those that are nearest to none of the posteriors (G, N, C) moved out of reach.

    A table says nothing of a cell that nothing was in, so no other posterior may be put there either.
    """
    cell = nearest_cell(log_p, centres)
    member = torch.zeros(centres.shape[:2], device=centres.device).scatter_(1, cell, 1.0)
    return torch.where(member[..., None] > 0, centres, OUT_OF_REACH)


def nearest_cell(log_p: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """Cell (G, N) int64 of each posterior (G, N, C), given centres (G, K, C)."""
    return nearest(torch.exp(0.5 * log_p), centres)


def _spread_centres(points: torch.Tensor, n_cells: int, generator: torch.Generator) -> torch.Tensor:
    """k-means++: each centre is drawn with probability proportional to its distance from those before."""
    groups = torch.arange(len(points), device=points.device)
    centres = [points[:, 0]]
    distance = torch.full(points.shape[:2], torch.inf, device=points.device)
    for _ in range(n_cells - 1):
        distance = torch.minimum(distance, ((points - centres[-1][:, None]) ** 2).sum(-1))
        level = torch.rand(len(points), 1, generator=generator).to(points.device)
        total = distance.cumsum(1)
        chosen = torch.searchsorted(total, level * total[:, -1:]).clamp_max(points.shape[1] - 1)[:, 0]
        centres.append(points[groups, chosen])
    return torch.stack(centres, dim=1)


def cell_tables(log_p: torch.Tensor, cell: torch.Tensor, n_cells: int, prior: torch.Tensor) -> torch.Tensor:
    """Joint tables P(cell, y) of posteriors, with the y-marginal matched to the prior.

    Parameters
    ----------
    log_p : (G, N, C)
    cell : (G, N) int64
    prior : (C,) float64

    Returns
    -------
    (G, K, C) float64
    """
    p = torch.exp(log_p.double())
    p = (1.0 - FLOOR) * p + FLOOR * prior
    table = torch.zeros(len(log_p), n_cells, log_p.shape[-1], dtype=torch.float64, device=log_p.device)
    table.scatter_add_(1, cell[..., None].expand_as(p), p)
    return table * (prior / table.sum(1, keepdim=True))
