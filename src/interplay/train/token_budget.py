"""The budget "auto": the smallest share of tokens under which held-out training entities lose nothing.

Letters: n held-out windows, C outputs.
"""

from itertools import accumulate

import torch

from interplay.data import Windows
from interplay.errors import InvalidInput
from interplay.nn.config import AUTO
from interplay.progress import Progress
from interplay.readers.scoring import loss_of_windows
from interplay.train.levels import in_standard_errors, of_entities
from interplay.train.network import HeldOutLogits, Train, Trained, held_out_rows
from interplay.train.recipe import Recipe

BUDGETS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Shares that "auto" tries, the smallest first, against all tokens."""

STANDARD_ERRORS = 1.0
"""A budget may lose so much on held-out entities: what is less cannot be told from nothing."""


def check_budget(recipe: Recipe, train: Windows, seed: int) -> None:
    """Refuse to look for a budget where nothing would be held out to judge it by."""
    trained = recipe.readers.network or not recipe.readers.any
    if recipe.model.token_budget != AUTO or not trained:
        return
    if not len(held_out_rows(train, recipe.optimiser.held_out, seed)[1]):
        raise InvalidInput(
            f"model.token_budget {AUTO!r} must have windows that are held out, to see what is lost; optimiser.held_out "
            f"is {recipe.optimiser.held_out:g}, of {len(train)} windows of {len(train.entities)} entities. Hold some "
            "out, or give a share, such as 0.25."
        )


def train_within_budget(
    recipe: Recipe, train: Train, kind: str, progress: Progress
) -> tuple[Recipe, Trained]:
    """Train a network, under "auto" several, of which the one with the smallest budget is taken that loses nothing.

    The whole budget is trained first. Smaller ones follow, from the smallest on, until entities that were held out lose
    no more by one than `STANDARD_ERRORS` of their mean loss; where none does so well, it is all tokens.

    Returns
    -------
    recipe : Recipe, its budget a number
    trained : Trained
    """
    if recipe.model.token_budget != AUTO:
        return recipe, train(recipe, progress)
    ends = [end / (1.0 + sum(BUDGETS)) for end in accumulate((1.0, *BUDGETS))]
    of_all = recipe.with_model(token_budget=1.0)
    whole = train(of_all, lambda done: progress(ends[0] * done))
    assert whole.apart is not None
    for budget, start, end in zip(BUDGETS, ends, ends[1:], strict=False):
        of_some = recipe.with_model(token_budget=budget)
        some = train(of_some, lambda done, start=start, end=end: progress(start + (end - start) * done))
        assert some.apart is not None
        if loses_nothing(whole.apart, some.apart, kind):
            progress(1.0)
            return of_some, some
    return of_all, whole


def loses_nothing(whole: HeldOutLogits, some: HeldOutLogits, kind: str) -> bool:
    """Whether the loss of held-out entities rises by no more than `STANDARD_ERRORS` of its mean rise."""
    losses = [loss_of_windows(one.logits.double(), one.y, kind) for one in (whole, some)]
    gain = of_entities(losses[0] - losses[1], torch.from_numpy(whole.entity))
    return in_standard_errors(gain) >= -STANDARD_ERRORS
