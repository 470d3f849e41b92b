"""`interplay runs`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option
from interplay.cli.output import note, tell_result


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("folder", type=Path, help="folder that holds runs, at any of four levels")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.comparison import list_runs
    from interplay.comparison.words import list_in_words

    runs = list_runs(args.folder)
    for sentence in runs.damaged:
        note(sentence)
    tell_result(args, runs.to_frame().to_dict("records"), list_in_words(runs))


COMMAND = Command(
    "all runs in a folder: data, recipe, score, entities, date and size",
    options,
    run,
    examples=("interplay runs runs", "interplay runs runs --json --quiet > runs.json"),
)
