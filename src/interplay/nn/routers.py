"""Routers score experts for every token. They never see other samples of the batch.

Every router is built as ``router(width, num_experts, **settings)`` and called as ``router(h, context, observed) ->
logits``; `interplay.nn.check_router` is what each must keep to.
Letters: B windows, B' 1 or B, M modalities, T steps, D width, E experts, K packed tokens.
"""

import torch
from torch import nn
from torch.backends.cudnn import rnn

from interplay.errors import InvalidInput
from interplay.nn.attention import HIDDEN
from interplay.nn.context import InteractionContext
from interplay.nn.packed import Packed
from interplay.registry import Registry


class Router(nn.Module):
    """What all routers share: full precision, and no eyes for unobserved tokens."""

    def forward(
        self, h_BMTD: torch.Tensor, context: InteractionContext, observed_BMT: torch.Tensor
    ) -> torch.Tensor:
        """Scores of experts, in float32 or above even under autocast.

        Parameters
        ----------
        h_BMTD : (B, M, T, D)
        context : InteractionContext of M modalities and T steps
        observed_BMT : (B, M, T) bool; tokens where it is False are not read

        Returns
        -------
        (B, M, T, E); of no meaning for unobserved tokens, but finite

        Raises
        ------
        InvalidInput
            If the shapes of the three do not agree.
        """
        _check(h_BMTD, context, observed_BMT)
        # 0 instead of what an unobserved token holds: a NaN would pass through products with 0
        h_BMTD = h_BMTD.masked_fill(~observed_BMT[..., None], 0.0)
        with torch.autocast(h_BMTD.device.type, enabled=False):
            return self.logits(
                h_BMTD.to(torch.promote_types(h_BMTD.dtype, torch.float32)), context, observed_BMT
            )

    def logits(self, h_BMTD, context: InteractionContext, observed_BMT) -> torch.Tensor:
        """The scores, of tokens of which the unobserved are 0."""
        raise NotImplementedError

    def of_packed(
        self, h_BKD: torch.Tensor, context: InteractionContext, observed_BMT: torch.Tensor, packed: Packed
    ) -> torch.Tensor:
        """Scores (B, K, E) of packed tokens, likewise in full precision."""
        h_BKD = h_BKD.masked_fill(~packed.seen[..., None], 0.0)
        with torch.autocast(h_BKD.device.type, enabled=False):
            h_BKD = h_BKD.to(torch.promote_types(h_BKD.dtype, torch.float32))
            return self.packed_logits(h_BKD, context, observed_BMT, packed)

    def packed_logits(self, h_BKD, context, observed_BMT, packed: Packed) -> torch.Tensor:
        """The scores; those of tokens laid back on modalities and steps, unless a router knows a shorter way."""
        return packed.take(self.logits(packed.lay(h_BKD), context, packed.observed))


def packed_logits(
    router: nn.Module, h_BKD, context: InteractionContext, observed_BMT, packed: Packed
) -> torch.Tensor:
    """Scores (B, K, E) of packed tokens by any router; one that knows nothing of packed tokens gets them laid back."""
    if isinstance(router, Router):
        return router.of_packed(h_BKD, context, observed_BMT, packed)
    return packed.take(router(packed.lay(h_BKD), context, packed.observed))


def _check(h_BMTD, context: InteractionContext, observed_BMT) -> None:
    (n_b, n_m, n_t), atoms = h_BMTD.shape[:3], context.synergy.shape
    if observed_BMT.shape != h_BMTD.shape[:3]:
        raise InvalidInput(
            f"observed must be of shape (B, M, T) of the tokens, {tuple(h_BMTD.shape[:3])}; got "
            f"{tuple(observed_BMT.shape)}. Give one flag per token."
        )
    if atoms[0] not in (1, n_b) or atoms[1:] != (n_m, n_m, n_t):
        raise InvalidInput(
            f"atoms of the context must be of shape (1 or {n_b}, {n_m}, {n_m}, {n_t}); got {tuple(atoms)}. "
            "Lay the profile on the modalities and steps of the tokens."
        )


class SoftmaxRouter(Router):
    """A linear score of the token alone (Shazeer et al., ICLR 2017; Fedus et al., JMLR 2022)."""

    def __init__(self, width: int, num_experts: int):
        super().__init__()
        self.score = nn.Linear(width, num_experts, bias=False)

    def logits(self, h_BMTD, context, observed_BMT):
        return self.score(h_BMTD)

    def packed_logits(self, h_BKD, context, observed_BMT, packed):
        return self.score(h_BKD)


