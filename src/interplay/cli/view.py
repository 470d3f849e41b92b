"""`interplay view`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, out_option, overwrite_option
from interplay.cli.output import note, tell_result
from interplay.files import check_writable


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("folder", type=Path, help="folder that holds runs, at any of four levels")
    out_option(part, "page to write (default: FOLDER/runs.html)")
    overwrite_option(part, "page")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.comparison import list_runs
    from interplay.report import write_runs_page

    runs = list_runs(args.folder)
    for sentence in runs.damaged:
        note(sentence)
    out = args.out or args.folder / "runs.html"
    check_writable(out, overwrite=args.overwrite)
    page = write_runs_page(runs, out, overwrite=args.overwrite)
    tell_result(args, {"page": str(page), "runs": len(runs.runs)}, f"Page of {len(runs.runs)} runs: {page}")


COMMAND = Command(
    "one offline HTML page of all runs in a folder: a table, learning curves, links to reports",
    options,
    run,
    examples=("interplay view runs", "interplay view runs -o all_runs.html --overwrite"),
)
