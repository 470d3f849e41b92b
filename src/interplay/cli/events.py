"""`interplay events`."""

from pathlib import Path

import numpy as np
from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command, needs_more_options
from interplay.cli.options import (
    DATA,
    estimator_options,
    json_option,
    out_option,
    overwrite_option,
    root_option,
    split_options,
    step_option,
)
from interplay.cli.output import progress, tell_next, tell_result
from interplay.cli.workflow import split_as_asked
from interplay.errors import InvalidInput
from interplay.files import check_writable

FORMS = {
    "kind": ("a file",),
    "above": ("a stream",),
    "below": ("a stream",),
    "channel": ("a stream",),
    "quiet_s": ("a stream", "a class"),
}
"""Options that say which events are meant, and in which form events must be given for them."""

NOTHING = {
    "mi": "No modality tells anything alone in a stretch that stands clear of chance.",
    "redundancy": "No redundancy in a stretch that stands clear of chance.",
    "unique": "No uniqueness in a stretch that stands clear of chance.",
    "synergy": "No synergy in a stretch that stands clear of chance.",
}


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("source", help=DATA)
    part.add_argument(
        "--events",
        required=True,
        help="what happened: a CSV file with the columns entity, time (seconds, or as a study's first stream writes "
        "times) and, of several kinds, kind; a stream, such as a drug; or a class of the label, where that begins",
    )
    part.add_argument(
        "--bins-s",
        type=list[float],
        required=True,
        help="edges of bins of time since the event, s, such as '[0, 3600, 7200]'; multiples of the step",
    )
    out_option(part, "profile to write (.nc)", required=True)
    overwrite_option(part, "profile")
    json_option(part)
    _event_options(part.add_argument_group("which events"))
    _question_options(part.add_argument_group("what is asked"))
    root_option(part)
    step_option(part)
    split_options(part)
    if needs_more_options(part, words):
        estimator_options(part, words)


def _event_options(group) -> None:
    group.add_argument(
        "--kind", type=str | None, default=None, help="of a CSV file with several kinds, the one"
    )
    group.add_argument(
        "--above",
        type=float | None,
        default=None,
        help="of a stream, the value that it must exceed (0 without --below)",
    )
    group.add_argument(
        "--below", type=float | None, default=None, help="of a stream, the value it must fall below"
    )
    group.add_argument(
        "--channel", type=str | None, default=None, help="of a stream with several channels, the one"
    )
    group.add_argument(
        "--quiet-s",
        type=float | None,
        default=None,
        help="how long there must have been none before, s; without it each stretch of them counts once",
    )
    group.add_argument(
        "--name",
        type=str | None,
        default=None,
        help="what sentences call the events (default: as they are named above)",
    )


def _question_options(group) -> None:
    group.add_argument(
        "--about",
        type=str | None,
        default=None,
        help="the stream whose mean in each bin is asked for (default: the label of the data)",
    )
    group.add_argument(
        "--about-channel", type=str | None, default=None, help="of a stream with several channels, the one"
    )
    group.add_argument(
        "--absolute",
        action="store_true",
        help="ask for a number itself, not for how it differs from its last value before the event",
    )
    group.add_argument(
        "--sources",
        type=list[str] | None,
        default=None,
        help="streams read at the event, such as '[glucose, age]' (default: all but that of the events)",
    )
    group.add_argument(
        "--within",
        type=list[str] | None,
        default=None,
        help="streams read in each bin instead: they go along, and foretell nothing",
    )
    group.add_argument("--before-s", type=float, default=0.0, help="how old values may be at the event, s")
    group.add_argument("--controls", type=int, default=1, help="times without an event beside each event")
    group.add_argument(
        "--away-s",
        type=float | None,
        default=None,
        help="how far from every event such times lie, s (default: as far as the bins reach)",
    )
    group.add_argument(
        "--permutations", type=int, default=199, help="rearrangements of each source behind the statistics"
    )
    group.add_argument("--seed", type=int, default=0, help="which control times and rearrangements are drawn")


def run(args: Namespace) -> None:
    from interplay.data import windows_around
    from interplay.estimators import EventResolved

    if args.out.suffix != ".nc":
        raise InvalidInput(f"the profile to write must end in .nc; got {args.out.name!r}.")
    check_writable(args.out, overwrite=args.overwrite)
    train, events = _windows_and_events(args)
    around = windows_around(
        train,
        events,
        bins_s=args.bins_s,
        target=args.about,
        channel=args.about_channel,
        change=not args.absolute,
        sources=args.sources,
        within=args.within or (),
        before_s=args.before_s,
        controls=args.controls,
        away_s=args.away_s,
        seed=args.seed,
    )
    with progress(args, "measuring what happens after events") as tell:
        resolved = EventResolved(
            args.get("estimator"), n_permutations=args.permutations, random_state=args.seed, progress=tell
        )
        profile = resolved.fit(around).profile_
    profile.save(args.out, overwrite=args.overwrite)
    tell_result(
        args,
        _rows(profile),
        "\n".join([*_sizes(profile), *_means(profile, around, args), *_findings(profile)]),
    )
    tell_next(args, f"\nProfile: {args.out}   (of {len(profile.entities)} training entities)")


