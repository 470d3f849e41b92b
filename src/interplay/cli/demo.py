"""`interplay demo`."""

from functools import partial
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, open_option, out_option, overwrite_option
from interplay.cli.output import interactions_in_words, progress, scores_in_words, show, tell_result
from interplay.cli.workflow import continued


def options(part: ArgumentParser, words: list[str] | None) -> None:
    out_option(part, "run folder to make", default=Path("runs/demo"))
    overwrite_option(part, "run folder")
    open_option(part)
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.demo import run_demo

    with continued(args.out):
        made = run_demo(args.out, overwrite=args.overwrite, bar=partial(progress, args))
    tell_result(
        args,
        made.summary(),
        f"{interactions_in_words(made.profile)}\n\n{scores_in_words(made.scores)}\n\n"
        f"Report: {made.report}\nRun:    {args.out}   ({made.seconds:.0f} s)",
    )
    show(args, made.report)


COMMAND = Command(
    "real bundled data end to end: interactions, model, report",
    options,
    run,
    examples=("interplay demo", "interplay demo -o runs/again --json --quiet", "interplay demo --overwrite"),
)
