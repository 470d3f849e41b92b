"""Quantiles of intervals: what a window looked like, and how it changed, in each of its parts.

The intervals are those of QUANT (Dempster, Schmidt and Webb, Data Min. Knowl. Discov. 2024): the whole window, its
halves, quarters and so on, each level once more shifted by half an interval; quantiles of samples and of their changes,
every other one about the mean of its interval. Here samples that were not observed are told, and count for nobody.

Letters: B windows, n samples, d channels, k intervals of a level, L samples of an interval, Q quantiles, F features.
"""

from collections.abc import Iterator
from itertools import chain

import torch

from interplay.readers.base import Sight
from interplay.readers.pieces import channels_in_time, of_one_length
from interplay.readers.quantiles import observed_quantiles

DEPTH = 5
"""Levels of intervals, each of half the length."""

SHORTEST = 4
"""Samples of an interval, and samples to each of its quantiles."""

MOST_QUANTILES = 16
"""Of an interval."""


def interval_quantiles(seen: Sight) -> torch.Tensor:
    """Quantiles of intervals of all modalities, shares of steps that are observed, and the side inputs.

    Parameters
    ----------
    seen : Sight

    Returns
    -------
    (B, F) float32; NaN where nothing was observed
    """
    scaled = [x[..., : x.shape[-1] // 2] for x in seen.x.values()]
    columns: list[list[torch.Tensor]] = [[] for _ in scaled]
    for together in of_one_length(seen.x):
        # modalities of one length are as quick as one
        both = channels_in_time([scaled[m] for m in together], seen.observed[:, together])
        values, known = (part.transpose(1, 2).contiguous() for part in both)
        widths = [scaled[m].shape[-1] for m in together]
        changes = of_levels(values.diff(dim=-1), known[..., 1:] & known[..., :-1])
        for level in chain(of_levels(values, known), changes):
            for m, of_channels in zip(together, level.split(widths, dim=1), strict=True):
                columns[m].append(of_channels.flatten(1))
    return torch.cat([seen.static.float(), seen.observed.float().mean(-1), *chain(*columns)], dim=1)


def of_levels(values: torch.Tensor, known: torch.Tensor) -> Iterator[torch.Tensor]:
    """Quantiles in intervals, level by level.

    Parameters
    ----------
    values : (B, d, n)
    known : (B, d, n) bool

    Yields
    ------
    (B, d, k Q) of each level; NaN where nothing is known
    """
    n = values.shape[-1]
    for level in range(DEPTH):
        length = n >> level
        if length < SHORTEST and (level or not length):
            return
        stride = max(1, length // 2)
        # what is left over is of the oldest samples
        left = (n - length) % stride
        inside, there = (part[..., left:].unfold(-1, length, stride) for part in (values, known))
        yield _of_intervals(inside, there).flatten(2)


def _of_intervals(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """(B, d, k, Q) of values and known (B, d, k, L)."""
    length = values.shape[-1]
    count = min(MOST_QUANTILES, 1 + (length - 1) // SHORTEST)
    levels = torch.linspace(0.0, 1.0, count) if count > 1 else torch.tensor([0.5])
    quantiles = observed_quantiles(values, known, levels)
    some = known.sum(-1, keepdim=True)
    mean = torch.where(known, values, 0.0).sum(-1, keepdim=True) / some.clamp_min(1)
    about = torch.where(torch.arange(count) % 2 == 1, mean, 0.0)
    return torch.where(some > 0, quantiles - about, torch.nan)
