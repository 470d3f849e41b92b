"""`interplay prepare`."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import (
    json_option,
    out_option,
    overwrite_option,
    root_option,
    step_option,
    steps_option,
)
from interplay.cli.output import progress, tell_next, tell_result
from interplay.cli.workflow import continued


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("source", help=f"a data set's name (see `{PROGRAM} datasets list`), or a study folder")
    out_option(part, "folder to write", required=True)
    overwrite_option(part, "folder")
    root_option(part)
    step_option(part)
    steps_option(part)
    part.add_argument(
        "--min-steps",
        type=int | None,
        default=None,
        help="also make room for windows at the start of a recording that have only so many steps (default: as the "
        "data set's card says)",
    )
    part.add_argument(
        "--unlabelled",
        action="store_true",
        help="take data to predict, whose labels and files of some streams may be missing",
    )
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.study import prepare

    with continued(args.out), progress(args, "preparing") as tell:
        steps = prepare(
            args.source,
            args.out,
            root=args.root,
            step_s=args.step_s,
            steps=args.steps,
            min_steps=args.min_steps,
            labelled=not args.unlabelled,
            overwrite=args.overwrite,
            progress=tell,
        )
    size = sum(values.nbytes for values in steps.values.values())
    described = {
        "steps": str(args.out),
        "n_steps": len(steps),
        "step_s": steps.step_s,
        "entities": len(steps.entities),
        "modalities": list(steps.modalities),
        "bytes": size,
    }
    tell_result(
        args,
        described,
        f"Steps: {args.out}   ({len(steps):,} steps of {steps.step_s:g} s, {len(steps.entities)} entities, "
        f"{len(steps.modalities)} modalities, {size / 1e6:,.1f} MB)",
    )
    tell_next(args, f"Next: {PROGRAM} train --data {args.out} -o runs/first")


COMMAND = Command(
    "lay the steps of data that are larger than memory on disk, for all other commands",
    options,
    run,
    examples=(
        "interplay prepare hapt_sample -o steps",
        "interplay prepare my_study -o steps --step-s 1 --overwrite",
    ),
)
