"""`interplay init-study`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import json_option
from interplay.cli.output import tell_next, tell_result


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("folder", type=Path, help="folder of a study, with its files or still empty")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.study import init_study

    path = init_study(args.folder)
    tell_result(args, {"study": str(path)}, f"Study: {path}   (look through it and correct what was guessed)")
    tell_next(args, f"Next: {PROGRAM} datasets check {args.folder}")


COMMAND = Command(
    "describe a folder of your own files in a study.yaml, to be corrected by you",
    options,
    run,
    examples=("interplay init-study my_study", "interplay init-study my_study --json --quiet"),
)
