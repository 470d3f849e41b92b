"""Routers score experts for every token. They never see other samples of the batch.

Every router is called as ``router(h, context, observed) -> logits``.
Letters: B windows, M modalities, T steps, D width, E experts, K chosen experts.
"""

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.attention import HIDDEN
from interplay.nn.context import InteractionContext
from interplay.types import Routing


class SoftmaxRouter(nn.Module):
    """A linear score of the token alone (Shazeer et al., ICLR 2017; Fedus et al., JMLR 2022)."""

    def __init__(self, width: int, num_experts: int):
        super().__init__()
        self.score = nn.Linear(width, num_experts, bias=False)

    def forward(
        self, h_BMTD: torch.Tensor, context: InteractionContext, observed_BMT: torch.Tensor
    ) -> torch.Tensor:
        return self.score(h_BMTD)


class InteractionRouter(nn.Module):
    """Scores from the token and from the interactions its modality takes part in (the paper's RUS router).

    The token asks, and the pair features (R, U, U, S) with every observed partner answer, by attention; a
    GRU follows the answers, with the modality's uniqueness, over the steps of the window; an MLP scores the
    experts from token and GRU state. All modalities at once; a lone modality gets an answer of zeros.
    """

    def __init__(
        self,
        width: int,
        num_experts: int,
        *,
        token_width: int = 32,
        attention_width: int = 16,
        gru_width: int = 32,
    ):
        super().__init__()
        self.token = nn.Linear(width, token_width)
        self.query = nn.Linear(token_width, attention_width)
        self.key = nn.Linear(4, attention_width)
        self.value = nn.Linear(4, attention_width)
        self.gru = nn.GRU(1 + attention_width, gru_width, batch_first=True)
        self.score = nn.Sequential(
            nn.Linear(token_width + gru_width, token_width), nn.ReLU(), nn.Linear(token_width, num_experts)
        )

    def forward(
        self, h_BMTD: torch.Tensor, context: InteractionContext, observed_BMT: torch.Tensor
    ) -> torch.Tensor:
        # the GRU would carry what an unobserved token holds to later ones
        u = torch.relu(self.token(h_BMTD)) * observed_BMT[..., None]
        answer = self._attend(self.query(u), context.pair_features, observed_BMT)
        unique = context.unique_to_all()[None, ..., None].expand(len(h_BMTD), -1, -1, 1)
        state, _ = self.gru(torch.cat([unique, answer], dim=-1).flatten(0, 1))
        return self.score(torch.cat([u, state.unflatten(0, h_BMTD.shape[:2])], dim=-1))

    def _attend(
        self, q_BMTA: torch.Tensor, pair_MMTF: torch.Tensor, observed_BMT: torch.Tensor
    ) -> torch.Tensor:
        n_m = len(pair_MMTF)
        key, value = self.key(pair_MMTF), self.value(pair_MMTF)
        scores_BMTJ = torch.einsum("bmta,mjta->bmtj", q_BMTA, key) / q_BMTA.shape[-1] ** 0.5
        partner = ~torch.eye(n_m, dtype=torch.bool, device=q_BMTA.device)[:, None]
        allowed_BMTJ = partner & observed_BMT.transpose(1, 2)[:, None]
        weights = torch.softmax(scores_BMTJ.masked_fill(~allowed_BMTJ, HIDDEN), dim=-1)
        weights = torch.where(allowed_BMTJ.any(-1, keepdim=True), weights, 0.0)
        return torch.einsum("bmtj,mjta->bmta", weights, value)


ROUTERS = {"interaction": InteractionRouter, "softmax": SoftmaxRouter}


def route(logits: torch.Tensor, observed: torch.Tensor, top_k: int, synergy_experts: int) -> Routing:
    """Choose the K experts of highest probability and renormalise their weights; float32 throughout.

    Parameters
    ----------
    logits : (B, M, T, E)
    observed : (B, M, T) bool; unobserved tokens get weight 0
    top_k : int
    synergy_experts : int

    Returns
    -------
    Routing
    """
    if not 1 <= top_k <= logits.shape[-1]:
        raise InvalidInput(f"top_k must be between 1 and num_experts ({logits.shape[-1]}); got {top_k}.")
    logits = logits.float()
    log_probs = torch.log_softmax(logits, dim=-1)
    chosen, expert_ids = log_probs.topk(top_k, dim=-1)
    weights = torch.softmax(chosen, dim=-1) * observed[..., None]
    return Routing(
        logits=logits,
        log_probs=log_probs,
        expert_ids=expert_ids,
        expert_weights=weights,
        observed=observed,
        synergy_experts=synergy_experts,
    )
