"""Window summaries: what a glance at a window tells, for every channel at once.

Modalities whose windows have as many samples are looked at together: of a single window that is as quick as one.

Letters: B windows, n samples of a window, D channels (scaled values and ranks), F features.
"""

from collections.abc import Sequence
from itertools import accumulate

import torch

from interplay.readers.base import Sight
from interplay.readers.pieces import channels_in_time, of_one_length
from interplay.readers.quantiles import observed_quantiles

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles among the summaries."""

CORRELATED = 6
"""Modalities of at most so many channels are also told how these go together."""


def window_summaries(seen: Sight) -> torch.Tensor:
    """Summaries of all modalities and the side inputs.

    Of every scaled channel: mean, deviation, least and largest value, quantiles, last value, slope, mean and deviation
    of the steps from one sample to the next, share of samples where it crosses its mean, and means of its thirds; of
    its ranks mean, deviation, middle and last. Of every modality which share of its steps is observed, and how long ago
    the newest of them was.

    Parameters
    ----------
    seen : Sight

    Returns
    -------
    (B, F) float32; NaN where nothing was observed
    """
    names = list(seen.x)
    for together in of_one_length(seen.x):
        new = [m for m in together if names[m] not in seen.summaries]
        if new:
            of_each = _of_samples([seen.x[names[m]] for m in new], seen.observed[:, new])
            seen.summaries.update(zip((names[m] for m in new), of_each, strict=True))
    return torch.cat([*(seen.summaries[name] for name in names), seen.static.float()], dim=1)


def step_means(seen: Sight) -> torch.Tensor:
    """Mean of every scaled channel in every step, (B, F); NaN where nothing was observed."""
    columns = []
    for m, x in enumerate(seen.x.values()):
        means = x[..., : x.shape[-1] // 2].mean(2)
        columns.append(torch.where(seen.observed[:, m, :, None], means, torch.nan).flatten(1))
    return torch.cat(columns, dim=1)


def _of_samples(modalities: Sequence[torch.Tensor], steps: torch.Tensor) -> list[torch.Tensor]:
    """Summaries (B, F) of each of m modalities (B, T, r, D) with as many samples, observed (B, m, T)."""
    samples, seen = channels_in_time(modalities, steps)
    values = torch.where(seen, samples, 0.0)
    widths = [x.shape[-1] for x in modalities]
    if values.shape[1] == 1:
        parts = list(torch.where(seen, values, torch.nan)[:, 0].split(widths, dim=1))
    else:
        parts = _of_each(values, seen, widths)
    return [torch.cat([part, _of_steps(steps[:, k])], dim=1) for k, part in enumerate(parts)]


def _of_each(values: torch.Tensor, seen: torch.Tensor, widths: Sequence[int]) -> list[torch.Tensor]:
    """Where samples of each modality lie and how they move, of all channels (B, n, D), so many of each; NaN where
    none is observed."""
    halves = [width // 2 for width in widths]
    starts = [end - width for end, width in zip(accumulate(widths), widths, strict=True)]
    scaled = torch.cat([start + torch.arange(half) for start, half in zip(starts, halves, strict=True)])
    levels = [part.split(list(widths), dim=-1) for part in _levels(values, seen)]
    shapes = [part.split(halves, dim=1) for part in _shapes(values[..., scaled], seen[..., scaled])]
    summaries = []
    for k, (start, half) in enumerate(zip(starts, halves, strict=True)):
        columns = [*_of_levels(*(part[k] for part in levels)), *(part[k] for part in shapes)]
        there = seen[..., start : start + 1]
        if 1 < half <= CORRELATED:
            columns.append(_correlations(values[..., start : start + half], there))
        summaries.append(torch.where(there.any(1), torch.cat(columns, dim=1), torch.nan))
    return summaries


def _levels(values: torch.Tensor, seen: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Where samples lie: mean (B, D), deviation, quantiles (B, Q, D) and last value."""
    count = seen.sum(1).clamp_min(1)
    mean = values.sum(1) / count
    deviation = (torch.where(seen, values - mean[:, None], 0.0).square().sum(1) / count).sqrt()
    levels = torch.tensor([0.0, *LEVELS, 1.0])
    quantiles = observed_quantiles(values.transpose(1, 2), seen.transpose(1, 2), levels).transpose(1, 2)
    newest = torch.where(seen, torch.arange(values.shape[1])[:, None], 0).amax(1, keepdim=True)
    return mean, deviation, quantiles, values.gather(1, newest)[:, 0]


def _of_levels(mean, deviation, quantiles, last) -> list[torch.Tensor]:
    """Those of one modality: all of scaled values; mean, deviation, last and middle of ranks."""
    half = mean.shape[1] // 2
    middle = quantiles[:, 1 + LEVELS.index(0.5), half:]
    return [mean, deviation, quantiles[..., :half].flatten(1), last, middle]


def _shapes(values: torch.Tensor, seen: torch.Tensor) -> list[torch.Tensor]:
    """How samples move."""
    n = values.shape[1]
    count = seen.sum(1).clamp_min(1)
    time = torch.linspace(-1.0, 1.0, n)[:, None].expand_as(seen)
    time = torch.where(seen, time - (time * seen).sum(1, keepdim=True) / count[:, None], 0.0)
    centred = torch.where(seen, values - (values.sum(1) / count)[:, None], 0.0)
    slope = (time * centred).sum(1) / time.square().sum(1).clamp_min(1e-6)
    both = seen[:, 1:] & seen[:, :-1]
    steps = torch.where(both, values[:, 1:] - values[:, :-1], 0.0)
    pairs = both.sum(1).clamp_min(1)
    size, square = steps.abs().sum(1) / pairs, steps.square().sum(1) / pairs
    crossed = (both & (centred[:, 1:] * centred[:, :-1] < 0)).sum(1) / pairs
    thirds = []
    for part in torch.arange(n).tensor_split(3) if n >= 3 else ():
        some = seen[:, part]
        inside = values[:, part].sum(1) / some.sum(1).clamp_min(1)
        thirds.append(torch.where(some.any(1), inside, torch.nan))
    return [slope, size, square.sqrt(), crossed, *thirds]


def _correlations(values: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Of each pair of channels (B, pairs); 0 where one of them does not vary."""
    count = seen.sum(1).clamp_min(1)
    centred = torch.where(seen, values - (values.sum(1) / count)[:, None], 0.0)
    unit = centred / centred.square().sum(1, keepdim=True).sqrt().clamp_min(1e-6)
    i, j = torch.triu_indices(values.shape[-1], values.shape[-1], 1)
    return (unit[..., i] * unit[..., j]).sum(1)


def _of_steps(steps: torch.Tensor) -> torch.Tensor:
    """(B, 2): share of observed steps, and the age of the newest as a share of the window, 1 where there is none."""
    n_t = steps.shape[1]
    age = torch.where(steps, torch.arange(n_t - 1, -1, -1), n_t).amin(1)
    return torch.stack([steps.float().mean(1), age / n_t], dim=1)
