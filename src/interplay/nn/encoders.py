"""Encoder of steps: the samples of each modality in each step become one token.

Letters: B windows, M modalities, T steps, r samples per step, d channels, G modalities of one shape,
W hidden width, D model width.
"""

import math
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.registry import Choice, Registry
from interplay.settings import near_first

CONVOLVED_FROM = 4
"""Samples per step from which a step is convolved instead of flattened."""

KERNEL = 5
DILATIONS = (1, 2, 4)
"""Of the convolutions; together they look 28 samples back, or further where samples are averaged after the first."""


class StepEncoder(nn.Module):
    """Tokens of all modalities; those of equal shape are encoded together, each with weights of its own.

    An encoder is built as ``encoder(shapes, width, **settings)``.

    Parameters
    ----------
    shapes : modality name -> (r, d)
    width : int
        D.
    least_samples : int
        Where a step has many samples, as many neighbours are averaged after the first convolution as leave so many
        numbers of it, or more: twice as fast where it is two. 0 averages none.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, int]], width: int, *, least_samples: int = 0):
        super().__init__()
        if least_samples < 0:
            raise InvalidInput(f"least_samples of the encoder must be at least 0; got {least_samples}.")
        self.names = tuple(shapes)
        groups: dict[tuple[int, int], list[int]] = {}
        for m, shape in enumerate(shapes.values()):
            groups.setdefault(tuple(shape), []).append(m)
        self.groups = [(r, d, members) for (r, d), members in groups.items()]
        self.parts = nn.ModuleList(
            ConvolvedSteps(
                len(members), r, d, width, averaged=max(1, r // least_samples) if least_samples else 1
            )
            if r >= CONVOLVED_FROM
            else FlatSteps(len(members), r, d, width)
            for r, d, members in self.groups
        )
        order = [m for _, _, members in self.groups for m in members]
        self.register_buffer("place", torch.argsort(torch.tensor(order)), persistent=False)

    def forward(self, x: Mapping[str, torch.Tensor], observed: torch.Tensor) -> torch.Tensor:
        """Tokens (B, M, T, D) of windows x[name] (B, T, r, d); where `observed` (B, M, T) is False nothing is read,
        and what is returned has no meaning."""
        parts = []
        for (_, _, members), part in zip(self.groups, self.parts, strict=True):
            stacked = torch.stack([x[self.names[m]] for m in members])
            parts.append(part(stacked, observed[:, members].transpose(0, 1)))
        return torch.cat(parts).index_select(0, self.place).transpose(0, 1)


ENCODERS = Registry("encoder", {"steps": StepEncoder}, nn.Module)


class EncodersByModality(nn.Module):
    """Tokens of all modalities, some of them by encoders of their own, such as pre-trained ones.

    Parameters
    ----------
    shapes : modality name -> (r, d)
    width : int
        D.
    rest : Choice of `ENCODERS`
        Encodes all other modalities together.
    own : modality name -> Choice of `ENCODERS`
        Each is built as ``encoder({name: (r, d)}, width, **settings)``.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, int]], width: int, rest: Choice, own: Mapping[str, Choice]
    ):
        super().__init__()
        unknown = sorted(set(own) - set(shapes))
        if unknown:
            raise InvalidInput(
                f"model.encoders must name modalities of the windows, {near_first(unknown[0], list(shapes))}; got "
                f"{unknown[0]!r}."
            )
        self.modalities, self.names = tuple(shapes), tuple(own)
        self.of_rest = {name: shape for name, shape in shapes.items() if name not in own}
        self.rest = rest.build(self.of_rest, width) if self.of_rest else None
        self.own = nn.ModuleList(chosen.build({name: shapes[name]}, width) for name, chosen in own.items())

    def forward(self, x: Mapping[str, torch.Tensor], observed: torch.Tensor) -> torch.Tensor:
        """See `StepEncoder.forward`."""
        tokens = {}
        if self.rest is not None:
            places = [self.modalities.index(name) for name in self.of_rest]
            of_rest = self.rest({name: x[name] for name in self.of_rest}, observed[:, places])
            tokens |= dict(zip(self.of_rest, of_rest.unbind(1), strict=True))
        for name, encoder in zip(self.names, self.own, strict=True):
            seen = observed[:, [self.modalities.index(name)]]
            tokens[name] = encoder({name: x[name]}, seen)[:, 0]
        return torch.stack([tokens[name] for name in self.modalities], dim=1)


class TokenPlaces(nn.Module):
    """What tokens are told of their place: their modality, and how far from one end of the window their step is.

    Parameters
    ----------
    modalities, steps, width : int
        M, the longest window T, and D.
    from_start : bool
        Whether steps are counted from the start of the window, as a model must that predicts at every step, instead of
        from its end.
    """

    def __init__(self, modalities: int, steps: int, width: int, *, from_start: bool = False):
        super().__init__()
        self.from_start = from_start
        self.modality = nn.Parameter(0.02 * torch.randn(modalities, 1, width))
        self.distance = nn.Parameter(0.02 * torch.randn(steps, width))

    def forward(self, h_BMTD: torch.Tensor, observed_BMT: torch.Tensor) -> torch.Tensor:
        """Tokens with their places; 0 where they are not observed."""
        distance = self.distance[: h_BMTD.shape[2]]
        placed = h_BMTD + self.modality + (distance if self.from_start else distance.flip(0))
        return torch.where(observed_BMT[..., None], placed, 0.0)


