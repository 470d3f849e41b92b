"""`interplay estimate`."""

from jsonargparse import ArgumentParser, Namespace, lazy_instance

from interplay.cli.command import Command
from interplay.cli.options import DATA, json_option, out_option, overwrite_option, training_windows_options
from interplay.cli.words import say_interactions
from interplay.cli.work import measured, training_and_test_windows
from interplay.files import check_writable, json_text


def options(part: ArgumentParser, words: list[str]) -> None:
    from interplay.estimators import BaseRUS, PosteriorPID

    part.add_argument("source", help=DATA)
    out_option(part, "profile to write (.nc)", required=True)
    overwrite_option(part, "profile")
    json_option(part, "the profile's rows as JSON")
    training_windows_options(part)
    part.add_subclass_arguments(BaseRUS, "estimator", default=lazy_instance(PosteriorPID))


def run(args: Namespace) -> None:
    check_writable(args.out, overwrite=args.overwrite)
    train, _, _ = training_and_test_windows(args.source, args)
    profile = measured(train, args.estimator, args)
    profile.save(args.out, overwrite=args.overwrite)
    if args.json:
        print(json_text(profile.to_dataframe().to_dict("records")), end="")
        return
    say_interactions(profile)
    print(f"\nProfile: {args.out}   (of {len(train.entities)} training entities; the others may test it)")


COMMAND = Command("measure interactions over time, of training entities", options, run)
