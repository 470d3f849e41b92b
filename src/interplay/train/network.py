"""Training of the network, for as long as held-out entities gain from it."""

import copy
import logging
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException

from interplay.data import Windows
from interplay.nn import Model, Network
from interplay.progress import Progress, silent
from interplay.readers import Folds
from interplay.train.batches import ScaledWindows
from interplay.train.checkpoint import KeepState, Unfinished, training_key
from interplay.train.devices import HandOver, own_callbacks, trainer_options
from interplay.train.held_out import HeldOut
from interplay.train.logits import logits_of
from interplay.train.module import EpochLog, GuidedTraining, TrainingBatches, count_epochs, count_steps
from interplay.train.recipe import Recipe
from interplay.train.target_kinds import TARGETS
from interplay.train.trackers import JsonLines, Tracker


@dataclass(frozen=True, slots=True)
class HeldOutLogits:
    """What a trained network says of windows that it did not learn from.

    Attributes
    ----------
    rows : (n,) int64, which of the training windows
    entity : (n,) int64, whose they are
    logits : (n, C)
    y : (n, ...) their targets, scaled
    """

    rows: np.ndarray
    entity: np.ndarray
    logits: torch.Tensor
    y: torch.Tensor


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network.

    Attributes
    ----------
    network : Network
    log : one mapping per epoch
    apart : HeldOutLogits; None where no windows were held out
    """

    network: Network
    log: list[dict[str, float]]
    apart: HeldOutLogits | None


Train = Callable[[Recipe, Progress], Trained]
"""From a recipe to a network, always from the same first weights."""


def train_network(
    model: Model,
    recipe: Recipe,
    windows: ScaledWindows,
    *,
    seed: int,
    trackers: Sequence[Tracker],
    folder: Path | None,
    progress: Progress,
    worth: Callable[[HeldOutLogits], bool] | None = None,
) -> tuple[list[dict[str, float]], HeldOutLogits | None]:
    """Train a model in place: to where held-out entities lose least, or to the end where none are held out.

    Where it stands is kept in `folder`, if there is one. `worth` says of what the network says of held-out windows on
    the way whether going on can be worth it.

    Returns
    -------
    log : one mapping per epoch
    apart : HeldOutLogits; None where no windows were held out
    """
    learned, rows = held_out_rows(windows.windows, recipe.optimiser.held_out, seed)
    part = windows.select(learned)
    epochs = count_epochs(len(learned), recipe)
    steps = count_steps(len(learned), epochs, recipe)
    entity = windows.windows.entity[rows]
    asked = None if worth is None else lambda logits, y: worth(HeldOutLogits(rows, entity, logits, y))
    look = HeldOut(windows.select(rows), copy.deepcopy(model), epochs, steps, asked) if len(rows) else None
    batches = TrainingBatches(part, recipe.optimiser.batch_size, seed)
    unfinished = None if folder is None else Unfinished(folder, training_key(model, recipe, batches))
    if unfinished is not None:
        trackers = [JsonLines(unfinished.log), *trackers]
    train = windows.windows
    settings = {**recipe.to_dict(), "seed": seed, "windows": len(train), "entities": len(train.entities)}
    # a bar of this process cannot be moved by others
    moved = progress if recipe.devices.processes == 1 else silent
    log = EpochLog(moved, steps, trackers, settings, {} if look is None else look.curve)
    callbacks = [log] if look is None else [look, log]
    run_training(model, recipe, batches, epochs, callbacks, unfinished)
    progress(1.0)
    if look is None:
        return log.epochs, None
    model.load_state_dict(look.best.weights)
    return log.epochs, HeldOutLogits(rows, entity, *logits_of(model, look.windows))


def held_out_rows(train: Windows, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows to learn from, and those to hold out: about a share of the entities; none where they are too few."""
    folds = Folds.at_most(train, max(2, round(1.0 / share)), seed=seed) if share else None
    if folds is None:
        return np.arange(len(train)), np.arange(0)
    return np.flatnonzero(folds.fitted[0]), np.flatnonzero(folds.fold == 0)


def run_training(
    model: Model,
    recipe: Recipe,
    batches: TrainingBatches,
    epochs: int,
    callbacks: Sequence[pl.Callback],
    unfinished: Unfinished | None,
) -> None:
    """Train a model in place for some epochs, which the schedule spans."""
    with _quiet_lightning(), _heard_interruption():
        several = recipe.devices.processes > 1
        handed = [HandOver(callbacks)] if several else []
        # other machines may not see the disk of the first one, and shares of weights are not put together in between
        standing = None if recipe.devices.num_nodes > 1 or recipe.devices.sharded else unfinished
        states = [] if standing is None else [KeepState(standing.state)]
        trainer = pl.Trainer(
            **trainer_options(recipe.devices),
            max_epochs=epochs,
            gradient_clip_val=recipe.optimiser.clip_norm,
            callbacks=[*callbacks, *own_callbacks(recipe.devices), *states, *handed],
            logger=False,
            enable_checkpointing=standing is not None,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        windows = batches.windows.windows
        steps = count_steps(len(windows), epochs, recipe)
        training = GuidedTraining(model, TARGETS[windows.kind], recipe, steps)
        begun = None if standing is None else standing.begun()
        trainer.fit(training, datamodule=batches, ckpt_path=begun)
        for one in handed:
            one.take_over()


@contextmanager
def _heard_interruption() -> Iterator[None]:
    """Ctrl-C as Python has it, for a termination, too: Lightning ends the process, and leaves it deaf to Ctrl-C."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        if not isinstance(stop, SIGTERMException) and not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from None


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Banners about hardware, and advice on workers and views: batches are cut from views that nobody writes to."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pytorch_lightning")
            # nothing that a network returns is changed in place
            warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