class LaplaceRouter(Router):
    """Minus the distance of the token from a centre of each expert (FuseMoE: Han et al., NeurIPS 2024).

    Bounded above, unlike a linear score: no token can draw an expert more than by lying at its centre.
    """

    def __init__(self, width: int, num_experts: int):
        super().__init__()
        self.centre = nn.Parameter(torch.randn(num_experts, width))

    def logits(self, h_BMTD, context, observed_BMT):
        # distances by way of products lose digits, and are chosen by the number of tokens
        mode = "donot_use_mm_for_euclid_dist"
        distance = torch.cdist(h_BMTD.flatten(0, 2), self.centre, compute_mode=mode)
        return -distance.unflatten(0, h_BMTD.shape[:3])


class UniformRouter(Router):
    """All experts alike, whatever the token holds: the control that learns no routing.

    Experts are told apart by at most `TIE` for Top-K, which they win in turn over modalities and steps.
    """

    TIE = 1e-3

    def __init__(self, width: int, num_experts: int):
        super().__init__()
        self.num_experts = num_experts

    def logits(self, h_BMTD, context, observed_BMT):
        _, n_m, n_t, _ = h_BMTD.shape
        token = torch.arange(n_m * n_t, device=h_BMTD.device).view(n_m, n_t, 1)
        place = (torch.arange(self.num_experts, device=h_BMTD.device) - token) % self.num_experts
        return (-self.TIE / self.num_experts * place).to(h_BMTD).expand(*h_BMTD.shape[:3], -1)


