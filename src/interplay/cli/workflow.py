"""What several commands do: windows of a data set, interactions of windows, and stopping in between."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from jsonargparse import Namespace

from interplay.cli.output import progress
from interplay.errors import InvalidInput

CONTINUE = "Give the same command again to continue; what is finished is in {folder}."


RANDOM = "random"


def training_and_test_windows(source: str, args: Namespace):
    """Both sides of a data set, cut as its card says where the options do not, and the manifest of the split."""
    from interplay.data import SplitManifest, describe_split, make_windows
    from interplay.study import find_source

    dataset, root = find_source(source, args.root)
    card = dataset.card
    split = args.split or next(iter(card.splits), RANDOM)
    known = None if split == RANDOM or split in card.splits else SplitManifest.load(split)
    given = {
        name: getattr(args, name) for name in ("step_s", "steps", "stride") if getattr(args, name) is not None
    }
    options = card.window_options | given
    if known and known.options:
        options = _as_split(known.options, given)
    windows = make_windows(dataset.recordings(root), **options)
    parts = known.apply(windows) if known else _parts(windows, card.splits.get(split), args)
    manifest = known or describe_split(parts, whole=windows, source=source, options=options)
    return parts["train"], parts["test"], manifest


def _as_split(options: Mapping[str, object], given: Mapping[str, object]) -> dict:
    """The window options of a split; those that were given beside it must be the same."""
    for name, value in given.items():
        if options.get(name, value) != value:
            option = "--" + name.replace("_", "-")
            raise InvalidInput(
                f"{option} must be that of the split, {options[name]}; got {value}. Leave it out, or draw a new split."
            )
    return dict(options)


def _parts(windows, published, args: Namespace) -> dict:
    """A published split, or one that is drawn."""
    from interplay.data import split_by_entity

    if published is None:
        both = split_by_entity(windows, test=args.test, seed=args.split_seed)
        return dict(zip(("train", "test"), both, strict=True))
    named = {entity for entities in published.values() for entity in entities}
    rest = [entity for entity in windows.entities if entity not in named]
    parts = {"train": rest, **published}
    return {name: windows.of_entities(entities) for name, entities in parts.items()}


def windows_like(run, args: Namespace):
    """All windows of a data set, cut as the run's own were."""
    from interplay.data import make_windows
    from interplay.study import find_source

    dataset, root = find_source(args.data, args.root)
    options = dataset.card.window_options
    options |= {"step_s": run.schema.step_s, "steps": run.schema.steps}
    if args.stride is not None:
        options["stride"] = args.stride
    return make_windows(dataset.recordings(root), **options)


def measured(windows, estimator, args: Namespace, kept: Path):
    """The profile of windows; finished parts of the work are kept in a folder, where the estimator can do that."""
    from interplay.estimators import PosteriorPID, TemporalRUS

    estimator = PosteriorPID() if estimator is None else estimator
    if "resume" in estimator.get_params() and estimator.resume is None:
        estimator.set_params(resume=str(kept))
    with progress(args, "measuring interactions") as tell:
        return TemporalRUS(estimator, lags_s=args.lags_s, progress=tell).fit(windows).profile_


@contextmanager
def kept_until_done(folder: Path) -> Iterator[None]:
    """Unfinished work in `folder` goes when the block is done; Ctrl-C says that it can be continued."""
    try:
        yield
    except KeyboardInterrupt:
        if folder.is_dir() and any(folder.iterdir()):
            raise KeyboardInterrupt(CONTINUE.format(folder=folder)) from None
        raise
    shutil.rmtree(folder, ignore_errors=True)
