"""`interplay doctor`."""

from dataclasses import asdict

from jsonargparse import ArgumentParser, Namespace
from rich.console import Console
from rich.text import Text

from interplay.cli.command import Command
from interplay.cli.options import json_option
from interplay.cli.output import progress
from interplay.errors import InterplayError
from interplay.files import json_text

STYLES = {"ok": "green", "not ok": "bold red", "not there": "yellow"}


def options(part: ArgumentParser, words: list[str] | None) -> None:
    json_option(part)


def run(args: Namespace) -> None:
    from interplay.doctor import checkup

    with progress(args, "checking") as tell:
        found = checkup(tell)
    if args.json:
        print(json_text([asdict(finding) for finding in found]), end="")
    else:
        console = Console(highlight=False)
        for finding in found:
            if args.quiet and finding.state == "ok":
                continue
            advice = f" {finding.advice}" if finding.advice else ""
            line = Text.assemble(
                (f"{finding.state:9}", STYLES[finding.state]), f"  {finding.name}: {finding.told}.{advice}"
            )
            console.print(line, soft_wrap=True)
    wrong = [finding.name for finding in found if finding.state == "not ok"]
    if wrong:
        raise InterplayError(f"{len(wrong)} of {len(found)} checks failed: {', '.join(wrong)}.")


COMMAND = Command(
    "whether everything works here: libraries, devices, space, and results that are known",
    options,
    run,
    examples=("interplay doctor", "interplay doctor --json"),
)
