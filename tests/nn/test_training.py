"""Gradients of a training step, and a small problem that guidance in attention and pooling solves."""

import pytest
import torch

from interplay.nn import InteractionContext
from small_models import SHAPES, random_context, random_windows, small_model

STEPS = 4
CONTEXT = random_context(len(SHAPES), STEPS)


def step(model, x, observed):
    """Gradients of a cross-entropy, by name."""
    y = torch.arange(len(observed)) % 3
    torch.nn.functional.cross_entropy(model(x, observed).logits, y).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


SHIFT_FREE = {"pooling.score.bias"}
"""A constant added to everything under a softmax changes nothing: the gradient is 0 up to rounding."""


def idle(gradients) -> set[str]:
    # rounding left 3e-9 in the constant shifts; the least of the others was 6e-7
    return {name for name, grad in gradients.items() if grad.abs().max() < 5e-8}


@pytest.mark.parametrize("router", ["interaction", "softmax", "laplace"])
def test_every_parameter_of_a_guided_model_learns(router):
    # a seed whose untrained routers send tokens to every expert
    model = small_model(SHAPES, STEPS, CONTEXT, seed=1, router=router, layers=3, moe_every=2)
    x, observed = random_windows(SHAPES, 32, STEPS)
    observed[:2] = False
    gradients = step(model.train(), x, observed)
    assert all(torch.isfinite(grad).all() for grad in gradients.values())
    assert all(name.endswith(tuple(SHIFT_FREE)) for name in idle(gradients))


def test_without_guidance_its_weights_stand_still():
    model = small_model(SHAPES, STEPS, CONTEXT, guided=False)
    gradients = step(model.train(), *random_windows(SHAPES, 32, STEPS))
    gammas = {name for name in gradients if name.endswith("gamma")}
    assert len(gammas) == 3
    assert not any(gradients[name].any() for name in gammas)
    assert all(name.endswith(tuple(SHIFT_FREE)) for name in idle(gradients) - gammas)


@pytest.mark.parametrize("hidden", ["modality", "window", "step", "all but one token", "all"])
def test_gradients_stay_finite_when_much_is_unobserved(hidden):
    x, observed = random_windows(SHAPES, 6, STEPS)
    if hidden == "modality":
        observed[:, 1] = False
    elif hidden == "window":
        observed[2] = False
    elif hidden == "step":
        observed[:, :, -1] = False
    else:
        observed[:] = False
        observed[0, 0, 0] = hidden == "all but one token"
    x = {
        name: torch.where(observed[:, m, :, None, None], v, torch.nan)
        for m, (name, v) in enumerate(x.items())
    }
    for name, grad in step(small_model(SHAPES, STEPS, CONTEXT).train(), x, observed).items():
        assert grad is None or torch.isfinite(grad).all(), name


N_M, N_T = 4, 5
FIRST, SECOND, WHEN = 0, 2, 2


def xor_windows(n: int, seed: int):
    """y = whether the signs of two modalities agree at one step; all other tokens are noise."""
    generator = torch.Generator().manual_seed(seed)
    z = 2.0 * torch.randint(0, 2, (n, N_M, N_T), generator=generator) - 1.0
    values = z[..., None] * torch.tensor([1.5, -1.5]) + torch.randn(n, N_M, N_T, 2, generator=generator)
    y = (z[:, FIRST, WHEN] * z[:, SECOND, WHEN] > 0).long()
    return {f"m{m}": values[:, m, :, None] for m in range(N_M)}, torch.ones(n, N_M, N_T, dtype=torch.bool), y


def synergy_of(i: int, j: int, t: int) -> InteractionContext:
    nothing, synergy = torch.zeros(2, 1, N_M, N_M, N_T)
    synergy[0, i, j, t] = synergy[0, j, i, t] = 1.0
    return InteractionContext(redundancy=nothing, unique=nothing, synergy=synergy)


def accuracy_after_training(context: InteractionContext) -> float:
    """Accuracy in 400 new windows after 8 passes over 600 others."""
    shapes = {f"m{m}": (1, 2) for m in range(N_M)}
    model = small_model(shapes, N_T, context, layers=1, dropout=0.0).train()
    x, seen, y = xor_windows(600, seed=0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(8):
        for rows in torch.randperm(600, generator=generator).split(50):
            logits = model({name: values[rows] for name, values in x.items()}, seen[rows]).logits
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, y[rows]).backward()
            optimiser.step()
    x, seen, y = xor_windows(400, seed=1)
    with torch.no_grad():
        found = model.eval()(x, seen).logits.argmax(-1)
    return float((found == y).float().mean())


@pytest.mark.slow
def test_guidance_finds_the_exclusive_or_where_it_points():
    # each sign is told with error Phi(-1.5 sqrt 2) = 0.017, which leaves 0.967 at best; chance is 0.5, and
    # the standard error of 400 windows at most 0.025: the bounds are 14 and 6 of them away from chance
    assert accuracy_after_training(synergy_of(FIRST, SECOND, WHEN)) > 0.85
    # pointed elsewhere it sees little of it: it is the pointing that finds it, not the model
    assert accuracy_after_training(synergy_of(1, 3, N_T - 1)) < 0.65
