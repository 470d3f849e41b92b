"""`interplay report`."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command
from interplay.cli.options import json_option, open_option, out_option, overwrite_option, run_option
from interplay.cli.output import show, tell_result


def options(part: ArgumentParser, words: list[str] | None) -> None:
    run_option(part, "folder of an evaluated run")
    out_option(part, "page to write (default: RUN/report.html)")
    part.add_argument(
        "--figures",
        type=Path | None,
        default=None,
        metavar="DIR",
        help="also write every figure there, as PDF and PNG",
    )
    overwrite_option(part, "page and the figures")
    open_option(part)
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.files import check_writable
    from interplay.report import write_figures, write_report
    from interplay.train import load_run

    out = args.out or args.run / "report.html"
    if args.out is not None or args.run.is_dir():
        check_writable(out, overwrite=args.overwrite)
    evaluated = load_run(args.run, trust=args.trust)
    written, lines = {}, []
    if args.figures is not None:
        figures = write_figures(evaluated, args.figures, overwrite=args.overwrite)
        written["figures"] = [str(path) for path in figures]
        lines.append(f"Figures: {len(figures)} files in {args.figures}")
    page = write_report(evaluated, out, overwrite=args.overwrite)
    tell_result(args, {"report": str(page)} | written, "\n".join([f"Report: {page}", *lines]))
    show(args, page)


COMMAND = Command(
    "one offline HTML page about an evaluated run",
    options,
    run,
    examples=(
        "interplay report runs/first",
        "interplay report runs/first -o page.html --overwrite",
        "interplay report runs/first --overwrite --figures figures",
    ),
)
