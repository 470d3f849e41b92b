"""The context "auto": a profile guides, unless held-out training entities lose less without it.

A profile of other people, of another protocol or of chance can mislead. Whether it does is seen where nobody learned.
"""

from dataclasses import replace

from interplay.nn.config import AUTO, NONE, PROFILE
from interplay.progress import Progress
from interplay.readers.scoring import loss_of_windows
from interplay.train.network import HeldOutLogits, Train, Trained
from interplay.train.recipe import Recipe
from interplay.train.token_budget import train_within_budget


def train_with_doubt(recipe: Recipe, train: Train, kind: str, progress: Progress) -> tuple[Recipe, Trained]:
    """Train a network, under "auto" with a profile and without, and take the one with the least held-out loss.

    Where no windows can be held out, the profile is believed.

    Returns
    -------
    recipe : Recipe, its context and its budget decided
    trained : Trained
    """
    if recipe.model.context != AUTO:
        return train_within_budget(recipe, train, kind, progress)
    guided = train_within_budget(
        with_context(recipe, PROFILE), train, kind, lambda done: progress(0.5 * done)
    )
    if guided[1].apart is None:
        return guided
    unguided = train_within_budget(
        with_context(recipe, NONE), train, kind, lambda done: progress(0.5 + 0.5 * done)
    )
    assert unguided[1].apart is not None
    return unguided if loss(unguided[1].apart, kind) < loss(guided[1].apart, kind) else guided


def with_context(recipe: Recipe, level: str) -> Recipe:
    """The same recipe with another context."""
    return replace(recipe, model=replace(recipe.model, context=level))


def loss(apart: HeldOutLogits, kind: str) -> float:
    """Mean loss of held-out windows, nats."""
    return float(loss_of_windows(apart.logits.double(), apart.y, kind).mean())