class FlatSteps(nn.Module):
    """A step of few samples, flattened, through a layer and a half for each modality."""

    def __init__(self, members: int, r: int, d: int, width: int):
        super().__init__()
        self.first = StackedLinear(members, r * d, width)
        self.second = StackedLinear(members, width, width)

    def forward(self, x_GBTrd: torch.Tensor, seen_GBT: torch.Tensor) -> torch.Tensor:
        x_GBTrd = torch.where(seen_GBT[..., None, None], x_GBTrd, 0.0)
        h = self.first(x_GBTrd.flatten(3).flatten(1, 2))
        h = h + self.second(nn.functional.gelu(h))
        return h.unflatten(1, x_GBTrd.shape[1:3])


class ConvolvedSteps(nn.Module):
    """Steps of many samples: causal convolutions over the samples of the window, then statistics of each step.

    The convolutions look back beyond the start of a step, ever further from layer to layer, and never ahead. The
    first may give means of neighbours to the others, which take most of the time. The
    statistics are the mean, the largest and the standard deviation of what they give within the step, and the logarithm
    of the standard deviation of the samples themselves: a hand that rests and one that trembles differ by orders of
    magnitude below what scaled samples show.
    """

    def __init__(self, members: int, r: int, d: int, width: int, hidden: int = 32, *, averaged: int = 1):
        super().__init__()
        self.hidden, self.averaged = hidden, averaged
        channels = [d, *[hidden] * len(DILATIONS)]
        self.layers = nn.ModuleList(
            nn.Conv1d(members * n_in, members * n_out, KERNEL, dilation=dilation, groups=members)
            for (n_in, n_out), dilation in zip(pairwise(channels), DILATIONS, strict=True)
        )
        self.out = StackedLinear(members, 3 * hidden + d, width)

    def forward(self, x_GBTrd: torch.Tensor, seen_GBT: torch.Tensor) -> torch.Tensor:
        n_g, n_b, n_t, r, d = x_GBTrd.shape
        x_GBTrd = torch.where(seen_GBT[..., None, None], x_GBTrd, 0.0)
        n_left = -(-r // self.averaged)
        seen_BG1T1 = seen_GBT.transpose(0, 1)[:, :, None, :, None]
        h = x_GBTrd.permute(1, 0, 4, 2, 3).reshape(n_b, n_g * d, n_t * r)
        for k, (layer, dilation) in enumerate(zip(self.layers, DILATIONS, strict=True)):
            new = nn.functional.gelu(layer(nn.functional.pad(h, ((KERNEL - 1) * dilation, 0))))
            h = self._thinned(new, n_t) if k == 0 else h + new
            # what is unobserved says nothing at any layer, as if the window had not reached so far
            h = (h.unflatten(-1, (n_t, n_left)).unflatten(1, (n_g, -1)) * seen_BG1T1).view_as(h)
        h_BGHTr = h.unflatten(-1, (n_t, n_left)).unflatten(1, (n_g, -1))
        features = torch.cat(
            [h_BGHTr.mean(-1), h_BGHTr.amax(-1), _spread(h_BGHTr), _log_spread(x_GBTrd)], dim=2
        )
        return self.out(features.permute(1, 0, 3, 2).flatten(1, 2)).unflatten(1, (n_b, n_t))

    def _thinned(self, h: torch.Tensor, n_t: int) -> torch.Tensor:
        """(B, G H, T r) -> as many means of neighbours of each step as are left."""
        if self.averaged == 1:
            return h
        h = h.unflatten(-1, (n_t, -1))
        h = nn.functional.pad(h, (-h.shape[-1] % self.averaged, 0))
        return h.unflatten(-1, (-1, self.averaged)).mean(-1).flatten(-2)


def _spread(h: torch.Tensor) -> torch.Tensor:
    """Standard deviation over the last axis, with a slope also where it is 0."""
    return (_variance(h, -1) + 1e-4).sqrt()


def _log_spread(x_GBTrd: torch.Tensor) -> torch.Tensor:
    """(B, G, d, T): about -3.5 for samples that do not vary, 0 for those that vary like all of their channel."""
    variance = _variance(x_GBTrd, 3)
    return (0.25 * torch.log(variance + 1e-6)).permute(1, 0, 3, 2)


def _variance(x: torch.Tensor, axis: int) -> torch.Tensor:
    """In two passes, which processors take several numbers at a time through; `torch.var` goes one by one."""
    # deviations add up to 0: through their mean a variance has no slope
    apart = x - x.mean(axis, keepdim=True).detach()
    return torch.linalg.vecdot(apart, apart, dim=axis) / x.shape[axis]


class StackedLinear(nn.Module):
    """One linear layer per group, multiplied as a batch: (G, N, in) -> (G, N, out)."""

    def __init__(self, groups: int, inputs: int, outputs: int):
        super().__init__()
        bound = 1.0 / math.sqrt(inputs)
        self.weight = nn.Parameter(bound * (2 * torch.rand(groups, inputs, outputs) - 1))
        self.bias = nn.Parameter(torch.zeros(groups, 1, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias, x, self.weight)
