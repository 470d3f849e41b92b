"""`interplay datasets`: a group of commands about data sets; to add one, name it in KINDS."""

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import PROGRAM, Command, add_commands
from interplay.cli.options import json_option, out_option
from interplay.errors import InvalidInput
from interplay.files import json_text
from interplay.progress import bar


def options(part: ArgumentParser, words: list[str]) -> None:
    add_commands(part, KINDS, words, "what")


def run(args: Namespace) -> None:
    KINDS[args.what].run(args[args.what])


def list_options(part: ArgumentParser, words: list[str]) -> None:
    json_option(part, "JSON")


def run_list(args: Namespace) -> None:
    from interplay.datasets import DATASETS

    cards = {name: dataset.card for name, dataset in DATASETS.items()}
    if args.json:
        print(json_text({name: card.to_dict() for name, card in cards.items()}), end="")
        return
    width = max(map(len, cards))
    for name, card in cards.items():
        print(f"{name:{width}}  {card.title} ({card.entities}; {card.licence})")


def info_options(part: ArgumentParser, words: list[str]) -> None:
    part.add_argument("name", help="a data set's name")
    json_option(part, "JSON")


def run_info(args: Namespace) -> None:
    from interplay.datasets import find_dataset

    card = find_dataset(args.name).card
    if args.json:
        print(json_text(card.to_dict()), end="")
        return
    for name, value in card.to_dict().items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, text in value.items():
                print(f"  {key}: {text}")
        else:
            print(f"{name}: {value}")


def fetch_options(part: ArgumentParser, words: list[str]) -> None:
    part.add_argument("name", help="a data set's name")
    out_option(part, "folder to put its files in; data/NAME")
    part.add_argument("--yes", action="store_true", help="agree to its licence without being asked")


def run_fetch(args: Namespace) -> None:
    from interplay.datasets import fetch_dataset, find_dataset

    card = find_dataset(args.name).card
    folder = args.out or Path("data") / card.name
    if card.downloads and not card.bundled:
        _show_terms(card)
        if not args.yes:
            _ask()
    with bar("fetching") as tell:
        fetch_dataset(card, folder, progress=tell)
    print(f"Fetched: {folder}\nNext: {PROGRAM} estimate {card.name} --root {folder} -o {card.name}.nc")


def _show_terms(card) -> None:
    print(f"{card.title}\nLicence: {card.licence}\nPlease cite: {card.citation}", file=sys.stderr)
    print("".join(f"From: {url}\n" for url in card.downloads), end="", file=sys.stderr)


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


KINDS = {
    "list": Command("names and what they are", list_options, run_list),
    "info": Command("all that a data set says of itself", info_options, run_info),
    "fetch": Command("download an openly licensed data set, once you agree", fetch_options, run_fetch),
}

COMMAND = Command("data sets that can be named", options, run)
