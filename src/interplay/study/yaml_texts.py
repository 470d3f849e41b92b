"""YAML in which names stay what they are: only true and false are truth values, and numbers know how they were written.

Plain YAML takes `no` for false, 007 for 7, 12:30 for 750 and 2024-01-01 for a date; all of them are names of classes,
people or files in studies.
"""

import re
from typing import Any

import yaml

from interplay.files.plain_yaml import LONGEST_NUMBER, BoundedLoader, read_plain_yaml

WHOLE = re.compile(r"[-+]?[0-9]+")
POINT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
NULLS = ("", "~", "null", "Null", "NULL")
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class WrittenInt(int):
    """A whole number that is written as it was in the file."""

    text: str

    def __str__(self) -> str:
        return self.text


class WrittenFloat(float):
    """A number that is written as it was in the file."""

    text: str

    def __str__(self) -> str:
        return self.text


class _Loader(BoundedLoader):
    """The safe loader with fewer guesses, in which no name may come twice."""


def read_yaml(text: str) -> Any:
    """Values of a YAML text.

    Raises
    ------
    yaml.YAMLError
        If it is none, takes more than it may, or a name stands twice in one group.
    """
    return read_plain_yaml(text, _Loader)


def _plain(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """A scalar without quotes."""
    text = node.value
    if text in TRUTH:
        return TRUTH[text]
    if text in NULLS:
        return None
    for form, kind in ((WHOLE, WrittenInt), (POINT, WrittenFloat)):
        if form.fullmatch(text):
            if len(text) > LONGEST_NUMBER:
                raise ValueError(f"a number has {len(text)} digits")
            value = kind(text)
            value.text = text
            return value
    return text


def _group(loader: _Loader, node: yaml.MappingNode) -> dict:
    loader.flatten_mapping(node)
    values: dict = {}
    for key, child in node.value:
        name, value = (
            _word(loader.construct_object(key, deep=True), key),
            loader.construct_object(child, deep=True),
        )
        if not isinstance(name, (str, int, float)) or values.setdefault(name, value) != value:
            what = f"{name!r} stands twice in one group, with different values"
            raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
    return values


def _list(loader: _Loader, node: yaml.SequenceNode) -> list:
    """A list, in which `null` and `true` are words as `none` and `yes` are."""
    values = loader.construct_sequence(node, deep=True)
    return [_word(value, child) for value, child in zip(values, node.value, strict=True)]


def _word(value: Any, node: yaml.Node) -> Any:
    """A value of a list or the name of one in a group, where nothing but words and numbers can be."""
    plain = (value is None and node.value not in ("", "~")) or isinstance(value, bool)
    return node.value if plain else value


_Loader.yaml_implicit_resolvers = {
    None: [("tag:interplay,plain", re.compile(r"", re.DOTALL))],
}
_Loader.add_constructor("tag:interplay,plain", _plain)
_Loader.add_constructor("tag:yaml.org,2002:map", _group)
_Loader.add_constructor("tag:yaml.org,2002:seq", _list)
