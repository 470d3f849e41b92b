"""Contexts, windows and models, small and random, that the tests of `nn` share."""

import torch

from interplay.nn import InteractionContext, InteractionMoE, ModelConfig, route
from interplay.types import Schema

SHAPES = {"acc": (1, 3), "ecg": (8, 2), "resp": (8, 2), "pulse": (1, 3)}
"""Those of one shape are encoded together, so that tokens have to be put back in order."""


def random_context(n_m: int, n_t: int, seed: int = 0, n_b: int = 1) -> InteractionContext:
    """Atoms in [0, 1), about a third of them 0, symmetric where they must be, diagonal 0."""
    generator = torch.Generator().manual_seed(seed)
    atoms = torch.rand(3, n_b, n_m, n_m, n_t, generator=generator)
    atoms = atoms * (torch.rand(3, n_b, n_m, n_m, n_t, generator=generator) > 0.3)
    r, u, s = atoms * ~torch.eye(n_m, dtype=torch.bool)[..., None]
    return InteractionContext(
        redundancy=torch.maximum(r, r.transpose(1, 2)), unique=u, synergy=torch.maximum(s, s.transpose(1, 2))
    )


def random_windows(shapes, n: int, n_t: int, seed: int = 0):
    """Windows x[name] (n, T, r, d) and observed (n, M, T), about a third of it False."""
    generator = torch.Generator().manual_seed(seed)
    x = {name: torch.randn(n, n_t, r, d, generator=generator) for name, (r, d) in shapes.items()}
    return x, torch.rand(n, len(shapes), n_t, generator=generator) > 0.3


def random_routing(shape, n_experts: int, top_k: int, synergy_experts: int, seed: int = 0, *, p_hidden=0.3):
    """Routing of random logits for tokens of `shape` (B, M, T)."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(*shape, n_experts, generator=generator)
    observed = torch.rand(shape, generator=generator) >= p_hidden
    return route(logits, observed, top_k, synergy_experts)


def schema_of(shapes, n_t: int) -> Schema:
    return Schema(shapes=shapes, steps=n_t, step_s=0.5, classes=("rest", "walk", "run"))


def small_model(shapes, n_t: int, context: InteractionContext, seed: int = 0, **config) -> InteractionMoE:
    """Model in evaluation mode, its weights drawn from the seed."""
    config = {"width": 16, "heads": 2, "num_experts": 4, "synergy_experts": 2, "expert_width": 16, **config}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return InteractionMoE(schema_of(shapes, n_t), ModelConfig(**config), context).eval()
