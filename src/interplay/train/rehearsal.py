"""How long a training will take here: each part of it is begun, stopped after seconds, and seen how far it came."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from interplay.arrays import evenly
from interplay.data import Scaler, Windows, scaled_schema
from interplay.estimators import TemporalRUS
from interplay.nn import build_model, empty_context
from interplay.nn.config import AUTO
from interplay.progress import Progress
from interplay.readers import Folds, View, cross_fit
from interplay.registry import Choice
from interplay.train.batches import ScaledWindows
from interplay.train.devices import random_numbers_apart
from interplay.train.evidence import asked
from interplay.train.network import train_network
from interplay.train.recipe import Recipe
from interplay.train.token_budget import BUDGETS

SECONDS = 4.0
"""After so long a part is stopped, at the next thing that it has finished."""

FEW = 300
"""Windows, thinned evenly, by which readers are timed; their time grows with windows."""


class _Enough(Exception):
    """How far the work came is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """Seconds that each part of a training is expected to take; 0 for a part that there is none of.

    Attributes
    ----------
    interactions_s, readers_s : float, s
    network_s : float, s
        At most: a network is stopped where held-out entities gain no more.
    """

    interactions_s: float
    readers_s: float
    network_s: float

    @property
    def total_s(self) -> float:
        """All parts, s."""
        return self.interactions_s + self.readers_s + self.network_s

    def sentence(self) -> str:
        """The same in words, and how it is known."""
        parts = [
            f"{name} {in_words(seconds)}"
            for name, seconds in (
                ("interactions", self.interactions_s),
                ("readers", self.readers_s),
                ("network at most", self.network_s),
            )
            if seconds
        ]
        return (
            f"About {in_words(self.total_s)} on this machine, as busy as it is now: {', '.join(parts)}. Each part was "
            "begun and stopped after seconds; it will take as long as its progress says, give or take half."
        )


def rehearse(windows: Windows, recipe: Recipe, estimator: TemporalRUS | None) -> Rehearsal:
    """Begin each part of a training.

    Parameters
    ----------
    windows : Windows
        Of the training entities.
    recipe : Recipe
    estimator : TemporalRUS or None
        What would measure interactions first, if they are not known.
    """
    recipe, interactions = recipe.for_windows(len(windows)), 0.0
    if estimator is not None:
        interactions = timed(lambda tell: estimator.set_params(progress=tell).fit(windows))
    network = 0.0
    if recipe.readers.network:
        network = timed(lambda tell: _train(windows, recipe, tell))
        if recipe.model.token_budget == AUTO:
            # every share that may be tried takes about as much of the time
            network *= 1.0 + sum(BUDGETS)
        if recipe.model.context == AUTO:
            network *= 2.0
    return Rehearsal(interactions_s=interactions, readers_s=_readers_s(windows, recipe), network_s=network)


def timed(
    work: Callable[[Progress], object],
    *,
    most_s: float = SECONDS,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Seconds that some work takes, from its progress when it was stopped; all of it where it was done before."""
    started = clock()
    expected = 0.0

    def tell(done: float) -> None:
        nonlocal expected
        if done > 0 and clock() - started > most_s:
            expected = (clock() - started) / done
            raise _Enough

    try:
        work(tell)
    except _Enough:
        return expected
    return clock() - started


def _readers_s(windows: Windows, recipe: Recipe) -> float:
    """Of every kind of reader one is fitted, in as many folds as all will be, to few windows."""
    few = windows.select(evenly(len(windows), FEW))
    folds = Folds.at_most(few, recipe.readers.folds)
    if folds is None:
        return 0.0
    scaler = Scaler.fit(few)

    def fit_one(choice: Choice, view: View) -> None:
        cross_fit(choice, [view], few, scaler, folds)

    kinds = asked(recipe.readers, windows.schema, None)
    of_one = [timed(lambda _, one=(choice, views[0]): fit_one(*one)) * len(views) for choice, views in kinds]
    return sum(of_one) * len(windows) / len(few)


def _train(windows: Windows, recipe: Recipe, tell: Progress) -> None:
    schema = scaled_schema(windows.schema)
    with random_numbers_apart(recipe.devices):
        recipe = recipe.with_model(token_budget=1.0) if recipe.model.token_budget == AUTO else recipe
        network = build_model(schema, recipe.model, empty_context(len(schema.modalities), schema.steps))
        scaled = ScaledWindows(windows, Scaler.fit(windows), None, each_step=recipe.model.each_step)
        train_network(network, recipe, scaled, seed=0, trackers=(), folder=None, progress=tell)


def in_words(seconds: float) -> str:
    """A time of two digits in the unit that suits it."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
