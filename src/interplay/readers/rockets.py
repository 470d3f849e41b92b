"""Random convolutions: shares of a window in which short, dilated patterns are seen, of every modality at its own rate.

The patterns are MiniRocket's (Dempster, Schmidt and Webb, KDD 2021): of nine taps, three of weight 2 and six of weight
-1, over a few channels drawn together. Here samples that were not observed are told: they weigh nothing, and shares are
of the observed ones.

Letters: B windows, n samples, d channels, K patterns, Q thresholds, F features.
"""

from collections.abc import Callable
from functools import partial
from itertools import combinations

import torch
from torch.nn import functional as F  # noqa: N812

from interplay.readers.base import Sight
from interplay.readers.magnitude import with_magnitude
from interplay.readers.pieces import distinct, in_pieces, in_time

TAPS = 9
PATTERNS = tuple(combinations(range(TAPS), 3))
DILATIONS = 5
LOOKED_AT = 64
"""Windows whose answers set the thresholds."""

AT_ONCE = 5e5
"""Answers that are worked out before they are counted: what a processor keeps at hand is twice as quick to read."""


def has_room(samples: int) -> bool:
    """Whether a window is long enough for patterns."""
    return samples >= TAPS


def dilations(samples: int) -> list[int]:
    """At most `DILATIONS` spacings of taps, doubling, from 1 to what a window holds."""
    largest = max(1, (samples - 1) // (TAPS - 1))
    powers = [2**k for k in range(largest.bit_length()) if 2**k <= largest]
    step = max(1, -(-len(powers) // DILATIONS))
    return powers[::step]


def draw_patterns(seen: Sight, features: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Patterns and thresholds of each modality, from windows without labels.

    Parameters
    ----------
    seen : Sight
    features : int
        About how many in all.
    generator : torch.Generator

    Returns
    -------
    dict of str to tensor
        ``weight_<m>_<k>`` (K, d, 9) and ``threshold_<m>_<k>`` (K, Q) of dilation number k of modality number m.
    """
    some = torch.randperm(len(seen), generator=generator)[:LOOKED_AT]
    fitting = [m for m, x in enumerate(seen.x.values()) if has_room(x.shape[1] * x.shape[2])]
    places = sum(
        len(dilations(x.shape[1] * x.shape[2])) for m, x in enumerate(seen.x.values()) if m in fitting
    )
    if not fitting:
        return {}
    count = min(len(PATTERNS), max(4, features // places))
    thresholds = max(1, features // (places * count))
    # the golden section spreads quantiles evenly, however many are taken
    level = torch.remainder(torch.arange(1, count * thresholds + 1) * 0.6180339887, 1.0).reshape(
        count, thresholds
    )
    drawn = {}
    for m, values in enumerate(seen.x.values()):
        if m not in fitting:
            continue
        samples, mask = samples_of(values[some], seen.observed[some, m])
        for k, dilation in enumerate(dilations(samples.shape[2])):
            weight = _draw_weights(count, samples.shape[1], generator)
            answers = (weight.double().flatten(1) @ under_taps(samples.double(), dilation)).float()
            known = answers.transpose(0, 1)[:, mask] if mask.any() else torch.zeros(count, 1)
            ordered = known.sort(1).values
            at = (level * (ordered.shape[1] - 1)).long()
            drawn[f"weight_{m}_{k}"], drawn[f"threshold_{m}_{k}"] = weight, ordered.gather(1, at)
    return drawn


def _draw_weights(count: int, channels: int, generator: torch.Generator) -> torch.Tensor:
    """Patterns (K, d, 9), each over channels drawn for it: one more often than many."""
    weight = torch.zeros(count, channels, TAPS)
    chosen = torch.randperm(len(PATTERNS), generator=generator)[:count]
    most = min(channels, TAPS)
    for k, pattern in enumerate(chosen.tolist()):
        size = int(2 ** (torch.rand(1, generator=generator) * torch.log2(torch.tensor(most + 1.0))))
        which = torch.randperm(channels, generator=generator)[: max(1, size)]
        taps = torch.full((TAPS,), -1.0)
        taps[list(PATTERNS[pattern])] = 2.0
        weight[k, which] = taps
    return weight


def shares_above(seen: Sight, drawn: dict[str, torch.Tensor]) -> torch.Tensor:
    """(B, F): share of observed samples at which patterns are above their thresholds; NaN where none is observed."""
    columns = [seen.static[:, :0].float()]
    for m, values in enumerate(seen.x.values()):
        if f"weight_{m}_0" not in drawn:
            continue
        values, steps, place = distinct(values, seen.observed[:, m])
        samples, mask = samples_of(values, steps)
        n = samples.shape[2]
        weight, threshold = (of_dilations(drawn, f"{name}_{m}", n) for name in ("weight", "threshold"))
        size = int(AT_ONCE / (n * threshold[..., 0].numel()))
        columns.append(
            in_pieces(partial(_shares, weight=weight, threshold=threshold), size, samples, mask)[place]
        )
    return torch.cat(columns, dim=1)


def of_dilations(drawn: dict[str, torch.Tensor], name: str, samples: int) -> torch.Tensor:
    """What was drawn for each dilation of a modality, one after the other, along a first axis of dilations."""
    return torch.stack([drawn[f"{name}_{k}"] for k in range(len(dilations(samples)))])


def answers_of_dilations(samples: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """(B, k K, n) what patterns (k, K, d, 9) of k dilations answer at every sample (B, d, n)."""
    exact = samples.double()
    seen = torch.stack([under_taps(exact, dilation) for dilation in dilations(samples.shape[2])], dim=1)
    return (weight.double().flatten(2) @ seen).flatten(1, 2).float()


def _shares(samples, mask, weight, threshold) -> torch.Tensor:
    """(B, k K Q) of the k dilations of a modality."""
    answers, here = answers_of_dilations(samples, weight), mask.float()[:, :, None]
    # 0 of 0 is unknown
    count, room = here.sum(1, keepdim=True), torch.empty_like(answers)
    # counts are whole numbers: no order of adding up changes them
    shares = [
        marked(torch.gt, answers, level[:, None], room) @ here / count for level in threshold.flatten(0, 1).T
    ]
    return torch.cat(shares, dim=-1).flatten(1)


def marked(compare: Callable, answers: torch.Tensor, level: torch.Tensor, room: torch.Tensor) -> torch.Tensor:
    """1 where a comparison of answers with a level holds, else 0, in `room`: to write truth values and ask for memory
    takes several times as long."""
    if torch.compiler.is_exporting():
        return compare(answers, level).float()
    return compare(answers, level, out=room)


def under_taps(samples: torch.Tensor, dilation: int) -> torch.Tensor:
    """(B, 9 d, n) what lies under the taps of a pattern at every sample (B, d, n), edges padded.

    Answers are sums of its products with patterns in float64. So sums of a few float32 numbers hardly depend on their
    order, which is another for a window alone than for one among many; and an answer must fall on the same side of its
    threshold in both. A product of matrices is quicker here than a convolution, which would be one for each dilation.
    """
    edge = dilation * (TAPS // 2)
    return F.pad(samples, (edge, edge)).unfold(-1, samples.shape[2], dilation).flatten(1, 2)


def samples_of(values: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scaled values with their magnitude (B, d, n), 0 where unobserved, and which are observed (B, n)."""
    scaled, mask = in_time(with_magnitude(values[..., : values.shape[-1] // 2]), steps)
    return torch.where(mask[..., None], scaled, 0.0).transpose(1, 2).contiguous(), mask