class Recurrence(nn.Module):
    """One layer of `torch.nn.GRU`, its states at all steps; that class itself cannot be compiled."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.width = width
        for name, parameter in nn.GRU(inputs, width).named_parameters():
            self.register_parameter(name, parameter)

    def _apply(self, *args, **kwargs):
        """After a move to a GPU the weights lie in one piece; its library would otherwise copy them at every call."""
        super()._apply(*args, **kwargs)
        weights: list[torch.Tensor] = list(self.parameters())
        if torch.backends.cudnn.is_acceptable(weights[0]):
            mode, inputs = rnn.get_cudnn_mode("GRU"), weights[0].shape[1]
            with torch.no_grad():
                torch._cudnn_rnn_flatten_weight(weights, 4, inputs, mode, self.width, 0, 1, True, False)
        return self

    def forward(self, x_NTA: torch.Tensor) -> torch.Tensor:
        """States (N, T, width) of inputs (N, T, A), from a state of 0."""
        start = x_NTA.new_zeros(1, x_NTA.shape[0], self.width)
        # biased, of one layer, without dropout, in this mode, in one direction, batch first
        weights: list[torch.Tensor] = list(self.parameters())
        states, _ = torch.gru(x_NTA, start, weights, True, 1, 0.0, self.training, False, True)
        return states


class InteractionRouter(Router):
    """Scores from the token and from the interactions its modality takes part in (the paper's RUS router).

    The token asks, and the pair features (R, U, U, S) with every observed partner answer, by attention; a
    GRU follows the answers, with the modality's uniqueness, over the steps of the window; an MLP scores the
    experts from token and GRU state. All modalities at once; a lone modality gets an answer of zeros.

    Parameters
    ----------
    width, num_experts : int
    token_width : int
        Numbers that stand for a token in the router.
    attention_width : int
        Width of queries, keys and answers.
    gru_width : int
        Width of the GRU's state.
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
        self.key = nn.Linear(4, attention_width, bias=False)
        self.value = nn.Linear(4, attention_width)
        self.gru = Recurrence(1 + attention_width, gru_width)
        self.score = nn.Sequential(
            nn.Linear(token_width + gru_width, token_width), nn.ReLU(), nn.Linear(token_width, num_experts)
        )

    def logits(self, h_BMTD, context, observed_BMT):
        # the bias would tell the GRU of tokens that were not observed
        u = torch.relu(self.token(h_BMTD)) * observed_BMT[..., None]
        answer = self._attend(self.query(u), context.pair_features, observed_BMT)
        unique = self.uniqueness(context)[..., None].to(answer).expand(h_BMTD.shape[0], -1, -1, -1)
        state = self.gru(torch.cat([unique, answer], dim=-1).flatten(0, 1))
        return self.score(torch.cat([u, state.unflatten(0, h_BMTD.shape[:2])], dim=-1))

    def packed_logits(self, h_BKD, context, observed_BMT, packed):
        """The GRU follows the tokens of a window in one row, from step to step and in each from modality to modality:
        in rows of their own, most steps would be those of tokens that are not there."""
        u = torch.relu(self.token(h_BKD)) * packed.seen[..., None]
        answer = self._answer(self.query(u), context.pair_features, observed_BMT, packed)
        unique = packed.take(self.uniqueness(context)).to(answer).expand(h_BKD.shape[0], -1)
        state = self.gru(torch.cat([unique[..., None], answer], dim=-1))
        return self.score(torch.cat([u, state], dim=-1))

    def uniqueness(self, context: InteractionContext) -> torch.Tensor:
        """One number for the uniqueness of each token (B', M, T): what its modality tells and no partner does."""
        return context.unique_to_all()

    def _attend(self, q_BMTA: torch.Tensor, pairs: torch.Tensor, observed_BMT: torch.Tensor) -> torch.Tensor:
        """Answers (B, M, T, A) of partners j to tokens (m, t); `pairs` is (B', M, M, T, 4).

        Keys and values are linear in the four features of a pair, so the features are weighed instead: of
        numbers for every pair there are 4 and not A. A bias of keys would be the same for all partners and
        fall out of the softmax.
        """
        n_own, n_m = pairs.shape[:2]
        # G windows share one table of pairs: all B, or each has its own; the axes are those of the products
        table_CMTJF = pairs.to(q_BMTA).transpose(2, 3)
        share = (n_own, q_BMTA.shape[0] // n_own)
        asked = q_BMTA @ self.key.weight / self.query.out_features**0.5
        scores_CMTGJ = asked.unflatten(0, share).movedim(1, 3) @ table_CMTJF.mT
        hidden_CTGJ = ~observed_BMT.unflatten(0, share).permute(0, 3, 1, 2)
        itself = torch.eye(n_m, dtype=torch.bool, device=pairs.device)[:, None, None]
        weights = torch.softmax(scores_CMTGJ.masked_fill(hidden_CTGJ[:, None] | itself, HIDDEN), dim=-1)
        atoms_BMTF = (weights @ table_CMTJF).movedim(3, 1).flatten(0, 1)
        partners_BMT = observed_BMT.sum(1, keepdim=True) - observed_BMT.long()
        return self.value(atoms_BMTF) * (partners_BMT > 0)[..., None]

    def _answer(
        self, q_BKA: torch.Tensor, pairs: torch.Tensor, observed_BMT: torch.Tensor, packed: Packed
    ) -> torch.Tensor:
        """Answers (B, K, A) of all observed partners to packed tokens, whether these are worked on or not."""
        # products of so many small matrices take longer than their numbers one by one
        table_BKFJ = packed.take(pairs.to(q_BKA).permute(0, 1, 3, 4, 2))
        asked = q_BKA @ self.key.weight / self.query.out_features**0.5
        scores_BKJ = (table_BKFJ * asked[..., None]).sum(2)
        itself = packed.modality[..., None] == torch.arange(pairs.shape[1], device=pairs.device)
        partners_BKJ = observed_BMT.transpose(1, 2).gather(
            1, packed.step[..., None].expand(-1, -1, pairs.shape[1])
        )
        partners_BKJ = partners_BKJ & ~itself
        weights = torch.softmax(scores_BKJ.masked_fill(~partners_BKJ, HIDDEN), dim=-1)
        atoms_BKF = (table_BKFJ * weights[:, :, None]).sum(-1)
        return self.value(atoms_BKF) * partners_BKJ.any(-1, keepdim=True)


class PublishedRouter(InteractionRouter):
    """The same with the widths and the uniqueness of the paper's public code: unique against any one partner."""

    def __init__(
        self,
        width: int,
        num_experts: int,
        *,
        token_width: int = 64,
        attention_width: int = 32,
        gru_width: int = 64,
    ):
        super().__init__(
            width,
            num_experts,
            token_width=token_width,
            attention_width=attention_width,
            gru_width=gru_width,
        )

    def uniqueness(self, context: InteractionContext) -> torch.Tensor:
        return context.unique_to_any()


ROUTERS = Registry(
    "router",
    {
        "interaction": InteractionRouter,
        "published": PublishedRouter,
        "softmax": SoftmaxRouter,
        "laplace": LaplaceRouter,
        "uniform": UniformRouter,
    },
    nn.Module,
)
