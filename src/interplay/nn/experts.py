"""Experts: feed-forward networks with stacked parameters, some of which combine the tokens of a step first.

Tokens go to experts as assignments sorted by expert; none is dropped. `DenseExperts` is the same function with plain
products, for runtimes that know no grouped ones.
Letters: N tokens, K chosen experts, A = N K assignments, R of them that may be to synergy experts, E experts, S synergy
experts, D width, F expert width; B, M, T as everywhere.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.attention import HIDDEN, hide
from interplay.nn.grouped import grouped_matmul
from interplay.nn.packed import Packed
from interplay.types import Routing


@dataclass(frozen=True, slots=True)
class Assignments:
    """Assignments sorted by expert; those of unobserved tokens come last and belong to none.

    Attributes
    ----------
    token : (A,) int64
    expert : (A,) int64, E for unobserved tokens
    weight : (A,) float32, 0 for unobserved tokens
    ends : (E,) int32, where the rows of each expert end
    top_k : K
    """

    token: torch.Tensor
    expert: torch.Tensor
    weight: torch.Tensor
    ends: torch.Tensor
    top_k: int


def sort_by_expert(routing: Routing) -> Assignments:
    """Assignments of a routing, sorted by expert; tokens in order within each."""
    n_experts, top_k = routing.logits.shape[-1], routing.expert_ids.shape[-1]
    expert = routing.expert_ids.masked_fill(~routing.observed[..., None], n_experts).flatten()
    expert, order = torch.sort(expert, stable=True)
    ends = torch.searchsorted(expert, torch.arange(n_experts, device=expert.device), right=True)
    weight = routing.expert_weights.flatten()[order]
    return Assignments(order // top_k, expert, weight, ends.to(torch.int32), top_k)


class FeedForwardExperts(nn.Module):
    """E two-layer networks with stacked parameters."""

    def __init__(self, num_experts: int, width: int, expert_width: int):
        super().__init__()
        self.up = _stacked(num_experts, width, expert_width)
        self.down = _stacked(num_experts, expert_width, width)

    def forward(self, x_AD: torch.Tensor, ends_E: torch.Tensor) -> torch.Tensor:
        """Outputs (A, D) of inputs that are sorted by expert."""
        hidden = nn.functional.gelu(grouped_matmul(x_AD, self.up, ends_E))
        return grouped_matmul(hidden, self.down, ends_E)


class SynergyAttention(nn.Module):
    """For each synergy expert, attention among the tokens of one sample and step that are routed to it."""

    def __init__(self, num_experts: int, width: int):
        super().__init__()
        self.qkv = _stacked(num_experts, width, 3 * width)
        self.out = _stacked(num_experts, width, width)

    def forward(
        self, x_RD: torch.Tensor, slot_R: torch.Tensor, ends_S: torch.Tensor, shape, apart=None
    ) -> torch.Tensor:
        """What attention adds to the rows of synergy experts, (R, D); 0 in rows past the last end.

        `slot_R` numbers each row's place in a table of `shape` (S, B, T, M), or is S B T M where the row is
        past the last end. Rows are laid into the table, attend over M to members of the same expert, and
        are read back. `apart` (B, T, M, M), if given, is added to the logits.
        """
        size = math.prod(shape)
        qkv = grouped_matmul(x_RD, self.qkv, ends_S)
        # one slot more than the table has takes the rows past the end, so that no shape depends on the routing
        table = qkv.new_zeros(size + 1, qkv.shape[1]).index_copy_(0, slot_R, qkv)[:-1]
        member = torch.zeros(size + 1, dtype=torch.bool, device=x_RD.device).index_fill_(0, slot_R, True)[:-1]
        q, k, v = table.view(*shape, -1).chunk(3, dim=-1)
        bias = hide(member.view(shape), qkv.dtype)[..., 0, :, :]
        bias = bias if apart is None else bias + apart
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias).flatten(0, -2)
        return grouped_matmul(mixed.index_select(0, slot_R.clamp(max=size - 1)), self.out, ends_S)


class Experts(nn.Module):
    """All experts of one layer: the first S combine the tokens of a step before they feed forward.

    Any widths work; those whose rows take whole multiples of 16 bytes (4 numbers of float32, 8 of bfloat16)
    are fast, see `interplay.nn.grouped.grouped_matmul`.

    Parameters
    ----------
    num_experts : int
        E.
    synergy_experts : int
        S, from 0 to E.
    width, expert_width : int
        D and F.

    Raises
    ------
    InvalidInput
        If a size is out of its range, or if a routing is of other experts.
    """

    def __init__(self, num_experts: int, synergy_experts: int, width: int, expert_width: int):
        super().__init__()
        for name, size in (("num_experts", num_experts), ("width", width), ("expert_width", expert_width)):
            if size < 1:
                raise InvalidInput(f"{name} must be at least 1; got {size}. Give every layer a size.")
        if not 0 <= synergy_experts <= num_experts:
            raise InvalidInput(
                f"synergy_experts must be between 0 and num_experts ({num_experts}); got {synergy_experts}. "
                "They are the first of the experts, not further ones."
            )
        self.num_experts, self.synergy_experts = num_experts, synergy_experts
        self.feed_forward = FeedForwardExperts(num_experts, width, expert_width)
        self.synergy = SynergyAttention(synergy_experts, width) if synergy_experts else None

    def forward(self, h_BMTD: torch.Tensor, routing: Routing, packed: Packed | None = None) -> torch.Tensor:
        """Weighted sum over the chosen experts, (B, M, T, D); 0 for unobserved tokens, which are not read.

        Packed tokens are given as (B, K, 1, D), with where they come from.
        """
        self._check(routing)
        rows = sort_by_expert(routing)
        h_ND = h_BMTD.flatten(0, 2)
        x_AD = h_ND.index_select(0, rows.token)
        if self.synergy is not None:
            x_AD = _combined(self.synergy, x_AD, rows, Meetings.of(h_BMTD.shape[:3], packed, h_BMTD.device))
        y_AD = self.feed_forward(x_AD, rows.ends)
        y_AD = y_AD * rows.weight[:, None].to(y_AD.dtype)
        return torch.zeros_like(h_ND, dtype=y_AD.dtype).index_add(0, rows.token, y_AD).view_as(h_BMTD)

    def _check(self, routing: Routing) -> None:
        got = (routing.logits.shape[-1], routing.synergy_experts)
        if got != (self.num_experts, self.synergy_experts):
            raise InvalidInput(
                f"the routing must be of {self.num_experts} experts, {self.synergy_experts} of them synergy "
                f"experts; got {got[0]} and {got[1]}. Build router and experts with the same sizes."
            )


@dataclass(frozen=True, slots=True)
class Meetings:
    """Where the tokens of a batch stand when those of a step meet.

    Attributes
    ----------
    place : (B, n) int64, of each token within the table of its window
    shape : (B, T, M) of the tables; of few packed tokens (B, 1, K)
    apart : (B, 1, K, K) bias between packed tokens of other steps, or None
    """

    place: torch.Tensor
    shape: tuple[int, int, int]
    apart: torch.Tensor | None = None

    @classmethod
    def of(cls, shape, packed: Packed | None, device: torch.device) -> "Meetings":
        """Of tokens (B, M, T), or of packed ones (B, K, 1)."""
        n_b, n_m, n_t = shape
        if packed is None:
            place = torch.arange(n_t * n_m, device=device).view(n_t, n_m).T.flatten()
            return cls(place.expand(n_b, -1), (n_b, n_t, n_m))
        if n_m**2 <= packed.steps * packed.modalities**2:
            place = torch.arange(n_m, device=device)
            return cls(place.expand(n_b, -1), (n_b, 1, n_m), _apart(packed))
        return cls(packed.place, (n_b, packed.steps, packed.modalities))


def _apart(packed: Packed) -> torch.Tensor:
    return torch.where(packed.among_modalities(), 0.0, HIDDEN)[:, None]


def _combined(
    synergy: SynergyAttention, x_AD: torch.Tensor, rows: Assignments, meetings: Meetings
) -> torch.Tensor:
    """Rows (A, D) with what attention adds to those of synergy experts."""
    n_s, (n_b, n_t, n_m) = len(synergy.qkv), meetings.shape
    # a token is assigned at most once to each synergy expert, and their rows come first
    n_rows = min(n_s, rows.top_k) * meetings.place.numel()
    expert, token = rows.expert[:n_rows], rows.token[:n_rows]
    window = token // meetings.place.shape[1]
    slot = (expert * n_b + window) * (n_t * n_m) + meetings.place.flatten()[token]
    slot = torch.where(expert < n_s, slot, n_s * n_b * n_t * n_m)
    added = synergy(x_AD[:n_rows], slot, rows.ends[:n_s], (n_s, n_b, n_t, n_m), meetings.apart)
    return torch.cat([x_AD[:n_rows] + added, x_AD[n_rows:]])


class DenseExperts(nn.Module):
    """The same function as some `Experts`, whose parameters it shares.

    Parameters
    ----------
    experts : Experts
    """

    def __init__(self, experts: Experts):
        super().__init__()
        self.experts = experts

    def forward(self, h_BMTD: torch.Tensor, routing: Routing, packed: Packed | None = None) -> torch.Tensor:
        """See `Experts.forward`; h must be finite where it is unobserved, too."""
        zeros = torch.zeros_like(routing.logits)
        chosen = zeros.scatter(-1, routing.expert_ids, torch.ones_like(routing.expert_weights))
        member = chosen.bool() & routing.observed[..., None]
        weight = zeros.scatter(-1, routing.expert_ids, routing.expert_weights)
        x = h_BMTD.expand(routing.logits.shape[-1], *h_BMTD.shape)
        if self.experts.synergy is not None:
            n_s = self.experts.synergy_experts
            apart = None if packed is None else _apart(packed)
            members = member[..., :n_s].movedim(-1, 0)
            combined = _combined_densely(self.experts.synergy, h_BMTD, members, apart)
            x = torch.cat([combined, x[n_s:]])
        parts = self.experts.feed_forward
        hidden = nn.functional.gelu(torch.bmm(x.flatten(1, 3), parts.up))
        y = torch.bmm(hidden, parts.down).view(x.shape)
        return (y * weight.movedim(-1, 0)[..., None]).sum(0)


def _combined_densely(
    synergy: SynergyAttention, h_BMTD: torch.Tensor, member_SBMT: torch.Tensor, apart: torch.Tensor | None
) -> torch.Tensor:
    """Tokens (S, B, M, T, D) with what attention among the members of each step adds to them."""
    h = h_BMTD.transpose(1, 2)
    qkv = torch.einsum("btmd,sde->sbtme", h, synergy.qkv)
    q, k, v = qkv.chunk(3, dim=-1)
    bias = hide(member_SBMT.transpose(2, 3), qkv.dtype)[..., 0, :, :]
    bias = bias if apart is None else bias + apart
    mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return (h + torch.einsum("sbtmd,sde->sbtme", mixed, synergy.out)).transpose(2, 3)


def _stacked(count: int, inputs: int, outputs: int) -> nn.Parameter:
    bound = 1.0 / math.sqrt(inputs)
    return nn.Parameter(bound * (2 * torch.rand(count, inputs, outputs) - 1))
