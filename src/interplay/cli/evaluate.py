"""`interplay evaluate`."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command
from interplay.cli.options import json_option, run_options
from interplay.cli.words import say_scores
from interplay.cli.work import windows_like
from interplay.errors import InvalidInput
from interplay.files import json_text
from interplay.progress import bar


def options(part: ArgumentParser, words: list[str]) -> None:
    run_options(part)
    json_option(part, "one JSON object")


def run(args: Namespace) -> None:
    from interplay.train import load_run

    run = load_run(args.run)
    windows = windows_like(run, args)
    fresh = _kept_apart(run.split, windows.entities)
    if not fresh:
        raise InvalidInput(
            f"data to evaluate on must have entities that the run was not trained on; all "
            f"{len(windows.entities)} of {args.data!r} were."
        )
    with bar("evaluating") as tell:
        scores = run.evaluate(windows.of_entities(fresh), progress=tell)
    if args.json:
        print(json_text(scores), end="")
        return
    say_scores(scores)
    print(f"Next: {PROGRAM} report {args.run}")


def _kept_apart(split, entities: tuple[str, ...]) -> list[str]:
    """The test part of the run's split; of data that hold none of it, entities in no part."""
    test = split.parts["test"].entities if "test" in split.parts else ()
    known = {name for part in split.parts.values() for name in part.entities}
    return [name for name in entities if name in test] or [name for name in entities if name not in known]


COMMAND = Command("judge a run on entities it has not seen", options, run)
