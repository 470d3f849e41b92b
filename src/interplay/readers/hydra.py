"""Competing convolutions: how often each of a group of patterns is what a window looks most, and least, like.

The patterns are Hydra's (Dempster, Schmidt and Webb, Data Min. Knowl. Discov. 2023): random, in groups that compete at
every sample; half of the groups answer to how samples change. Here samples that were not observed are told, and count
for nobody.

Letters: B windows, n samples, d channels, G groups, K patterns of a group, F features.
"""

from functools import partial

import torch
from torch.nn import functional as F  # noqa: N812

from interplay.readers.base import Sight
from interplay.readers.magnitude import has_magnitude
from interplay.readers.pieces import distinct, in_pieces
from interplay.readers.rockets import (
    AT_ONCE,
    TAPS,
    answers_of_dilations,
    dilations,
    has_room,
    marked,
    of_dilations,
    samples_of,
)

PATTERNS = 8
"""Of a group."""

FEWEST_GROUPS = 4
"""Of a modality and a dilation, however many there are of these."""

MOST_CHANNELS = 8
"""Of one group."""


def draw_groups(seen: Sight, features: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Patterns of each modality, whatever its windows hold.

    Parameters
    ----------
    seen : Sight
    features : int
        About how many in all.
    generator : torch.Generator

    Returns
    -------
    dict of str to tensor
        ``group_<m>_<k>`` (G, K, d, 9) of dilation number k of modality number m.
    """
    shapes = {
        m: (x.shape[1] * x.shape[2], x.shape[3] // 2 + has_magnitude(x.shape[3] // 2))
        for m, x in enumerate(seen.x.values())
        if has_room(x.shape[1] * x.shape[2])
    }
    places = sum(len(dilations(samples)) for samples, _ in shapes.values())
    groups = max(FEWEST_GROUPS, features // (2 * PATTERNS * max(places, 1)))
    return {
        f"group_{m}_{k}": _draw_group(groups, channels, generator)
        for m, (samples, channels) in shapes.items()
        for k in range(len(dilations(samples)))
    }


def _draw_group(groups: int, channels: int, generator: torch.Generator) -> torch.Tensor:
    """Weights (G, K, d, 9) of zero sum and size 1, of a few channels drawn for each group."""
    taps = torch.randn(groups, PATTERNS, channels, TAPS, generator=generator)
    of_values, of_changes = taps.split([groups // 2, groups - groups // 2])
    of_values = of_values - of_values.mean(-1, keepdim=True)
    of_changes = F.pad(of_changes[..., 1:], (1, 1)).diff(dim=-1)
    weight = torch.cat([of_values, of_changes])
    most = torch.randint(1, min(channels, MOST_CHANNELS) + 1, (groups,), generator=generator)
    order = torch.rand(groups, channels, generator=generator).argsort(1).argsort(1)
    weight = weight * (order < most[:, None])[:, None, :, None]
    return weight / weight.abs().sum((2, 3), keepdim=True)


def wins(seen: Sight, drawn: dict[str, torch.Tensor]) -> torch.Tensor:
    """(B, F): by how much each pattern wins its group on average, at what share of samples it loses, and what is known.

    The first two are taken as roots, NaN where nothing is observed; last comes the share of steps at which each
    modality was observed.
    """
    columns = [seen.observed.float().mean(-1)]
    for m, values in enumerate(seen.x.values()):
        if f"group_{m}_0" not in drawn:
            continue
        values, steps, place = distinct(values, seen.observed[:, m])
        samples, mask = samples_of(values, steps)
        weight = of_dilations(drawn, f"group_{m}", samples.shape[2])
        size = int(AT_ONCE / (samples.shape[2] * weight[..., 0, 0].numel()))
        columns.append(in_pieces(partial(_wins, weight=weight), size, samples, mask)[place])
    return torch.cat(columns, dim=1)


def _wins(samples, mask, weight) -> torch.Tensor:
    """(B, k 2 G K) of the k dilations of a modality, weights (k, G, K, d, 9)."""
    answers = answers_of_dilations(samples, weight.flatten(1, 2)).unflatten(1, weight.shape[:3])
    here = mask.float()[:, None, None, :, None]
    # 0 of 0 is unknown
    count = here.sum(3, keepdim=True)
    most, least = answers.amax(3, keepdim=True), answers.amin(3, keepdim=True)
    room = torch.empty_like(answers)
    won = marked(torch.eq, answers, most, room) @ (most.mT * here) / count
    lost = marked(torch.eq, answers, least, room) @ here / count
    return torch.cat([won.clamp_min(0.0).sqrt().flatten(2), lost.sqrt().flatten(2)], dim=2).flatten(1)
