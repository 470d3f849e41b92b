"""What a command is, how a table of commands becomes a parser, and how its help looks."""

from argparse import PARSER, SUPPRESS, Action
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin

from jsonargparse import ArgumentParser, DefaultHelpFormatter, Namespace

PROGRAM = "interplay"
QUIET = ("-q", "--quiet")


class Command(NamedTuple):
    """One command, or a group of commands.

    Attributes
    ----------
    text : one line of help
    options : adds options to a parser; also given the words that follow the command's name, or None for all options
    run : does the work, from the parsed options
    examples : command lines that work as written, in this order
    group : whether `options` adds further commands
    """

    text: str
    options: Callable[[ArgumentParser, list[str] | None], None]
    run: Callable[[Namespace], None]
    examples: tuple[str, ...] = ()
    group: bool = False


class CommandHelp(DefaultHelpFormatter):
    """A short usage, defaults where they say something, examples as written.

    What only programmers ask for is left out; settings of recipes and estimators keep their types.
    """

    def _get_help_string(self, action: Action) -> str:
        if not action.option_strings and (action.help is not None or action.nargs == PARSER):
            return action.help or ""
        if "." in action.dest or action.help is None:
            return super()._get_help_string(action)
        if action.required:
            return f"{action.help} (required)"
        says_nothing = any(action.default is value for value in (None, False, SUPPRESS))
        says_nothing |= "(default: " in action.help
        return action.help if says_nothing else f"{action.help} (default: %(default)s)"

    def _format_action_invocation(self, action: Action) -> str:
        # a list can also be given item by item, as --lags-s+: two ways to say the same confuse in help
        names = [name for name in action.option_strings if not name.endswith("+")]
        if not names:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return " ".join([", ".join(names), *([value] if action.nargs != 0 else [])])

    def _get_default_metavar_for_optional(self, action: Action) -> str:
        return _metavar(_hint_of(action)) or action.dest.rsplit(".")[-1].replace("_", "-").upper()

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("examples:") else super()._fill_text(text, width, indent)

    def _format_usage(self, usage, actions, groups, prefix) -> str:
        needed = []
        for action in actions:
            if not action.option_strings and action.dest != SUPPRESS:
                needed.append(action.metavar or action.dest.upper())
            elif action.required:
                needed.append(f"{action.option_strings[0]} {self._get_default_metavar_for_optional(action)}")
        return f"usage: {' '.join([self._prog, *needed])} [options]\n\n"


def _hint_of(action: Action) -> Any:
    """The type of an option's value; of one that can also be nothing, the other."""
    hint = getattr(action, "_typehint", action.type)
    rest = [one for one in get_args(hint) if one is not NoneType]
    return rest[0] if len(rest) == 1 and NoneType in get_args(hint) else hint


def _metavar(hint: Any) -> str | None:
    """What stands for a value in help: its choices, or what kind of number it is."""
    if get_origin(hint) is Literal:
        return f"{{{','.join(map(str, get_args(hint)))}}}"
    return METAVARS.get(hint)


METAVARS: dict[Any, str] = {int: "N", float: "X", bool: "{true,false}", list[float]: "'[X, ...]'"}


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
                part.add_argument(*QUIET, action="store_true", help="no progress, results only")
            # what a command is about comes before how it talks
            part._action_groups = sorted(part._action_groups, key=lambda group: group is part._optionals)


def needs_more_options(
    part: ArgumentParser, words: list[str] | None, asked_by: tuple[str, ...] = ("-h", "--help")
) -> bool:
    """Whether a command line asks for help on all options, or has some that `part` does not know yet.

    Settings of recipes and estimators are slow to load: a command adds them only then.
    """
    if words is None:
        return True
    named = {word.partition("=")[0] for word in words if word.startswith("-")}
    return not named <= {*part._option_string_actions, *QUIET} - set(asked_by)


def new_parser(description: str, version: str) -> ArgumentParser:
    """The parser that commands are added to; it raises `ArgumentError` instead of ending the process."""
    return ArgumentParser(
        prog=PROGRAM,
        description=description,
        version=version,
        formatter_class=CommandHelp,
        exit_on_error=False,
    )
