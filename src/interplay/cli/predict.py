"""`interplay predict`."""

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import accelerator_option, json_option, out_option, overwrite_option, run_options
from interplay.cli.output import progress, tell_result
from interplay.cli.printable import cell
from interplay.cli.workflow import windows_like
from interplay.errors import InvalidInput
from interplay.files import check_writable, json_line, whole_file

SUFFIXES = (".parquet", ".csv")


def options(part: ArgumentParser, words: list[str] | None) -> None:
    run_options(part)
    out_option(part, "table to write (.parquet or .csv)")
    overwrite_option(part, "table")
    part.add_argument(
        "--follow",
        action="store_true",
        help="read JSON lines of steps or samples from standard input as they come, and print predictions",
    )
    part.add_argument(
        "--state",
        type=Path | None,
        default=None,
        help="with --follow: folder to go on from and to save to where the streams stand",
    )
    accelerator_option(part)
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.train import load_run

    if args.follow:
        follow(args)
        return
    if args.out is None:
        raise InvalidInput("a table to write must be named by -o; or pass --follow to predict as data come.")
    if args.out.suffix not in SUFFIXES:
        raise InvalidInput(f"the table to write must end in .parquet or .csv; got {args.out.name!r}.")
    check_writable(args.out, overwrite=args.overwrite)
    run = load_run(args.run, trust=args.trust)
    with whole_file(args.out, overwrite=args.overwrite) as part:
        with progress(args, "predicting") as tell:
            windows = windows_like(run, args, labelled=False)
            table = run.predict(windows, accelerator=args.accelerator, progress=tell)
        if args.out.suffix == ".csv":
            table.map(cell).rename(columns=cell).to_csv(part, index=False)
        else:
            table.to_parquet(part, index=False)
    described = {"table": str(args.out), "n_windows": len(table), "columns": list(table.columns)}
    tell_result(args, described, f"Predictions: {args.out}   ({len(table)} windows)")


def follow(args: Namespace) -> None:
    """Predictions of what comes on standard input, until it ends or Ctrl-C."""
    from interplay.cli.follow import Follower
    from interplay.train import load_run

    if args.out is not None or args.data is not None or args.accelerator is not None:
        raise InvalidInput(
            "--follow must come without --data, -o and --accelerator: it reads standard input and prints predictions, "
            "on the processor."
        )
    follower = Follower(load_run(args.run, trust=args.trust), args.state)
    try:
        for answer in follower.answers(sys.stdin):
            print(json_line(answer), flush=True)
    finally:
        follower.save()


COMMAND = Command(
    "predict windows with a run, or step by step as data come",
    options,
    run,
    examples=(
        "interplay predict runs/first --data hapt_sample -o predictions.csv",
        "interplay predict runs/first --data hapt_sample -o predictions.parquet --stride 8",
    ),
)
