"""What several commands do: windows of a data set, and interactions of windows."""

from jsonargparse import Namespace

from interplay.progress import bar


def training_and_test_windows(source: str, args: Namespace):
    """Both sides of a data set, cut as its card says where the options do not, and the manifest of the split."""
    from interplay.data import SplitManifest, describe_split, make_windows
    from interplay.datasets import find_dataset, load_dataset

    card = find_dataset(source).card
    known = None if args.split is None or args.split in card.splits else SplitManifest.load(args.split)
    given = {name: getattr(args, name) for name in ("step_s", "steps", "stride") if getattr(args, name)}
    options = dict(known.options) if known and known.options else card.window_options | given
    windows = make_windows(load_dataset(source, args.root), **options)
    parts = known.apply(windows) if known else _parts(windows, card.splits.get(args.split or ""), args)
    manifest = known or describe_split(parts, whole=windows, source=source, options=options)
    return parts["train"], parts["test"], manifest


def _parts(windows, published, args: Namespace) -> dict:
    """A published split, or one that is drawn."""
    from interplay.data import split_by_entity

    if published:
        return {name: windows.of_entities(entities) for name, entities in published.items()}
    return dict(
        zip(("train", "test"), split_by_entity(windows, test=args.test, seed=args.split_seed), strict=True)
    )


def windows_like(run, args: Namespace):
    """All windows of a data set, cut as the run's own were."""
    from interplay.data import make_windows
    from interplay.datasets import find_dataset, load_dataset

    options = find_dataset(args.data).card.window_options
    options |= {"step_s": run.schema.step_s, "steps": run.schema.steps}
    if args.stride:
        options["stride"] = args.stride
    return make_windows(load_dataset(args.data, args.root), **options)


def measured(windows, estimator, args: Namespace):
    """The profile of windows."""
    from interplay.estimators import TemporalRUS

    with bar("measuring interactions") as tell:
        return TemporalRUS(estimator, lags_s=args.lags_s, progress=tell).fit(windows).profile_
