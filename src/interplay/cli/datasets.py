"""`interplay datasets`: a group of commands about data sets; to add one, name it in KINDS."""

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.command import Command, add_commands
from interplay.cli.options import json_option
from interplay.files import json_text


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


KINDS = {
    "list": Command("names and what they are", list_options, run_list),
    "info": Command("all that a data set says of itself", info_options, run_info),
}

COMMAND = Command("data sets that can be named", options, run)
