"""The command line: every command opens a library object, calls it and prints.

One file per command; to add one, write a file that ends in a `Command` and name it in COMMANDS. Data go to stdout,
progress and messages to stderr. Exit codes: 0; 1 for something about your data or run, told in one line; 2 for usage;
130 after Ctrl-C.
"""

import sys
from importlib.metadata import version

from jsonargparse import ArgumentParser

from interplay.cli import datasets, demo, estimate, evaluate, export, predict, report, train
from interplay.cli.command import PROGRAM, Command, add_commands
from interplay.errors import InterplayError

__all__ = ["COMMANDS", "main", "make_parser"]

DESCRIPTION = "Measure how modalities act together over time, and train models guided by what was found."

COMMANDS: dict[str, Command] = {
    "demo": demo.COMMAND,
    "datasets": datasets.COMMAND,
    "estimate": estimate.COMMAND,
    "train": train.COMMAND,
    "evaluate": evaluate.COMMAND,
    "predict": predict.COMMAND,
    "export": export.COMMAND,
    "report": report.COMMAND,
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        parser = make_parser(argv)
        chosen = parser.instantiate(parser.parse_args(argv))
        COMMANDS[chosen.command].run(chosen[chosen.command])
    except InterplayError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped; no file was left half-written.", file=sys.stderr)
        return 130
    return 0


def make_parser(argv: list[str]) -> ArgumentParser:
    """The parser for `argv`, with the options of the command that is named there."""
    parser = ArgumentParser(prog=PROGRAM, description=DESCRIPTION, version=version("interplay"))
    add_commands(parser, COMMANDS, argv, "command")
    return parser
