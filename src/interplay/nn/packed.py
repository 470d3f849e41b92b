"""Some tokens of each window, packed side by side, and where in the window each comes from.

Letters: B windows, B' 1 or B, M modalities, T steps, K tokens of a window that are worked on.
"""

from dataclasses import dataclass

import torch

from interplay.types import Routing


@dataclass(frozen=True, slots=True)
class Packed:
    """Which tokens of a batch of windows are worked on; as many in each window.

    Attributes
    ----------
    place : (B, K) int64, t M + m of step t and modality m: ascending, those of unobserved tokens last
    seen : (B, K) bool, whether the token is observed; a window may have fewer than K
    modalities, steps : M and T
    """

    place: torch.Tensor
    seen: torch.Tensor
    modalities: int
    steps: int

    @property
    def modality(self) -> torch.Tensor:
        """(B, K)."""
        return self.place % self.modalities

    @property
    def step(self) -> torch.Tensor:
        """(B, K)."""
        return self.place // self.modalities

    def take(self, x: torch.Tensor) -> torch.Tensor:
        """Of a table (B', M, T, ...) what stands at these tokens, (B, K, ...)."""
        rows = x.transpose(1, 2).flatten(1, 2)
        if rows.shape[0] == 1:
            return rows[0][self.place]
        place = self.place.view(*self.place.shape, *[1] * (rows.ndim - 2))
        return rows.gather(1, place.expand(-1, -1, *rows.shape[2:]))

    def lay(self, x: torch.Tensor) -> torch.Tensor:
        """What tokens (B, K, ...) hold, back at their places in a table (B, M, T, ...) that is 0 elsewhere."""
        place = self.place.view(*self.place.shape, *[1] * (x.ndim - 2)).expand_as(x)
        table = x.new_zeros(x.shape[0], self.steps * self.modalities, *x.shape[2:])
        return table.scatter(1, place, x).unflatten(1, (self.steps, self.modalities)).transpose(1, 2)

    @property
    def observed(self) -> torch.Tensor:
        """(B, M, T) bool: the tokens that are worked on."""
        return self.lay(self.seen)

    def among_steps(self) -> torch.Tensor:
        """(B, K, K) bool: whether the second may be seen by the first, being of the same modality."""
        return (self.modality[:, :, None] == self.modality[:, None]) & self.seen[:, None]

    def among_modalities(self) -> torch.Tensor:
        """(B, K, K) bool: whether the second may be seen by the first, being of the same step."""
        return (self.step[:, :, None] == self.step[:, None]) & self.seen[:, None]

    def of_pairs(self, table: torch.Tensor) -> torch.Tensor:
        """Of a table (B', M, M, T) what stands at the modalities of two tokens and the step of the first, (B, K, K)."""
        partners = self.take(table.transpose(2, 3))
        return partners.gather(2, self.modality[:, None].expand(-1, partners.shape[1], -1))

    def routing_of_all(self, routing: Routing) -> Routing:
        """The routing of tokens (B, K, 1) at their places (B, M, T); tokens that were not routed are unobserved."""
        return Routing(
            logits=self.lay(routing.logits[:, :, 0]),
            log_probs=self.lay(routing.log_probs[:, :, 0]),
            expert_ids=self.lay(routing.expert_ids[:, :, 0]),
            expert_weights=self.lay(routing.expert_weights[:, :, 0]),
            observed=self.lay(routing.observed[:, :, 0]),
            synergy_experts=routing.synergy_experts,
        )
