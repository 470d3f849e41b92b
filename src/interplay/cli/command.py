"""What a command is, and how a table of commands becomes a parser."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jsonargparse import ArgumentParser, Namespace

PROGRAM = "interplay"


class Command(NamedTuple):
    """One command.

    Attributes
    ----------
    text : one line of help
    options : adds options to a parser; also told the words that follow the command's name
    run : does the work, from the parsed options
    """

    text: str
    options: Callable[[ArgumentParser, list[str]], None]
    run: Callable[[Namespace], None]


def add_commands(
    parser: ArgumentParser, commands: Mapping[str, Command], words: list[str], dest: str
) -> None:
    """Let `parser` choose between commands; only the one that `words` begin with learns its options, which are
    slow to load."""
    choice = parser.add_subcommands(dest=dest, metavar=dest.upper())
    for name, command in commands.items():
        part = ArgumentParser(description=command.text)
        choice.add_subcommand(name, part, help=command.text)
        if name in words[:1]:
            command.options(part, words[1:])
