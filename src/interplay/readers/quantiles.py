"""Quantiles of what was observed."""

import torch


def observed_quantiles(values: torch.Tensor, known: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Quantiles along the last axis, linear between the two nearest samples; 0 where nothing is known.

    Parameters
    ----------
    values : (..., L)
    known : (..., L) bool, broadcast against values
    levels : (Q,) from 0 to 1

    Returns
    -------
    (..., Q)
    """
    ordered = torch.where(known, values, torch.inf).sort(-1).values
    last = known.sum(-1, keepdim=True).clamp_min(1) - 1
    place = (last * levels).expand(*ordered.shape[:-1], -1)
    low = place.floor().long()
    below, above = (ordered.gather(-1, at) for at in (low, torch.minimum(low + 1, last)))
    # nothing observed sorts to infinity, which no difference survives
    below, above = (torch.nan_to_num(part, posinf=0.0) for part in (below, above))
    return torch.lerp(below, above, place - low)
