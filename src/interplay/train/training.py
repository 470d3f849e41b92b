"""fit: from training windows and a profile to a run."""

import logging
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException

from interplay.data import Scaler, SplitManifest, Windows, describe_split, scaled_schema
from interplay.data.check import check_trainable
from interplay.data.doubts import doubts_of_steps
from interplay.data.warn import warn_of_data
from interplay.errors import InvalidInput
from interplay.nn import (
    InteractionContext,
    Model,
    build_model,
    empty_context,
    interaction_context,
)
from interplay.profile import InteractionProfile
from interplay.progress import Progress, shown
from interplay.train.batches import ScaledWindows
from interplay.train.checkpoint import KeepState, PlainStates, Unfinished, training_key
from interplay.train.module import EpochLog, GuidedTraining, TrainingBatches, count_steps
from interplay.train.recipe import Recipe, make_recipe
from interplay.train.run import Run
from interplay.train.run_folder import TrainingData, check_run_folder
from interplay.train.target_kinds import TARGETS
from interplay.train.trackers import JsonLines, Tracker, make_trackers
from interplay.train.window_contexts import window_contexts


def fit(
    train: Windows,
    *,
    profile: InteractionProfile | None = None,
    recipe: str | Path | Mapping | Recipe = "default",
    settings: Mapping[str, object] | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    card: Mapping[str, object] | None = None,
    split: SplitManifest | None = None,
    track: str | Tracker | Sequence[str | Tracker] = (),
    progress: Progress | None = None,
) -> Run:
    """Train a model.

    With `out`, where the training stands is kept after every epoch in a hidden folder beside it, ``.<name>.part``.
    The same call after an interruption goes on from there, to the same weights on a CPU as if there had been none;
    ``log.jsonl`` in that folder grows by a line per epoch. A call with other data, settings or versions starts anew.

    Parameters
    ----------
    train : Windows
        Labelled windows of the training entities.
    profile : InteractionProfile, optional
        Interactions of these modalities, from these or other training entities. Without it the model is its
        own unguided control.
    recipe, settings
        See `interplay.train.make_recipe`.
    out : str or Path, optional
        Folder to save the run in; must not exist.
    seed : int
        Of the first weights and the order of windows.
    card : mapping, optional
        What the report should say of the data: name, licence, citation.
    split : SplitManifest, optional
        To be saved with the run; by default one of the training windows alone.
    track : "tensorboard", "mlflow", Tracker, or sequence of them
        Who is told of every epoch, beside `out` if by name; see `interplay.train.trackers`.
    progress : callable, optional
        Told the share of the work that is done; by default a bar on a terminal.

    Returns
    -------
    Run
    """
    recipe = make_recipe(recipe, settings)
    check_trainable(train, what="training windows")
    warn_of_data(doubts_of_steps(train.steps, train.used_rows()))
    # a rule that the target cannot follow is refused before the training, not after
    kind = TARGETS[train.kind]
    kind.calling(recipe.decision.rule, kind.counts(train))
    if out is not None:
        check_run_folder(out, overwrite=False)
    trackers = make_trackers(track, None if out is None else Path(out))
    scaler = Scaler.fit(train)
    with torch.random.fork_rng(), shown(progress, "training") as tell:
        torch.manual_seed(seed)
        model = build_model(scaled_schema(train.schema), recipe.model, _context_for(profile, train))
        contexts = window_contexts(train, profile, recipe.model.context)
        scaled = ScaledWindows(train, scaler, contexts, each_step=recipe.model.each_step)
        batches = TrainingBatches(scaled, recipe.optimiser.batch_size, seed)
        unfinished = None if out is None else Unfinished(Path(out), training_key(model, recipe, batches))
        if unfinished is not None:
            trackers.insert(0, JsonLines(unfinished.log))
        described = {**recipe.to_dict(), "seed": seed, "windows": len(train), "entities": len(train.entities)}
        log = EpochLog(tell, count_steps(len(train), recipe), trackers, described)
        _train(model, recipe, batches, log, unfinished)
    run = Run(
        model=model.eval(),
        scaler=scaler,
        recipe=recipe,
        schema=train.schema,
        profile=profile,
        data=TrainingData(
            entities=train.entities,
            n_windows=len(train),
            class_counts=kind.counts(train),
            channels=dict(train.steps.channels),
            units=dict(train.steps.units),
            card=card,
        ),
        split=split or describe_split({"train": train}),
        seed=seed,
        log=log.epochs,
    )
    if out is not None:
        run.save(out)
    if unfinished is not None:
        unfinished.remove()
    return run


def _context_for(profile: InteractionProfile | None, train: Windows) -> InteractionContext:
    if profile is None:
        return empty_context(len(train.modalities), train.length)
    classes = profile.dataset.attrs.get("classes")
    wanted = TARGETS[train.kind].classes_of_profile(train.schema)
    if wanted is not None and classes is not None and tuple(classes) != wanted:
        raise InvalidInput(
            f"the profile must be about the classes of the windows, {list(wanted)}; it is about "
            f"{list(classes)}. Estimate it from windows of the same target."
        )
    return interaction_context(profile, train.modalities, steps=train.length, step_s=train.step_s)


def _train(
    model: Model, recipe: Recipe, batches: TrainingBatches, log: EpochLog, unfinished: Unfinished | None
) -> None:
    with _quiet_lightning(), _heard_interruption():
        trainer = pl.Trainer(
            max_epochs=recipe.optimiser.epochs,
            gradient_clip_val=recipe.optimiser.clip_norm,
            callbacks=[log] if unfinished is None else [log, KeepState(unfinished.state)],
            plugins=[PlainStates()],
            logger=False,
            enable_checkpointing=unfinished is not None,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        target = TARGETS[batches.windows.windows.kind]
        training = GuidedTraining(model, target, recipe, log.total_steps)
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
