"""`interplay demo`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, out_option, overwrite_option
from interplay.cli.words import say_interactions, say_scores
from interplay.files import json_text
from interplay.progress import bar


def options(part: ArgumentParser, words: list[str]) -> None:
    out_option(part, "run folder", default=Path("runs/demo"))
    overwrite_option(part, "run folder")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.demo import run_demo

    made = run_demo(args.out, overwrite=args.overwrite, bar=bar)
    if args.json:
        print(json_text(made.summary()), end="")
        return
    say_interactions(made.profile)
    say_scores(made.scores)
    print(f"\nReport: {made.report}\nRun:    {args.out}   ({made.seconds:.0f} s)")


COMMAND = Command("real bundled data end to end: interactions, model, report", options, run)
