"""What several commands do: windows of a data set, interactions of windows, and stopping in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jsonargparse import Namespace

from interplay.cli.output import progress
from interplay.files import unfinished_work
from interplay.files.parts import LOCK

CONTINUE = "Give the same command again to continue; what is finished is in {folder}."


def training_and_test_windows(source: str, args: Namespace):
    """Both sides of a data set, cut as its card says where the options do not, and the manifest of the split."""
    from interplay.study import find_source

    return split_as_asked(*find_source(source, args.root), source, args)


def split_as_asked(dataset, root: Path, source: str, args: Namespace, *, added: tuple[str, ...] = ()):
    """The same of an open data set; of streams that were `added` to it the split knows nothing."""
    from interplay.data import find_split, options_of_split, split_windows
    from interplay.study import windows_of

    split = find_split(args.split, dataset.card.splits)
    asked = {name: args.get(name) for name in ("step_s", "steps", "stride")}
    given = {name: value for name, value in asked.items() if value is not None}
    options = options_of_split(split, dataset.card.window_options, **given)
    windows = windows_of(dataset, root, **options)
    known = windows.without(added) if added else windows
    parts, manifest = split_windows(
        known, split, test=args.test, seed=args.split_seed, source=source, options=options
    )
    if added:
        parts = {name: windows.of_entities(part.entities) for name, part in parts.items()}
    return parts["train"], parts["test"], manifest


def windows_to_adapt_to(args: Namespace):
    """The same as `training_and_test_windows`; of a single entity all windows, and None to test on."""
    from interplay.data import describe_split
    from interplay.study import entities_of, find_source, windows_of

    dataset, root = find_source(args.data, args.root)
    if len(entities_of(dataset, root)) > 1:
        return split_as_asked(dataset, root, args.data, args)
    given = {name: args.get(name) for name in ("step_s", "steps", "stride") if args.get(name) is not None}
    options = {**dataset.card.window_options, **given}
    windows = windows_of(dataset, root, **options)
    return windows, None, describe_split({"train": windows}, source=args.data, options=options)


def source_of(run, args: Namespace) -> str:
    """The data that a command is about: what it names, else what the run came from."""
    from interplay.errors import InvalidInput

    if args.data or run.split.source:
        return args.data or run.split.source
    raise InvalidInput(f"data must be named by --data; {args.run} does not say what it was trained from.")


def windows_like(run, args: Namespace, *, labelled: bool = True):
    """All windows of a data set, cut as the run's own were; unless `labelled`, those without a label, too."""
    from interplay.study import find_source, windows_of, windows_to_predict

    dataset, root = find_source(source_of(run, args), args.root, labelled=labelled)
    options = dataset.card.window_options
    options |= {"step_s": run.schema.step_s, "steps": run.schema.steps}
    if args.stride is not None:
        options["stride"] = args.stride
    return (windows_of if labelled else windows_to_predict)(dataset, root, **options)


def windows_of_split(run, args: Namespace):
    """All windows of a data set, cut with the options that the run's split remembers."""
    from interplay.study import find_source, windows_of

    if not run.split.options:
        return windows_like(run, args)
    dataset, root = find_source(source_of(run, args), args.root)
    return windows_of(dataset, root, **run.split.options)


def estimate_interactions(windows, estimator, args: Namespace, folder: Path):
    """The profile of windows; finished parts of the work are kept in `folder`, where the estimator can do that."""
    from interplay.estimators import DirectedInformation, PosteriorPID, TemporalRUS

    estimator = PosteriorPID() if estimator is None else estimator
    if "resume" in estimator.get_params() and estimator.resume is None:
        estimator.set_params(resume=str(folder))
    with progress(args, "measuring interactions") as tell:
        if args.get("rate", False):
            return DirectedInformation(estimator, lags_s=args.lags_s, progress=tell).fit(windows).profile_
        novel = "pairs" if args.novel_pairs else args.novel
        return TemporalRUS(estimator, lags_s=args.lags_s, novel=novel, progress=tell).fit(windows).profile_


def measure_triples(windows, profile, estimator, args: Namespace):
    """What a third adds to a pair, of triples that look promising."""
    from interplay.estimators import beyond_pairs

    with progress(args, "measuring triples") as tell:
        return beyond_pairs(windows, profile, estimator=estimator, progress=tell)


@contextmanager
def continued(out: Path) -> Iterator[Path]:
    """The folder of unfinished work on `out`; Ctrl-C says that the work can be continued."""
    with unfinished_work(out) as folder:
        try:
            yield folder
        except KeyboardInterrupt:
            if any(path.name != LOCK for path in folder.iterdir()):
                raise KeyboardInterrupt(CONTINUE.format(folder=folder)) from None
            raise
