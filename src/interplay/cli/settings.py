"""Settings of a recipe as options: one for each value, those of chosen parts included."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import zip_longest
from typing import Any

from docstring_parser import parse as parse_docstring
from jsonargparse import ArgumentParser, Namespace

from interplay.registry import Choice

PARTS = ("model.router", "model.encoder")
"""Settings that choose a part, as those of a loss do; the part's own settings follow a further point."""
GROUPS = ("losses.", "readers.kinds.", "model.encoders.")
"""Settings under which every name is a part."""
WITHIN = "/"
"""Stands for the point within names of values: the parser would make groups of them, and a part is a value, too."""


def setting_options(part: ArgumentParser, recipe_name: str, words: list[str]) -> None:
    """Add an option for every setting of a recipe, with the parts that are chosen in the words of the command line."""
    from interplay.train import make_recipe

    recipe = make_recipe(recipe_name, dict(_chosen_parts(words)))
    groups = {f.name: part.add_argument_group(f.name) for f in fields(recipe)}
    for name, value, text in _leaves(recipe):
        dest = name.replace(".", WITHIN)
        group = groups[name.partition(".")[0]]
        kind = WORDED.get(name, type(value))
        group.add_argument(
            f"--{name}", dest=dest, type=kind, default=value, help=text, metavar=METAVARS[kind]
        )


METAVARS = {int: "N", float: "X", bool: "{true,false}", str: "NAME", float | str: "X"}
WORDED: dict[str, Any] = {"model.token_budget": float | str}
"""Settings that are a number or a word."""


def given_recipe(args: Namespace):
    """The recipe that the options ask for."""
    from interplay.train import Recipe, make_recipe

    names = {f.name for f in fields(Recipe)}
    given = {
        name.replace(WITHIN, "."): value
        for name, value in vars(args).items()
        if name.partition(WITHIN)[0] in names
    }
    # a loss given as a number is given by its weight, which is a setting of its own
    given = {name: value for name, value in given.items() if not (_is_part(name) and _is_number(value))}
    # the options of a command line that names no setting are not there: all is as the recipe says
    return make_recipe({} if given else args.recipe, given)


def _chosen_parts(words: list[str]) -> Iterator[tuple[str, str | float]]:
    """Dotted names and values of the words that choose a part."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and _is_part(name):
            chosen = value if equals else following
            yield name, float(chosen) if _is_number(chosen) else chosen


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_part(name: str) -> bool:
    return name in PARTS or any(
        name.startswith(group) and name.count(".") == group.count(".") for group in GROUPS
    )


def _leaves(value: Any, name: str = "", text: str = "") -> Iterator[tuple[str, Any, str]]:
    """Dotted name, value and description of every setting."""
    if isinstance(value, Choice):
        yield name, value.name, text
        described = _described(value.kind)
        for key, each in value.settings.items():
            yield f"{name}.{key}", each, described.get(key, "")
    elif is_dataclass(value):
        described = _described(type(value))
        for f in fields(value):
            yield from _leaves(
                getattr(value, f.name), f"{name}.{f.name}".lstrip("."), described.get(f.name, "")
            )
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}", _summary(each))
    else:
        yield name, value, text


def _summary(value: Any) -> str:
    """The first sentence about a part."""
    return (
        parse_docstring(value.kind.__doc__ or "").short_description or "" if isinstance(value, Choice) else ""
    )


def _described(kind: type) -> dict[str, str]:
    """What the docstrings of a class and its parents say of each parameter or attribute."""
    texts: dict[str, str] = {}
    for parent in reversed(kind.__mro__):
        for one in parse_docstring(parent.__doc__ or "").params:
            texts[one.arg_name] = " ".join((one.description or "").split())
    return texts
