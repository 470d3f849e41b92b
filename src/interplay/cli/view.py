"""`interplay view`."""

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, open_option, out_option, overwrite_option
from interplay.cli.output import note, show, tell_result
from interplay.files import check_writable


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("folder", type=Path, help="folder that holds runs, at any of four levels")
    out_option(part, "page to write (default: FOLDER/runs.html)")
    part.add_argument(
        "--serve",
        action="store_true",
        help="show the page on this machine alone, made anew whenever it is loaded, until Ctrl-C; writes no file",
    )
    part.add_argument("--port", type=int, default=0, help="port to serve at; 0 takes one that is free")
    overwrite_option(part, "page")
    open_option(part)
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.comparison import list_runs
    from interplay.report import write_runs_page

    if args.serve:
        _serve(args)
        return
    runs = list_runs(args.folder)
    for sentence in runs.damaged:
        note(sentence)
    out = args.out or args.folder / "runs.html"
    check_writable(out, overwrite=args.overwrite)
    page = write_runs_page(runs, out, overwrite=args.overwrite)
    tell_result(args, {"page": str(page), "runs": len(runs.runs)}, f"Page of {len(runs.runs)} runs: {page}")
    show(args, page)


def _serve(args: Namespace) -> None:
    from interplay.report import runs_server

    with runs_server(args.folder, port=args.port) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        tell_result(args, {"address": address}, f"Runs: {address}   (Ctrl-C stops)")
        sys.stdout.flush()
        server.serve_forever()


COMMAND = Command(
    "one offline HTML page of all runs in a folder: a table, learning curves, links to reports",
    options,
    run,
    examples=("interplay view runs", "interplay view runs -o all_runs.html --overwrite"),
)
