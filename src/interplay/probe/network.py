"""The probe network: one encoder per modality, a head for every (modality, lag) and every (pair, lag).

Letters: U distinct steps, B windows, M modalities, P pairs, L lags, F input features, H width, Z rank of
the pair projection, C classes, G contexts of the target's past. Everything is stacked and multiplied in
batches: no loop over modalities, pairs or lags.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn

WIDTH = 64
"""Of hidden states of steps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeShape:
    """Sizes of a probe; `pairs` is (P, 2) int64.

    With more than one context every head has a part that all contexts share and a part for each: what a
    source says of the target often does not depend on the target's past.
    """

    modalities: int
    features: int
    lags: int
    classes: int
    pairs: torch.Tensor
    contexts: int = 1
    width: int = WIDTH
    rank: int = 8
    pair_width: int = 32

    @property
    def parts(self) -> int:
        """Parts of a head."""
        return 1 if self.contexts == 1 else 1 + self.contexts


CHUNK_BYTES = 5_000_000

OF_PAIRS = ("pair1", "pair_bias", "pair2")
PairWeights = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""First layer (p, 3 Z, hidden), its bias (p, 1, hidden), last layer (p, hidden, L, outputs)."""


class Probe(nn.Module):
    """Logits of the target from each modality alone and from each pair, at each lag.

    The logits of a pair are the sum of its two modalities' logits, whose gradient is stopped there, plus a
    small network on [z_i, z_j, z_i * z_j]: it learns only what the two say together beyond what they say
    apart.
    """

    def __init__(self, shape: ProbeShape, generator: torch.Generator):
        super().__init__()
        s = shape
        n_pairs, outputs = len(s.pairs), s.parts * s.classes

        def weight(*size):
            bound = 1.0 / math.sqrt(size[-2])
            return nn.Parameter(bound * (2.0 * torch.rand(*size, generator=generator) - 1.0))

        self.classes = s.classes
        self.register_buffer("pairs", s.pairs)
        self.w1 = weight(s.modalities, s.features, s.width)
        self.b1 = nn.Parameter(torch.zeros(s.modalities, 1, s.width))
        self.w2 = weight(s.modalities, s.width, s.width)
        self.b2 = nn.Parameter(torch.zeros(s.modalities, 1, s.width))
        self.head = nn.Parameter(torch.zeros(s.modalities, s.width, s.lags * outputs))
        self.bias = nn.Parameter(torch.zeros(s.modalities, 1, s.lags * outputs))
        self.project = weight(s.modalities, s.width, s.rank)
        self.pair1 = weight(n_pairs, 3 * s.rank, s.pair_width)
        self.pair_bias = nn.Parameter(torch.zeros(n_pairs, 1, s.pair_width))
        self.pair2 = nn.Parameter(torch.zeros(n_pairs, s.pair_width, s.lags, outputs))

    @classmethod
    def from_state(cls, state: Mapping[str, torch.Tensor]) -> "Probe":
        """A probe of one context, with the sizes that its weights have."""
        modalities, features, width = state["w1"].shape
        _, pair_width, lags, classes = state["pair2"].shape
        shape = ProbeShape(
            modalities=modalities,
            features=features,
            lags=lags,
            classes=classes,
            pairs=state["pairs"],
            width=width,
            rank=state["project"].shape[2],
            pair_width=pair_width,
        )
        probe = cls(shape, torch.Generator())
        probe.load_state_dict(state)
        return probe

    def forward(
        self, x_MUF: torch.Tensor, place_LB: torch.Tensor, context_B: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits from the distinct steps `x_MUF` and, for each lag and window, which of them to look at.

        `context_B` numbers the context of each window; it is not needed where there is one context.

        Returns
        -------
        alone : (M, L, B, C)
        together : (P, L, B, C)
        """
        alone, *together = self.in_chunks(x_MUF, place_LB, context_B)
        return alone, torch.cat(together) if together else alone[:0]

    def in_chunks(
        self, x_MUF: torch.Tensor, place_LB: torch.Tensor, context_B: torch.Tensor | None = None
    ) -> Iterator[torch.Tensor]:
        """The same in parts: logits of modalities (M, L, B, C), then of some pairs at a time (p, L, B, C)."""
        alone, z = self.encode(x_MUF, place_LB, context_B)
        yield alone
        for some in self.chunks(x_MUF.shape[1], place_LB.numel()):
            weights = (self.pair1[some], self.pair_bias[some], self.pair2[some])
            yield self.together(z, alone, place_LB, self.pairs[some], weights, context_B)

    def encode(
        self, x_MUF: torch.Tensor, place_LB: torch.Tensor, context_B: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of each modality alone (M, L, B, C), and its projection for pairs (M, U, Z)."""
        h_MUH = nn.functional.gelu(torch.baddbmm(self.b1, x_MUF, self.w1))
        h_MUH = nn.functional.gelu(torch.baddbmm(self.b2, h_MUH, self.w2))
        at_steps = torch.baddbmm(self.bias, h_MUH, self.head).unflatten(2, (len(place_LB), -1))
        alone = self._in_context(at_lags(at_steps, place_LB), context_B)
        # normalised, so that products are as large as their factors from the start: with small factors
        # the gradient of what two modalities say only together drowns in noise
        z_MUZ = nn.functional.layer_norm(torch.bmm(h_MUH, self.project), self.project.shape[2:])
        return alone, z_MUZ

    def chunks(self, n_steps: int, n_tokens: int) -> Iterator[slice]:
        """Pairs whose activations stay in the processor's cache when they are worked on at once."""
        _, hidden, n_l, outputs = self.pair2.shape
        numbers = n_steps * (2 * hidden + n_l * outputs) + 2 * n_tokens * outputs
        size = max(1, CHUNK_BYTES // (4 * numbers))
        for start in range(0, len(self.pairs), size):
            yield slice(start, min(start + size, len(self.pairs)))

    @torch.no_grad()
    def spread(self, pairs: torch.Tensor, my_modalities: torch.Tensor, my_pairs: torch.Tensor) -> "Probe":
        """The same of more modalities and pairs (P, 2), where the others say nothing.

        This one has the modalities and pairs where `my_modalities` (M,) and `my_pairs` (P,) are True.
        """
        state = {}
        for name, value in self.named_parameters():
            mine = my_pairs if name in OF_PAIRS else my_modalities
            state[name] = value.new_zeros(len(mine), *value.shape[1:])
            state[name][mine] = value
        return Probe.from_state(state | {"pairs": pairs})

    def together(
        self,
        z_MUZ: torch.Tensor,
        alone_MLBC: torch.Tensor,
        place_LB: torch.Tensor,
        pairs: torch.Tensor,
        weights: PairWeights,
        context_B: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits of pairs (p, 2) with these weights, (p, L, B, C), from what `encode` gave.

        What two modalities say together in a step is worked out once and serves all lags.
        """
        i, j = pairs.unbind(1)
        first, bias, last = weights
        z_i, z_j = z_MUZ.index_select(0, i), z_MUZ.index_select(0, j)
        both = torch.cat([z_i, z_j, z_i * z_j], dim=-1)
        hidden = nn.functional.gelu(torch.baddbmm(bias, both, first))
        extra = torch.bmm(hidden, last.flatten(2)).unflatten(2, last.shape[2:])
        told = alone_MLBC.detach()
        told = told.index_select(0, i) + told.index_select(0, j)
        return told + self._in_context(at_lags(extra, place_LB), context_B)

    def _in_context(self, outputs: torch.Tensor, context_B: torch.Tensor | None) -> torch.Tensor:
        """The shared part of outputs (..., B, parts * C) plus that of each window's context, (..., B, C)."""
        if outputs.shape[-1] == self.classes or context_B is None:
            return outputs[..., : self.classes]
        parts = outputs.unflatten(-1, (-1, self.classes))
        window = torch.arange(parts.shape[-3], device=parts.device)
        return parts[..., 0, :] + parts[..., window, context_B + 1, :]


def at_lags(at_steps: torch.Tensor, place_LB: torch.Tensor) -> torch.Tensor:
    """Outputs (X, U, L, C) of steps as windows meet them at each lag, (X, L, B, C)."""
    n_l = len(place_LB)
    flat = (place_LB * n_l + torch.arange(n_l, device=place_LB.device)[:, None]).flatten()
    return at_steps.flatten(1, 2).index_select(1, flat).unflatten(1, place_LB.shape)
