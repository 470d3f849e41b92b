"""`interplay report`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, out_option, overwrite_option
from interplay.cli.words import tell_result


def options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("run", type=Path, help="folder of an evaluated run")
    out_option(part, "page to write (default: RUN/report.html)")
    overwrite_option(part, "page")
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.report import write_report
    from interplay.train import load_run

    out = args.out or args.run / "report.html"
    page = write_report(load_run(args.run), out, overwrite=args.overwrite)
    tell_result(args, {"report": str(page)}, f"Report: {page}")


COMMAND = Command(
    "one offline HTML page about an evaluated run",
    options,
    run,
    examples=("interplay report runs/first", "interplay report runs/first -o page.html --overwrite"),
)
