"""Encoder of steps: the samples of each modality in each step become one token.

Letters: B windows, M modalities, T steps, r samples per step, d channels, G modalities of one shape,
W hidden width, D model width.
"""

import math
from collections.abc import Mapping

import torch
from torch import nn

CONVOLVED_FROM = 4
"""Samples per step from which a step is convolved instead of flattened."""


class StepEncoder(nn.Module):
    """Tokens of all modalities; those of equal shape are encoded together, each with weights of its own.

    Parameters
    ----------
    shapes : modality name -> (r, d)
    steps : int
        T, the longest window; tokens are told their distance from its end.
    width : int
        D.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, int]], steps: int, width: int):
        super().__init__()
        self.names = tuple(shapes)
        groups: dict[tuple[int, int], list[int]] = {}
        for m, shape in enumerate(shapes.values()):
            groups.setdefault(tuple(shape), []).append(m)
        self.groups = [(r, d, members) for (r, d), members in groups.items()]
        self.parts = nn.ModuleList(
            (ConvolvedSteps if r >= CONVOLVED_FROM else FlatSteps)(len(members), r, d, width)
            for r, d, members in self.groups
        )
        order = [m for _, _, members in self.groups for m in members]
        self.register_buffer("place", torch.argsort(torch.tensor(order)), persistent=False)
        self.modality = nn.Parameter(0.02 * torch.randn(len(self.names), 1, width))
        self.distance = nn.Parameter(0.02 * torch.randn(steps, width))

    def forward(self, x: Mapping[str, torch.Tensor], observed: torch.Tensor) -> torch.Tensor:
        """Tokens (B, M, T, D) of windows x[name] (B, T, r, d); 0 where `observed` (B, M, T) is False."""
        parts = []
        for (_, _, members), part in zip(self.groups, self.parts, strict=True):
            seen = observed[:, members].transpose(0, 1)[..., None, None]
            stacked = torch.stack([x[self.names[m]] for m in members])
            parts.append(part(torch.where(seen, stacked, 0.0)))
        h_BMTD = torch.cat(parts).index_select(0, self.place).transpose(0, 1)
        h_BMTD = h_BMTD + self.modality + self.distance[: h_BMTD.shape[2]].flip(0)
        return h_BMTD * observed[..., None]


class FlatSteps(nn.Module):
    """A step of few samples, flattened, through a layer and a half for each modality."""

    def __init__(self, members: int, r: int, d: int, width: int):
        super().__init__()
        self.first = StackedLinear(members, r * d, width)
        self.second = StackedLinear(members, width, width)

    def forward(self, x_GBTrd: torch.Tensor) -> torch.Tensor:
        h = self.first(x_GBTrd.flatten(3).flatten(1, 2))
        h = h + self.second(nn.functional.gelu(h))
        return h.unflatten(1, x_GBTrd.shape[1:3])


class ConvolvedSteps(nn.Module):
    """A step of many samples: two convolutions over them, then their mean and their largest values."""

    def __init__(self, members: int, r: int, d: int, width: int, hidden: int = 32):
        super().__init__()
        kernel = 5 if r >= 5 else 3
        self.members = members
        self.first = nn.Conv1d(members * d, members * hidden, kernel, padding="same", groups=members)
        self.second = nn.Conv1d(members * hidden, members * hidden, kernel, padding="same", groups=members)
        self.out = StackedLinear(members, 2 * hidden, width)

    def forward(self, x_GBTrd: torch.Tensor) -> torch.Tensor:
        n_g, n_b, n_t, r, d = x_GBTrd.shape
        x = x_GBTrd.permute(1, 2, 0, 4, 3).reshape(n_b * n_t, n_g * d, r)
        h = nn.functional.gelu(self.second(nn.functional.gelu(self.first(x))))
        h = torch.cat([h.mean(-1).unflatten(1, (n_g, -1)), h.amax(-1).unflatten(1, (n_g, -1))], dim=-1)
        return self.out(h.transpose(0, 1)).unflatten(1, (n_b, n_t))


class StackedLinear(nn.Module):
    """One linear layer per group, multiplied as a batch: (G, N, in) -> (G, N, out)."""

    def __init__(self, groups: int, inputs: int, outputs: int):
        super().__init__()
        bound = 1.0 / math.sqrt(inputs)
        self.weight = nn.Parameter(bound * (2 * torch.rand(groups, inputs, outputs) - 1))
        self.bias = nn.Parameter(torch.zeros(groups, 1, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias, x, self.weight)
