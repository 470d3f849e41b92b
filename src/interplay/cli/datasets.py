"""`interplay datasets`: a group of commands about data sets; to add one, name it in KINDS."""

import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command, add_commands
from interplay.cli.options import json_option, out_option
from interplay.cli.output import progress, tell_next, tell_result
from interplay.errors import InvalidInput

if TYPE_CHECKING:
    from interplay.datasets import Card

FEW = 10
"""Entities of a part of a published split that are told by name."""


def options(part: ArgumentParser, words: list[str] | None) -> None:
    add_commands(part, KINDS, words, "what")


def run(args: Namespace) -> None:
    KINDS[args.what].run(args[args.what])


def list_options(part: ArgumentParser, words: list[str] | None) -> None:
    json_option(part)


def run_list(args: Namespace) -> None:
    from interplay.datasets import DATASETS

    cards = {name: dataset.card for name, dataset in DATASETS.items()}
    width = max(map(len, cards))
    lines = [
        _folded(f"{name:{width}}  {card.title} ({card.entities}; {card.licence})", width + 2)
        for name, card in cards.items()
    ]
    tell_result(args, {name: card.to_dict() for name, card in cards.items()}, "\n".join(lines))


def _folded(line: str, indent: int) -> str:
    """The line, on a terminal in as many as it takes, the later ones indented; elsewhere as it is, for grep."""
    if not sys.stdout.isatty():
        return line
    wide = max(shutil.get_terminal_size().columns, indent + 30)
    return textwrap.fill(line, wide, subsequent_indent=" " * indent, break_long_words=False)


def info_options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("name", help="a data set's name")
    json_option(part)


def run_info(args: Namespace) -> None:
    from interplay.datasets import find_dataset

    card = find_dataset(args.name).card
    tell_result(args, card.to_dict(), _facts(card))


def _facts(card: "Card") -> str:
    """What a card says, for a reader."""
    from interplay.datasets.fetch import instructions

    facts = card.to_dict() | {
        "splits": {name: _sizes(parts) for name, parts in card.splits.items()},
        "access": f"{PROGRAM} datasets fetch {card.name}"
        if card.downloads and not card.bundled
        else instructions(card),
    }
    lines = []
    for name in (name for name in facts if name not in ("bundled", "downloads", "sums", "most_gb")):
        value = facts[name]
        if isinstance(value, dict) and value:
            lines += [f"{name}:", *(f"  {key}: {text}" for key, text in value.items())]
        elif value not in ({}, "", None):
            lines.append(f"{name}: {value}")
    return "\n".join(lines)


def _sizes(parts: Mapping[str, Sequence[str]]) -> str:
    """Entities of each part, by name while they are few."""
    parts_in_words = (
        f"{part} {', '.join(entities) if len(entities) <= FEW else f'{len(entities)} entities'}"
        for part, entities in parts.items()
    )
    return "; ".join([*parts_in_words, *(["train the others"] if "train" not in parts else [])])


def fetch_options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("name", help="a data set's name")
    out_option(part, "folder to put its files in; data/NAME")
    part.add_argument("--yes", action="store_true", help="agree to its licence without being asked")
    json_option(part)


def run_fetch(args: Namespace) -> None:
    from interplay.datasets import fetch_dataset, find_dataset
    from interplay.datasets.fetch import instructions

    card = find_dataset(args.name).card
    folder = args.out or Path("data") / card.name
    if card.bundled or not card.downloads:
        raise InvalidInput(instructions(card))
    _show_terms(card)
    if not args.yes:
        _ask()
    with progress(args, "fetching") as tell:
        fetch_dataset(card, folder, progress=tell)
    tell_result(args, {"name": card.name, "folder": str(folder)}, f"Fetched: {folder}")
    tell_next(args, f"Next: {PROGRAM} estimate {card.name} --root {folder} -o {card.name}.nc")


def _show_terms(card: "Card") -> None:
    print(f"{card.title}\nLicence: {card.licence}\nPlease cite: {card.citation}", file=sys.stderr)
    urls = [url for url in (card.sums, *card.downloads) if url]
    print("".join(f"From: {url}\n" for url in urls), end="", file=sys.stderr)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise InvalidInput(
            "--yes must be given where nobody can be asked whether you agree to the licence; it is not."
        )
    print("Download it under this licence? [y/N] ", end="", file=sys.stderr, flush=True)
    if input().strip().lower() not in ("y", "yes"):
        raise InvalidInput(
            "you must agree to the licence to download the data; you did not, and nothing was fetched."
        )


def check_options(part: ArgumentParser, words: list[str] | None) -> None:
    part.add_argument("folder", type=Path, help="folder with a study.yaml")
    json_option(part)


def run_check(args: Namespace) -> None:
    from interplay.study import check_study, has_errors, issues_text

    with progress(args, "checking") as tell:
        issues = check_study(args.folder, progress=tell)
    tell_result(args, [asdict(issue) for issue in issues], issues_text(issues))
    if has_errors(issues):
        raise InvalidInput(f"{args.folder} must be free of errors before it can be used.")


KINDS: dict[str, Command] = {
    "list": Command(
        "names and what they are",
        list_options,
        run_list,
        examples=("interplay datasets list", "interplay datasets list --json"),
    ),
    "info": Command(
        "all that a data set says of itself",
        info_options,
        run_info,
        examples=("interplay datasets info hapt_sample", "interplay datasets info physionet2012 --json"),
    ),
    "check": Command(
        "find every error and everything doubtful in a study folder",
        check_options,
        run_check,
        examples=("interplay datasets check my_study", "interplay datasets check my_study --json"),
    ),
    "fetch": Command(
        "download an openly licensed data set, once you agree to its licence",
        fetch_options,
        run_fetch,
        examples=(
            "interplay datasets fetch room_occupancy",
            "interplay datasets fetch hapt -o data/hapt --yes",
        ),
    ),
}

COMMAND = Command(
    "data sets that can be named",
    options,
    run,
    examples=("interplay datasets list", "interplay datasets info hapt_sample"),
    group=True,
)
