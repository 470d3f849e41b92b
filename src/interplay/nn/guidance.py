"""Guidance of attention and pooling by the context: log(eps + a / a_max) - log(eps).

The log form does not depend on the scale of the atoms, which matters: estimated bits differ from true
ones by constant factors. It is exactly 0 where the atom is 0, so an empty context leaves the model as it
would be without.
"""

import math

import torch

from interplay.nn.context import InteractionContext

EPS = 0.01
TINY = 1e-12


def attention_guidance(context: InteractionContext) -> torch.Tensor:
    """(B', M, M, T) to add to cross-modal attention logits: large where two modalities are synergistic."""
    return _log_share(context.synergy)


def pooling_guidance(context: InteractionContext) -> torch.Tensor:
    """(B', M, T) to add to pooling logits: large where a token takes part in any strong interaction."""
    return _log_share(context.relevance())


def _log_share(atom: torch.Tensor) -> torch.Tensor:
    largest = atom.flatten(1).amax(1).view(-1, *[1] * (atom.ndim - 1))
    raised = torch.log(EPS + atom / largest.clamp_min(TINY)) - math.log(EPS)
    return torch.where(atom > 0, raised, 0.0)
