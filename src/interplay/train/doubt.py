"""The context "auto": a profile guides, unless held-out training entities lose less without it.

A profile of other people, of another protocol or of chance can mislead. Whether it does is seen where nobody learned.
"""

from interplay.nn.config import AUTO, NONE, PROFILE
from interplay.progress import Progress
from interplay.readers.scoring import mean_nats
from interplay.train.network import Train, Trained
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
        recipe.with_model(context=PROFILE), train, kind, lambda done: progress(0.5 * done)
    )
    if guided[1].apart is None:
        return guided
    unguided = train_within_budget(
        recipe.with_model(context=NONE), train, kind, lambda done: progress(0.5 + 0.5 * done)
    )
    assert unguided[1].apart is not None
    with_it, without = (
        mean_nats(one.logits.double(), one.y, kind) for one in (guided[1].apart, unguided[1].apart)
    )
    return unguided if without < with_it else guided
