"""The probe network: one encoder per modality, a head for every (modality, lag) and every (pair, lag).

Several probes of one shape, as cross-fitting trains, are held side by side. Everything is stacked and multiplied in
batches: no loop over modalities, pairs or lags. Letters: K probes, U distinct steps, B windows, M modalities, P pairs,
L lags, F input features, H width, Z rank of the pair projection, C classes, G contexts of the target's past, O =
numbers of one head at one lag, C of each of its parts.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

WIDTH = 64
"""Of hidden states of steps."""

PAIR_WIDTH = 32
"""Of the small network of a head."""

CHUNK_BYTES = 5_000_000
"""Activations of some pairs that stay in the processor's cache."""

OF_PAIRS = ("pair1", "pair_bias", "pair2")
PairWeights = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""First layer (K, p, 3 Z, hidden), its bias (K, p, 1, hidden), last layer (K, p, hidden, L, O)."""


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
    pair_width: int = PAIR_WIDTH

    @property
    def parts(self) -> int:
        """Parts of a head."""
        return 1 if self.contexts == 1 else 1 + self.contexts


class Probe(nn.Module):
    """Logits of the target from each modality alone and from each pair, at each lag.

    A modality's logits are linear in its hidden state, plus a small network on [z, z * z] that leaves z as pairs want
    it. Those of a pair are the sum of its two modalities' logits, whose gradient is stopped there, plus a small network
    on [z_i, z_j, z_i * z_j]: it learns only what the two say together beyond what they say apart, and has no more room
    than a modality's own.

    Parameters
    ----------
    shape : ProbeShape
    generators : sequence of K torch.Generator
        Draw the first weights of each probe.
    """

    def __init__(self, shape: ProbeShape, generators: Sequence[torch.Generator]):
        super().__init__()
        s, n_k = shape, len(generators)
        n_pairs, outputs = len(s.pairs), s.parts * s.classes

        def weight(*size: int) -> nn.Parameter:
            bound = 1.0 / math.sqrt(size[-2])
            drawn = [torch.rand(*size, generator=generator) for generator in generators]
            return nn.Parameter(bound * (2.0 * torch.stack(drawn) - 1.0))

        def zeros(*size: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(n_k, *size))

        self.classes = s.classes
        self.register_buffer("pairs", s.pairs)
        self.w1 = weight(s.modalities, s.features, s.width)
        self.b1 = zeros(s.modalities, 1, s.width)
        self.w2 = weight(s.modalities, s.width, s.width)
        self.b2 = zeros(s.modalities, 1, s.width)
        self.head = zeros(s.modalities, s.width, s.lags * outputs)
        self.bias = zeros(s.modalities, 1, s.lags * outputs)
        self.seen = weight(s.modalities, s.features, s.width)
        self.seen_bias = zeros(s.modalities, 1, s.width)
        self.project = weight(s.modalities, s.width, s.rank)
        self.own1 = weight(s.modalities, 2 * s.rank, s.pair_width)
        self.own_bias = zeros(s.modalities, 1, s.pair_width)
        self.own2 = zeros(s.modalities, s.pair_width, s.lags * outputs)
        self.pair1 = weight(n_pairs, 3 * s.rank, s.pair_width)
        self.pair_bias = zeros(n_pairs, 1, s.pair_width)
        self.pair2 = zeros(n_pairs, s.pair_width, s.lags, outputs)

    @classmethod
    def from_state(cls, state: Mapping[str, torch.Tensor], classes: int) -> "Probe":
        """Probes with the sizes that their weights have, where these are."""
        n_k, modalities, features, width = state["w1"].shape
        *_, pair_width, lags, outputs = state["pair2"].shape
        shape = ProbeShape(
            modalities=modalities,
            features=features,
            lags=lags,
            classes=classes,
            pairs=state["pairs"],
            contexts=max(1, outputs // classes - 1),
            width=width,
            rank=state["project"].shape[3],
            pair_width=pair_width,
        )
        probe = cls(shape, [torch.Generator()] * n_k)
        probe.load_state_dict(state)
        return probe.to(state["w1"].device)

    def forward(
        self, x_KMUF: torch.Tensor, place_KLB: torch.Tensor, context_KB: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits from distinct steps and, for each lag and window, which of them to look at.

        `context_KB` numbers the context of each window; it is not needed where there is one context.

        Returns
        -------
        alone : (K, M, L, B, C)
        together : (K, P, L, B, C)
        """
        alone, *together = self.in_chunks(x_KMUF, place_KLB, context_KB)
        return alone, torch.cat(together, 1) if together else alone[:, :0]

    def in_chunks(
        self, x_KMUF: torch.Tensor, place_KLB: torch.Tensor, context_KB: torch.Tensor | None = None
    ) -> Iterator[torch.Tensor]:
        """The same in parts: logits of modalities (K, M, L, B, C), then of some pairs at a time (K, p, L, B, C)."""
        alone, z = self.encode(x_KMUF, place_KLB, context_KB)
        yield alone
        for some in self.chunks(x_KMUF.shape[2], place_KLB[0].numel()):
            yield self.together(z, alone, place_KLB, some, self.pair_weights(some), context_KB)

    def encode(
        self, x_KMUF: torch.Tensor, place_KLB: torch.Tensor, context_KB: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of each modality alone (K, M, L, B, C), and its projection for pairs (K, M, U, Z)."""
        at_steps, z = self.of_steps(x_KMUF)
        by_lag = at_steps.unflatten(3, (place_KLB.shape[1], -1))
        return self._in_context(at_lags(by_lag, place_KLB), context_KB), z

    def of_steps(self, x_KMUF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What each step gives: numbers of the modality's heads (K, M, U, L O), and its projection (K, M, U, Z)."""
        n_k = len(x_KMUF)
        w = {name: value.flatten(0, 1) for name, value in self.named_parameters() if name not in OF_PAIRS}
        h = nn.functional.gelu(torch.baddbmm(w["b1"], x_KMUF.flatten(0, 1), w["w1"]))
        h = nn.functional.gelu(torch.baddbmm(w["b2"], h, w["w2"]))
        # a hidden state of pairs' own: in h, and in z where a modality's own head shapes it, what that head can use
        # crowds out all else, and what only two modalities say together comes late or never
        seen = nn.functional.gelu(torch.baddbmm(w["seen_bias"], x_KMUF.flatten(0, 1), w["seen"]))
        # normalised, so that products are as large as their factors from the start: with small factors
        # the gradient of what two modalities say only together drowns in noise
        z = nn.functional.layer_norm(torch.bmm(seen, w["project"]), w["project"].shape[2:])
        fixed = z.detach()
        own = nn.functional.gelu(
            torch.baddbmm(w["own_bias"], torch.cat([fixed, fixed * fixed], -1), w["own1"])
        )
        at_steps = torch.baddbmm(w["bias"], h, w["head"]) + torch.bmm(own, w["own2"])
        return at_steps.unflatten(0, (n_k, -1)), z.unflatten(0, (n_k, -1))

    def chunks(self, n_steps: int, n_tokens: int) -> Iterator[slice]:
        """Pairs whose activations stay in the processor's cache when they are worked on at once."""
        n_k, n_pairs, hidden, n_l, outputs = self.pair2.shape
        numbers = n_k * (n_steps * (2 * hidden + n_l * outputs) + 2 * n_tokens * outputs)
        size = max(1, CHUNK_BYTES // max(1, 4 * numbers))
        for start in range(0, n_pairs, size):
            yield slice(start, min(start + size, n_pairs))

    def pair_weights(self, some: slice) -> PairWeights:
        """Weights of some pairs."""
        return self.pair1[:, some], self.pair_bias[:, some], self.pair2[:, some]

    def together(
        self,
        z_KMUZ: torch.Tensor,
        alone_KMLBC: torch.Tensor,
        place_KLB: torch.Tensor,
        some: slice,
        weights: PairWeights,
        context_KB: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits of some pairs with these weights, (K, p, L, B, C), from what `encode` gave.

        What two modalities say together in a step is worked out once and serves all lags.
        """
        i, j = self.pairs[some].unbind(1)
        extra = pair_extra(z_KMUZ.index_select(1, i), z_KMUZ.index_select(1, j), weights)
        apart = alone_KMLBC.detach()
        apart = apart.index_select(1, i) + apart.index_select(1, j)
        return apart + self._in_context(at_lags(extra, place_KLB), context_KB)

    def _in_context(self, outputs: torch.Tensor, context_KB: torch.Tensor | None) -> torch.Tensor:
        """The shared part of outputs (K, X, L, B, O) plus that of each window's context, (K, X, L, B, C)."""
        if outputs.shape[-1] == self.classes or context_KB is None:
            return outputs[..., : self.classes]
        parts = outputs.unflatten(-1, (-1, self.classes))
        own = (context_KB + 1)[:, None, None, :, None, None].expand(*parts.shape[:4], 1, self.classes)
        return parts[..., 0, :] + parts.gather(4, own)[..., 0, :]

    @torch.no_grad()
    def only(self, k: int) -> "Probe":
        """Probe number k alone, a copy."""
        state = {name: value[k : k + 1] for name, value in self.named_parameters()}
        return Probe.from_state(state | {"pairs": self.pairs}, self.classes)

    @torch.no_grad()
    def spread(self, pairs: np.ndarray, of_modalities: np.ndarray, of_pairs: np.ndarray) -> "Probe":
        """The same of more modalities and pairs (P, 2), where the others say nothing.

        These probes are of the modalities and pairs where `of_modalities` (M,) and `of_pairs` (P,) are True.
        """
        state = {}
        for name, value in self.named_parameters():
            members = torch.from_numpy(of_pairs if name in OF_PAIRS else of_modalities)
            state[name] = value.new_zeros(len(value), len(members), *value.shape[2:])
            state[name][:, members] = value
        return Probe.from_state(state | {"pairs": torch.from_numpy(pairs)}, self.classes)


def pair_extra(z_i: torch.Tensor, z_j: torch.Tensor, weights: PairWeights) -> torch.Tensor:
    """What pairs say beyond their modalities, (K, p, U, L, O), from projections (K, p, U, Z) of steps seen together."""
    first, bias, last = (part.flatten(0, 1) for part in weights)
    both = torch.cat([z_i, z_j, z_i * z_j], dim=-1).flatten(0, 1)
    hidden = nn.functional.gelu(torch.baddbmm(bias, both, first))
    return torch.bmm(hidden, last.flatten(2)).unflatten(2, last.shape[2:]).unflatten(0, z_i.shape[:2])


def at_lags(at_steps: torch.Tensor, place_KLB: torch.Tensor) -> torch.Tensor:
    """Outputs (K, X, U, L, O) of steps as windows meet them at each lag, (K, X, L, B, O)."""
    n_l = place_KLB.shape[1]
    lag = torch.arange(n_l, device=place_KLB.device)[:, None]
    flat = (place_KLB * n_l + lag).flatten(1)
    # each probe looks at steps of its own; one call each is quicker than a gather of every number
    chosen = [each.flatten(1, 2).index_select(1, rows) for each, rows in zip(at_steps, flat, strict=True)]
    return torch.stack(chosen).unflatten(2, place_KLB.shape[1:])
