"""`interplay doctor`."""

from dataclasses import asdict

from jsonargparse import ArgumentParser, Namespace
from rich.console import Console
from rich.text import Text

from interplay.cli.command import Command
from interplay.cli.options import json_option
from interplay.cli.output import progress
from interplay.cli.printable import printable
from interplay.errors import InterplayError
from interplay.files import json_text

STYLES = {"ok": "green", "not ok": "bold red", "not there": "yellow"}


def options(part: ArgumentParser, words: list[str] | None) -> None:
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.doctor import checkup

    with progress(args, "checking") as tell:
        results = checkup(tell)
    if args.json:
        print(json_text([asdict(result) for result in results]), end="")
    else:
        console = Console(highlight=False)
        for result in results:
            if args.quiet and result.state == "ok":
                continue
            advice = f" {result.advice}" if result.advice else ""
            line = Text.assemble(
                (f"{result.state:9}", STYLES[result.state]),
                printable(f"  {result.name}: {result.fact}.{advice}"),
            )
            console.print(line, soft_wrap=True)
    wrong = [result.name for result in results if result.state == "not ok"]
    if wrong:
        raise InterplayError(f"{len(wrong)} of {len(results)} checks failed: {', '.join(wrong)}.")


COMMAND = Command(
    "whether everything works here: libraries, devices, space, and results that are known",
    options,
    run,
    examples=("interplay doctor", "interplay doctor --json"),
)
