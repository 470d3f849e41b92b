"""Training of the network: how long, by held-out entities; then on all windows."""

import copy
import logging
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException

from interplay.nn import Model
from interplay.progress import Progress
from interplay.readers import Folds
from interplay.readers.scoring import loss_of_windows, minimised
from interplay.train.batches import ScaledWindows, TrainingBatches
from interplay.train.checkpoint import KeepState, PlainStates, Unfinished, training_key
from interplay.train.held_out import HeldOut, logits_of
from interplay.train.module import EpochLog, GuidedTraining, count_epochs, count_steps
from interplay.train.recipe import Recipe
from interplay.train.target_kinds import TARGETS
from interplay.train.trackers import JsonLines, Tracker

SHARE_SHRINKAGE = 0.1
"""Nats that the share of readers or network costs which is 1 away from where it begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """How long to train, and what comes of it.

    Attributes
    ----------
    epochs : int
    curve : loss on held-out windows by epoch
    shares : (2,) what readers and network count in the sum of their logits
    """

    epochs: int
    curve: dict[int, float]
    shares: torch.Tensor


def train_network(
    model: Model,
    recipe: Recipe,
    windows: ScaledWindows,
    *,
    seed: int,
    trackers: Sequence[Tracker],
    out: Path | None,
    progress: Progress,
) -> tuple[EpochLog, torch.Tensor, Unfinished | None]:
    """Train a model in place.

    Returns
    -------
    log : EpochLog
    shares : (2,) what readers and network count
    unfinished : where the training stands on disk, if it does
    """
    length = None
    if recipe.optimiser.held_out:
        length = search_length(model, recipe, windows, seed, out, lambda done: progress(0.5 * done))
    before = 0.0 if length is None else 0.5
    batches = TrainingBatches(windows, recipe.optimiser.batch_size, seed)
    unfinished = None if out is None else Unfinished(out, training_key(model, recipe, batches))
    if unfinished is not None:
        trackers = [JsonLines(unfinished.log), *trackers]
    train = windows.windows
    epochs = count_epochs(len(train), recipe) if length is None else length.epochs
    log = EpochLog(
        lambda done: progress(before + (1.0 - before) * done),
        count_steps(len(train), epochs, recipe),
        trackers,
        {**recipe.to_dict(), "seed": seed, "windows": len(train), "entities": len(train.entities)},
        {} if length is None else length.curve,
    )
    run_training(model, recipe, batches, epochs, [log], unfinished)
    return log, torch.ones(2) if length is None else length.shares, unfinished


def search_length(
    model: Model, recipe: Recipe, windows: ScaledWindows, seed: int, out: Path | None, progress: Progress
) -> Length | None:
    """Train a copy on a part of the entities, and look at the others; None where none can be held out."""
    train = windows.windows
    folds = Folds.at_most(train, max(2, round(1.0 / recipe.optimiser.held_out)), seed=seed)
    if folds is None:
        return None
    part = windows.select(np.flatnonzero(folds.fitted[0]))
    apart = windows.select(np.flatnonzero(folds.fold == 0))
    trial = copy.deepcopy(model)
    batches = TrainingBatches(part, recipe.optimiser.batch_size, seed)
    unfinished = None if out is None else Unfinished(out, training_key(trial, recipe, batches))
    epochs = count_epochs(len(part), recipe)
    steps = count_steps(len(part), epochs, recipe)
    look = HeldOut(apart, copy.deepcopy(model), epochs, steps)
    with torch.random.fork_rng():
        log = EpochLog(progress, steps, [], {})
        run_training(trial, recipe, batches, epochs, [log, look], unfinished)
    look.model.load_state_dict(look.best.weights)
    return Length(epochs=look.best.epoch, curve=look.best.curve, shares=shares(look.model, apart))


def shares(model: Model, apart: ScaledWindows) -> torch.Tensor:
    """(2,) what readers and network count, by windows that neither learned from, shrunk to (1, 1)."""
    logits, read, y = logits_of(model, apart)
    if read is None:
        return torch.ones(2)
    kind, fixed = apart.windows.kind, torch.stack([read, logits]).double()

    def loss(share: torch.Tensor) -> torch.Tensor:
        of_windows = loss_of_windows(torch.einsum("s,snc->nc", share, fixed), y, kind).mean()
        return of_windows + SHARE_SHRINKAGE * (share - 1.0).square().sum()

    return minimised(loss, torch.ones(2))[0].clamp_min(0.0).float()


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
        trainer = pl.Trainer(
            max_epochs=epochs,
            gradient_clip_val=recipe.optimiser.clip_norm,
            callbacks=[*callbacks, *([] if unfinished is None else [KeepState(unfinished.state)])],
            plugins=[PlainStates()],
            logger=False,
            enable_checkpointing=unfinished is not None,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        windows = batches.windows.windows
        steps = count_steps(len(windows), epochs, recipe)
        training = GuidedTraining(model, TARGETS[windows.kind], recipe, steps)
        begun = unfinished is not None and unfinished.state.is_file()
        trainer.fit(
            training, datamodule=batches, ckpt_path=unfinished.state if unfinished and begun else None
        )


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
    """Its banners about hardware and its advice on workers, which batches cut from views do not need."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pytorch_lightning")
            yield
    finally:
        logger.setLevel(level)
