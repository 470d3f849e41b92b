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
from interplay.train.batches import ScaledWindows
from interplay.train.checkpoint import KeepState, PlainStates, Unfinished, training_key
from interplay.train.held_out import HeldOut, logits_of
from interplay.train.module import EpochLog, GuidedTraining, TrainingBatches, count_epochs, count_steps
from interplay.train.recipe import Recipe
from interplay.train.target_kinds import TARGETS
from interplay.train.trackers import JsonLines, Tracker

MOST_SHARE = 1.5
"""Logits of the network count at most so much beside those of readers."""

CLEARLY = 2.0
"""Standard errors that held-out entities must gain for the network to count."""

FEW_ENTITIES = 3
"""Fewer held-out entities than this say nothing of how far they differ; windows do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """How long to train, and what comes of it.

    Attributes
    ----------
    epochs : int
    curve : loss on held-out windows by epoch
    share : what the network counts beside readers; 0 where held-out entities do not clearly gain from it
    """

    epochs: int
    curve: dict[int, float]
    share: float


def train_network(
    model: Model,
    recipe: Recipe,
    windows: ScaledWindows,
    *,
    seed: int,
    trackers: Sequence[Tracker],
    out: Path | None,
    progress: Progress,
) -> tuple[list[dict[str, float]], float, Unfinished | None]:
    """Train a model in place.

    Returns
    -------
    log : one mapping per epoch; only held-out losses of a network that is left out
    share : what the network counts beside readers; of 0 it is not trained to the end
    unfinished : where the training stands on disk, if it does
    """
    length = None
    if recipe.optimiser.held_out:
        length = search_length(model, recipe, windows, seed, out, lambda done: progress(0.5 * done))
    if length is not None and length.share == 0.0:
        return [{"epoch": epoch, "held_out_loss": loss} for epoch, loss in length.curve.items()], 0.0, None
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
    return log.epochs, 1.0 if length is None else length.share, unfinished


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
    return Length(epochs=look.best.epoch, curve=look.best.curve, share=share_of_network(look.model, apart))


def share_of_network(model: Model, apart: ScaledWindows) -> float:
    """What the network counts beside readers, by windows that neither learned from; 1 without readers.

    It is 0 unless the mean gain of held-out entities is above `CLEARLY` standard errors: a network that only might help
    is left out, for it can as well harm.
    """
    logits, read, y = logits_of(model, apart)
    if read is None:
        return 1.0
    kind = apart.windows.kind

    def losses(share: torch.Tensor | float) -> torch.Tensor:
        return loss_of_windows(read.double() + share * logits.double(), y, kind)

    best = minimised(lambda share: losses(share).mean(), torch.tensor(1.0))[0].clamp(0.0, MOST_SHARE)
    gain = losses(0.0) - losses(best)
    entity = torch.from_numpy(np.unique(apart.windows.entity, return_inverse=True)[1])
    counts = torch.bincount(entity)
    if len(counts) >= FEW_ENTITIES:
        gain = torch.zeros(len(counts), dtype=gain.dtype).index_add_(0, entity, gain) / counts
    return float(best) if gain.mean() > CLEARLY * gain.std() / len(gain) ** 0.5 else 0.0


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
