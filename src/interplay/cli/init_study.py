"""`interplay init-study`."""

from dataclasses import asdict
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import json_option
from interplay.cli.output import progress, tell_next, tell_result


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("folder", type=Path, help="folder with the files of a study")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.study import init_study, issues_text

    with progress(args, "looking at files") as tell:
        guess = init_study(args.folder, progress=tell)
    described = {
        "study": str(guess.path),
        "rows": [asdict(row) for row in guess.rows],
        "issues": [asdict(issue) for issue in guess.issues],
    }
    tell_result(
        args,
        described,
        f"Study: {guess.path}   (look through it and correct what was guessed)\n\n{guess}\n\n"
        f"{issues_text(guess.issues)}",
    )
    tell_next(args, f"Next: {PROGRAM} datasets check {args.folder}")


COMMAND = Command(
    "describe a folder of your own files in a study.yaml, to be corrected by you",
    options,
    run,
    examples=("interplay init-study my_study", "interplay init-study my_study --json --quiet"),
)
