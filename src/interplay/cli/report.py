"""`interplay report`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import out_option, overwrite_option


def options(part: ArgumentParser, words: list[str]) -> None:
    part.add_argument("run", type=Path, help="folder of an evaluated run")
    out_option(part, "page to write; RUN/report.html")
    overwrite_option(part, "page")


def run(args: Namespace) -> None:
    from interplay.report import write_report
    from interplay.train import load_run

    out = args.out or args.run / "report.html"
    print(f"Report: {write_report(load_run(args.run), out, overwrite=args.overwrite)}")


COMMAND = Command("one offline HTML page about an evaluated run", options, run)
