"""Probability tables at the border of `interplay.info`: checked, turned to float64, given back in kind.

Any leading axes of a table are batch axes. NumPy arrays come back as NumPy arrays, tensors as tensors
on their own device.
"""

from collections.abc import Callable

import torch

from interplay.arrays import as_floats
from interplay.errors import InvalidInput

SUM_TOLERANCE = 1e-6
ROUNDING = 1e-12
"""Size of negative entries that are rounding: sums of a few thousand products in float64 are not that far off."""


def open_tables(*tables, axes: int, name: str) -> tuple[list[torch.Tensor], Callable]:
    """Check tables and turn them into float64 tensors.

    Parameters
    ----------
    *tables : array_like (..., k_1, ..., k_axes)
        Probabilities; each table must be non-negative, finite and sum to 1 over its last `axes` axes.
    axes : int
        How many trailing axes belong to one table.
    name : str
        What error messages call the tables.

    Returns
    -------
    tensors : list of torch.Tensor, float64
        Each renormalised to sum to exactly 1 up to rounding.
    give_back : callable
        Turns a result tensor into the kind that came in.
    """
    tensors = [_checked(table, axes, name) for table in tables]
    if all(isinstance(table, torch.Tensor) for table in tables):
        return tensors, lambda tensor: tensor
    return tensors, lambda tensor: tensor.numpy()[()]


def _checked(table, axes: int, name: str) -> torch.Tensor:
    if isinstance(table, torch.Tensor):
        p = table.detach().to(torch.float64)
    else:
        p = torch.from_numpy(as_floats(table, name))
    if p.ndim < axes or 0 in p.shape:
        raise InvalidInput(f"{name} must have at least {axes} non-empty axes; got shape {tuple(p.shape)}.")
    if not bool(torch.isfinite(p).all()):
        raise InvalidInput(f"{name} must be finite; it holds NaN or infinite entries.")
    # differences of probabilities may fall short of 0 by rounding
    p = torch.where((p < 0) & (p > -ROUNDING), torch.zeros_like(p), p)
    if bool((p < 0).any()):
        raise InvalidInput(f"{name} must be non-negative; its smallest entry is {p.min().item():g}.")
    total = p.sum(tuple(range(-axes, 0)), keepdim=True)
    worst = (total - 1).abs().max().item()
    if worst > SUM_TOLERANCE:
        raise InvalidInput(
            f"{name} must sum to 1 over the last {axes} axes; one sums to {1 + worst:g} or {1 - worst:g}. "
            "Divide counts by their total."
        )
    return p / total
