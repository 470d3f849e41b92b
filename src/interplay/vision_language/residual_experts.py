"""Experts that begin as nothing beside a feed-forward layer: the layer itself is shared by all tokens.

Letters: B sequences, S tokens, N = B S, D width, M modalities, E experts, K chosen experts.
"""

import copy

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.context import ATOMS, InteractionContext
from interplay.nn.routers import ROUTERS
from interplay.nn.routing import route
from interplay.types import Routing
from interplay.vision_language.spans import Spans


class ResidualExperts(nn.Module):
    """What E experts add to the output of a feed-forward layer.

    Each expert is a copy of the layer whose last projection is 0, so that in the beginning nothing is added, to the
    bit and in any precision, and the first gradients reach that projection, as they do in adapters of low rank. Tokens
    of the layer that others were made from go through it as before.

    Parameters
    ----------
    layer : Module
        A feed-forward layer that takes (..., D) and gives (..., D), each token on its own.
    context : InteractionContext of M modalities and one step
    width : int, D
    num_experts, top_k : int, E and K
    router : str
        One of `interplay.nn.routers.ROUTERS`.

    Attributes
    ----------
    routing : Routing of the latest call, of (N, 1, 1) tokens; not saved
    """

    def __init__(
        self,
        layer: nn.Module,
        context: InteractionContext,
        *,
        width: int,
        num_experts: int,
        top_k: int,
        router: str,
    ) -> None:
        super().__init__()
        self.router = ROUTERS.find(router)(width, num_experts)
        self.experts = nn.ModuleList([_silent_copy(layer) for _ in range(num_experts)])
        self.top_k = top_k
        for name in ATOMS:
            self.register_buffer(name, getattr(context, name).clone())
        self.routing: Routing | None = None

    def forward(self, x_BSD: torch.Tensor, spans: Spans) -> torch.Tensor:
        """What is added to each token, (B, S, D)."""
        modality_N, seen_NM = spans.of(x_BSD)
        x_ND = x_BSD.flatten(0, 1)
        routing = self._route(x_ND, modality_N, seen_NM)
        self.routing = routing
        expert_NK, weight_NK = routing.expert_ids.flatten(0, 2), routing.expert_weights.flatten(0, 2)
        added_ND = torch.zeros_like(x_ND)
        for e, expert in enumerate(self.experts):
            token, k = torch.nonzero(expert_NK == e, as_tuple=True)
            if len(token):
                y = expert(x_ND[token]) * weight_NK[token, k, None].to(x_ND.dtype)
                added_ND = added_ND.index_add(0, token, y)
        return added_ND.view_as(x_BSD)

    def _route(self, x_ND: torch.Tensor, modality_N: torch.Tensor, seen_NM: torch.Tensor) -> Routing:
        """Each token is a window of one step that observes itself, and as partners the modalities seen before it."""
        n_m = seen_NM.shape[1]
        own_NM = nn.functional.one_hot(modality_N, n_m).bool()
        h_NMTD = (x_ND[:, None] * own_NM[..., None])[:, :, None]
        context = InteractionContext(**{name: self.get_buffer(name) for name in ATOMS})
        logits_NME = self.router(h_NMTD, context, seen_NM[..., None])[:, :, 0]
        logits_NE = logits_NME[own_NM]
        observed = torch.ones_like(logits_NE[:, None, None, 0], dtype=torch.bool)
        return route(logits_NE[:, None, None], observed, self.top_k, 0)


def _silent_copy(layer: nn.Module) -> nn.Module:
    """A copy of a layer that gives 0 for now: its last projection is cleared."""
    silent = copy.deepcopy(layer)
    # transformers writes products of GPT-2's kind as a class of its own, with weight and bias as well
    products = [part for part in silent.modules() if getattr(part, "weight", None) is not None]
    products = [part for part in products if part.weight.ndim == 2]
    if not products:
        raise InvalidInput(
            f"layers must be feed-forward layers with projections; {type(layer).__name__} has none. Choose others."
        )
    for parameter in products[-1].parameters():
        nn.init.zeros_(parameter)
    for parameter in silent.parameters():
        parameter.requires_grad_(True)
    return silent
