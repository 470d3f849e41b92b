"""`interplay select`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import (
    DATA,
    json_option,
    overwrite_option,
    source_options,
    split_options,
    step_option,
    steps_option,
)
from interplay.cli.output import progress, tell_next, tell_result
from interplay.cli.workflow import training_and_test_windows
from interplay.errors import InvalidInput
from interplay.files import check_writable

DRAWN = (".pdf", ".png", ".svg")


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("source", help=DATA)
    part.add_argument(
        "--k",
        type=int | None,
        default=None,
        help="most modalities to keep; sets of 1 to k and of all are measured (default: 10, or all if fewer)",
    )
    part.add_argument(
        "--profile",
        type=Path | None,
        default=None,
        metavar="FILE",
        help=f"profile (.nc) of the same split, from `{PROGRAM} estimate`, which says what pairs are worth trying "
        "(default: every pair is tried, of up to 16 modalities)",
    )
    part.add_argument(
        "--reader",
        default=None,
        help="what reads a set: extra_trees, interval_trees, boosted_trees, rockets, hydra, ridge, or an import "
        "path (default: extra_trees, 100 of them)",
    )
    part.add_argument("--folds", type=int, default=5, help="groups of training entities held out in turn")
    part.add_argument("--seed", type=int, default=0, help="of folds, readers and intervals")
    part.add_argument(
        "--figure",
        type=Path | None,
        default=None,
        metavar="FILE",
        help="picture of the curve to write as well (.pdf, .png or .svg)",
    )
    overwrite_option(part, "picture")
    json_option(part)
    source_options(part)
    step_option(part)
    steps_option(part)
    split_options(part)


def run(args: Namespace) -> None:
    from interplay.data.check import check_disjoint
    from interplay.profile import InteractionProfile
    from interplay.profile.budget import check_size
    from interplay.registry import look_here
    from interplay.selection import select_modalities
    from interplay.selection.search import READER

    if args.figure is not None:
        if args.figure.suffix not in DRAWN:
            raise InvalidInput(
                f"the picture to write must end in {', '.join(DRAWN)}; got {args.figure.name!r}."
            )
        check_writable(args.figure, overwrite=args.overwrite)
    profile = None if args.profile is None else InteractionProfile.load(args.profile)
    train, test, _ = training_and_test_windows(args.source, args)
    if args.k is not None:
        check_size(args.k, len(train.modalities))
    if profile is not None:
        check_disjoint(test.entities, profile.entities, what="the profile")
    look_here()
    with progress(args, "selecting modalities") as tell:
        selection = select_modalities(
            train,
            k=args.k,
            profile=profile,
            reader=args.reader or READER,
            folds=args.folds,
            seed=args.seed,
            progress=tell,
        )
    if args.figure is not None:
        _draw(selection, args.figure, overwrite=args.overwrite)
    tell_result(args, selection.to_dict(), selection.in_words(args.k))
    if args.figure is not None:
        tell_next(args, f"\nPicture: {args.figure}")
    n_test = len(test.entities)
    tell_next(
        args,
        f"\nChosen by {len(train.entities)} training entities, each held out in turn; the other {n_test} may test it.",
    )


def _draw(selection, path: Path, *, overwrite: bool) -> None:
    from interplay.files import whole_file

    with whole_file(path, overwrite=overwrite) as part:
        selection.plot().figure.savefig(part, format=path.suffix[1:], dpi=200)


COMMAND = Command(
    "which k modalities to keep, by what they tell together of held-out training entities",
    options,
    run,
    examples=(
        "interplay select hapt_sample --stride 64",
        "interplay select hapt_sample --k 2 --profile profile.nc --figure curve.png",
        "interplay select hapt_sample --k 3 --reader ridge --json --quiet > selection.json",
    ),
)
