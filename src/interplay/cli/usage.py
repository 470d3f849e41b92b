"""What is wrong with a command line, in a sentence."""

import re
from argparse import Action
from difflib import get_close_matches
from inspect import isclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from jsonargparse import ArgumentParser

from interplay.cli.command import PROGRAM
from interplay.cli.settings import WITHIN
from interplay.settings import near_first

NAMES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a word",
    Path: "a path",
    list[float]: "numbers in brackets, such as '[0, 0.5, 1]'",
}


def usage_error(message: str, parser: ArgumentParser, argv: list[str]) -> str:
    """One sentence from the parser's `message`, and where help is found."""
    part = named_parser(parser, argv)
    return f"{_sentence(' '.join(message.split()), part)} See: {part.prog} --help"


def named_parser(parser: ArgumentParser, argv: list[str]) -> ArgumentParser:
    """The parser of the command that `argv` begins with, as far as it can be followed."""
    parts = _commands(parser)
    return named_parser(parts[argv[0]], argv[1:]) if argv and argv[0] in parts else parser


def _commands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    choice = parser._subcommands_action
    return {} if choice is None else choice._name_parser_map


def _sentence(message: str, part: ArgumentParser) -> str:
    name = part.prog.removeprefix(f"{PROGRAM} ")
    commands = list(_commands(part))
    if match := re.search(r"argument \w+: invalid choice: '(.*?)'", message):
        return f"{name} has no {match[1]!r}; choose {_one_of(commands)}.{_hint(match[1], commands)}"
    if re.search(r'expected "[\w.]+" to be one of', message):
        return f"{name} must be followed by {_one_of(commands)}."
    if match := re.search(r"unrecognized arguments: (.*)", message):
        wrong = match[1].split()[0].split("=")[0]
        if not wrong.startswith("-"):
            return f"{name} takes no further word; got {wrong!r}."
        return f"{name} has no option {wrong}.{_hint(wrong, list(part._option_string_actions))}"
    if match := re.search(r"arguments are required: (.*)", message):
        needed = [_as_typed(part, one.split(".")[-1]) for one in match[1].split(", ")]
        return f"{name} must be given {' and '.join(needed)}."
    if match := re.search(r'key "(.*?)":', message):
        return _about_value(part, match[1].removeprefix(f"{name}."), message)
    return message if message.endswith(".") else f"{message}."


def _about_value(part: ArgumentParser, dest: str, message: str) -> str:
    """A value that an option cannot take."""
    if match := re.search(r"given class_path '(?:\w+\.)*(\w+)': (.*)", message):
        return _about_class(_as_typed(part, dest), match[1], match[2])
    got = re.search(
        r"(?:Got value|Given value|import path string): (.*?)\.?(?: - Expected a .*| Given value type.*)?$",
        message,
    )
    action = next((one for one in part._actions if one.dest == dest), None)
    wanted = None if action is None or got is None else _wanted(action, got[1])
    if wanted is None or got is None:
        return f"{_as_typed(part, dest)} cannot be used: {message.partition(':')[2].strip(' .')}."
    return f"{_as_typed(part, dest)} must be {wanted}; got {got[1]!r}."


def _about_class(option: str, name: str, message: str) -> str:
    """An argument that the class of that name cannot take."""
    if match := re.search(r"Option '(.*?)' is not accepted", message):
        return f"{name} has no {match[1]!r}; {option}.help {name} lists what it has."
    if match := re.search(r'key "(\w+)": Expected a <class \'(\w+)\'>\.? Got value: (.*?)\.?$', message):
        wanted = {kind.__name__: words for kind, words in NAMES.items()}.get(match[2], match[2])
        return f"{option}.{match[1]} must be {wanted}; got {match[3]!r}."
    return f"{option} cannot be used: {message.strip(' .')}."


def _wanted(action: Action, got: str) -> str | None:
    """What an option takes, in words, what is like what it got first."""
    hint: Any = getattr(action, "_typehint", action.type)
    rest = [one for one in get_args(hint) if one is not NoneType]
    if get_origin(hint) is not Literal and len(rest) == 1 and NoneType in get_args(hint):
        hint = rest[0]
    if get_origin(hint) is Literal:
        return _one_of(near_first(got, [str(one) for one in get_args(hint)]))
    if hint in NAMES:
        return NAMES[hint]
    return _one_of(near_first(got, sorted(_subclasses(hint)))) if isclass(hint) else None


def _subclasses(parent: type) -> list[str]:
    # a lazy instance, which defaults are, is made of a subclass of its class
    children = [child for child in parent.__subclasses__() if not child.__name__.startswith("LazyInstance")]
    return [name for child in children for name in (child.__name__, *_subclasses(child))]


def _as_typed(part: ArgumentParser, dest: str) -> str:
    """An option's words or a positional's name, of a destination."""
    positional = any(action.dest == dest and not action.option_strings for action in part._actions)
    if positional:
        return dest.upper()
    return (
        f"--{dest.replace(WITHIN, '.')}" if WITHIN in dest or "." in dest else f"--{dest.replace('_', '-')}"
    )


def _one_of(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}" if len(names) > 1 else names[0]


def _hint(wrong: str, known: list[str]) -> str:
    close = get_close_matches(wrong, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""