def _windows_and_events(args: Namespace):
    """Training windows, and the events of a file, of a stream, or of a class of the label."""
    from interplay.data import Events
    from interplay.study import Study, find_source, read_events, with_events

    dataset, root = find_source(args.source, args.root)
    said = {"kind": args.kind, "name": args.name}
    if Path(args.events).suffix == ".csv":
        _check_form(args, "a file")
        if not isinstance(dataset, Study):
            train, _, _ = split_as_asked(dataset, root, args.source, args)
            return train, read_events(args.events, train, **said)
        study = with_events(dataset, args.events, **said)
        train, _, _ = split_as_asked(study, root, args.source, args, added=(study.events,))
        return train, Events.where(train, study.events, above=0.0, quiet_s=0.0)
    train, _, _ = split_as_asked(dataset, root, args.source, args)
    if args.events in train.modalities:
        _check_form(args, "a stream")
        beyond = {"above": args.above, "below": args.below}
        if args.above is args.below is None:
            beyond["above"] = 0.0
        return train, Events.where(
            train, args.events, **beyond, channel=args.channel, quiet_s=args.quiet_s, name=args.name
        )
    if args.events in train.steps.classes:
        _check_form(args, "a class")
        return train, Events.of_label(train, args.events, quiet_s=args.quiet_s, name=args.name)
    known = [*train.modalities, *train.steps.classes]
    raise InvalidInput(f"--events must be a .csv file, or one of {known}; got {args.events!r}.")


def _check_form(args: Namespace, form: str) -> None:
    """Refuse options of events that are given in another form."""
    for name, forms in FORMS.items():
        if args[name] is not None and form not in forms:
            option = f"--{name.replace('_', '-')}"
            raise InvalidInput(
                f"{option} must be given of {' or '.join(forms)} alone; {args.events!r} is {form}. Leave it out."
            )


def _rows(profile) -> list[dict]:
    from interplay.profile import stretches

    return stretches(profile).to_dict("records")


def _sizes(profile) -> list[str]:
    attrs, axis = profile.dataset.attrs, profile.axis
    controls = f" and {attrs['n_controls']:,} control times" if attrs["n_controls"] else ""
    return [
        f"{attrs['n_events']:,} events of {attrs['event']!r}{controls}, in {len(profile.entities)} entities; "
        f"{attrs['about']} {axis.counted(len(axis.at))}, {axis.span}."
    ]


def _means(profile, around, args: Namespace) -> list[str]:
    """What a number was in each bin, after events and after controls; bits have no sign."""
    if not around.bins[0].continuous:
        return []
    what = "Mean of" if args.absolute else "Mean change of"
    columns = {f"after {around.event}": around.means()["event"], "after controls": around.means()["control"]}
    columns = {head: mean for head, mean in columns.items() if not np.isnan(mean).all()}
    wide = max(len(label) for label in profile.axis.labels)
    heads = "".join(f"{head:>{len(head) + 3}}" for head in columns)
    lines = [
        f"  {label:<{wide}}" + "".join(f"{mean[k]:>{len(head) + 3}.3g}" for head, mean in columns.items())
        for k, label in enumerate(profile.axis.labels)
    ]
    return [f"{what} {around.target}:", f"  {'':<{wide}}{heads}", *lines]


def _findings(profile) -> list[str]:
    from interplay.profile.sentences import stretch_sentences

    lines = [
        "What stands clear of chance (± is a 95 % interval; q is of the stretch among all that was tried):"
    ]
    for atom, nothing in NOTHING.items():
        if atom == "mi" or len(profile.modalities) > 1:
            lines += [f"  {sentence}" for sentence in stretch_sentences(profile, 3, atom) or [nothing]]
    return lines


COMMAND = Command(
    "measure what happens after events: in bins of time since them, beside control times, of training entities",
    options,
    run,
    examples=(
        "interplay events hapt_sample -o turns.nc --events gyro_vertical --above 1.5 --name turn "
        "--about body_vertical --sources '[gravity]' --bins-s '[0, 1, 2, 4]' --permutations 39",
        "interplay events my_study -o drug.nc --events given.csv --kind insulin --about glucose "
        "--bins-s '[0, 3600, 7200, 14400]' --before-s 7200",
        "interplay events my_study -o alarm.nc --events alarm --quiet-s 600 --bins-s '[0, 60, 120]' --json --quiet",
    ),
)
