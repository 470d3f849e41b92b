"""`interplay estimate`."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command, needs_more_options
from interplay.cli.options import (
    DATA,
    estimator_options,
    json_option,
    out_option,
    overwrite_option,
    training_windows_options,
)
from interplay.cli.output import interactions_in_words, tell_next, tell_result, triples_in_words
from interplay.cli.workflow import (
    continued,
    estimate_interactions,
    measure_triples,
    training_and_test_windows,
)
from interplay.errors import InvalidInput
from interplay.files import check_writable


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("source", help=DATA)
    out_option(part, "profile to write (.nc)", required=True)
    overwrite_option(part, "profile")
    json_option(part)
    training_windows_options(part)
    more = part.add_argument_group("more to measure")
    more.add_argument(
        "--rate",
        action="store_true",
        help="measure all lags together, the rate of directed information (lags are chosen where --lags-s names none)",
    )
    more.add_argument(
        "--beyond-pairs",
        action="store_true",
        help="also measure what a third adds to a pair, of triples that look promising, and write it beside the "
        "profile (.triples.nc)",
    )
    part.add_argument(
        "--scheduler",
        type=str | None,
        default=None,
        metavar="ADDRESS",
        help="Dask cluster whose workers share the work, such as tcp://10.0.0.1:8786 (pip install "
        "'interplay[cluster]')",
    )
    if needs_more_options(part, words):
        estimator_options(part, words, default="PosteriorPID")


def run(args: Namespace) -> None:
    if args.out.suffix != ".nc":
        raise InvalidInput(f"the profile to write must end in .nc; got {args.out.name!r}.")
    check_writable(args.out, overwrite=args.overwrite)
    if args.rate and (args.novel or args.novel_pairs):
        raise InvalidInput(
            "--rate and --novel must not be asked for at once: nothing is new at a lag of a rate. Leave one out."
        )
    if args.rate and args.beyond_pairs:
        raise InvalidInput(
            "--rate and --beyond-pairs must not be asked for at once: triples are measured lag by lag. Leave one out."
        )
    beside = args.out.with_suffix(".triples.nc")
    if args.beyond_pairs:
        check_writable(beside, overwrite=args.overwrite)
    from interplay.estimators.cluster import on_cluster

    train, _, _ = training_and_test_windows(args.source, args)
    with on_cluster(args.scheduler), continued(args.out) as folder:
        profile = estimate_interactions(train, args.get("estimator"), args, folder)
        profile.save(args.out, overwrite=args.overwrite)
        words = interactions_in_words(profile)
        if args.beyond_pairs:
            triples = measure_triples(train, profile, args.get("estimator"), args)
            triples.save(beside, overwrite=args.overwrite)
            words = f"{words}\n{triples_in_words(triples)}"
    tell_result(args, profile.to_dataframe().to_dict("records"), words)
    written = f"{args.out} and {beside}" if args.beyond_pairs else args.out
    tell_next(
        args, f"\nProfile: {written}   (of {len(train.entities)} training entities; the others may test it)"
    )


COMMAND = Command(
    "measure interactions over time, of training entities",
    options,
    run,
    examples=(
        "interplay estimate hapt_sample -o profile.nc",
        "interplay estimate hapt_sample -o counted.nc --estimator DiscretePID --lags-s '[0, 1]'",
        "interplay estimate hapt_sample -o rate.nc --rate --estimator.target_history 1",
        "interplay estimate hapt_sample -o triples.nc --beyond-pairs --lags-s '[0]'",
        "interplay estimate hapt_sample -o shared.nc --scheduler tcp://10.0.0.1:8786",
        "interplay estimate hapt_sample -o profile.nc --overwrite --estimator.epochs 6 --json --quiet",
    ),
)
