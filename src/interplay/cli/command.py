"""What a command is, and how a table of commands becomes a parser."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jsonargparse import ArgumentParser, Namespace

from interplay.cli.help import CommandHelp

PROGRAM = "interplay"


class Command(NamedTuple):
    """One command, or a group of commands.

    Attributes
    ----------
    text : one line of help
    options : adds options to a parser; also told the words that follow the command's name, or None for all options
    run : does the work, from the parsed options
    examples : command lines that work as written, in this order
    group : whether `options` adds further commands
    """

    text: str
    options: Callable[[ArgumentParser, list[str] | None], None]
    run: Callable[[Namespace], None]
    examples: tuple[str, ...] = ()
    group: bool = False


def add_commands(
    parser: ArgumentParser, commands: Mapping[str, Command], words: list[str] | None, dest: str
) -> None:
    """Let `parser` choose between commands; only the one that `words` begin with learns its options, which are
    slow to load; without `words`, all do."""
    choice = parser.add_subcommands(dest=dest, metavar=dest.upper())
    for name, command in commands.items():
        lines = "".join(f"  {line}\n" for line in command.examples)
        part = ArgumentParser(description=command.text, epilog=f"examples:\n{lines}" if lines else None)
        choice.add_subcommand(name, part, help=command.text)
        part.prog = f"{parser.prog} {name}"
        if words is None or name in words[:1]:
            command.options(part, None if words is None else words[1:])
            if not command.group:
                part.add_argument("-q", "--quiet", action="store_true", help="no progress, results only")


def new_parser(description: str, version: str) -> ArgumentParser:
    """The parser that commands are added to; it raises `ArgumentError` instead of ending the process."""
    return ArgumentParser(
        prog=PROGRAM,
        description=description,
        version=version,
        formatter_class=CommandHelp,
        exit_on_error=False,
    )
