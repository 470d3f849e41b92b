"""`interplay compare`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, open_option, overwrite_option
from interplay.cli.output import show, tell_next, tell_result
from interplay.errors import InvalidInput
from interplay.files import check_writable


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="A B ...",
        help="profiles (.nc) or folders of evaluated runs, two or more; each is held against the first",
    )
    part.add_argument(
        "--page",
        type=Path | None,
        default=None,
        metavar="FILE",
        help="one offline HTML page to write as well",
    )
    part.add_argument(
        "--trust",
        action="store_true",
        help="import parts that a run names by import path, which runs their code",
    )
    overwrite_option(part, "page")
    open_option(part)
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.comparison import compare
    from interplay.report import write_comparison

    if args.open and args.page is None:
        raise InvalidInput("--open must have a page to show; name one with --page.")
    if args.page is not None:
        if args.page.suffix != ".html":
            raise InvalidInput(f"the page to write must end in .html; got {args.page.name!r}.")
        check_writable(args.page, overwrite=args.overwrite)
    comparison = compare(*args.sources, trust=args.trust)
    if args.page is not None:
        write_comparison(comparison, args.page, overwrite=args.overwrite)
    tell_result(args, comparison.to_dict(), comparison.in_words())
    if args.page is not None:
        tell_next(args, f"\nPage: {args.page}")
        show(args, args.page)


COMMAND = Command(
    "what differs between profiles or runs: intervals, a test, settings",
    options,
    run,
    examples=(
        "interplay compare runs/demo runs/again",
        "interplay compare runs/demo/profile.nc runs/again/profile.nc --page compared.html",
        "interplay compare runs/demo runs/again --json --quiet > compared.json",
    ),
)
