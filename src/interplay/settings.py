"""Typed settings from nested mappings, as YAML, JSON and command lines give them: every name and type is checked.

Whatever reads settings reads them here, so that a wrong name gets the nearest right one and a wrong value one sentence.
"""

import inspect
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from interplay.errors import InvalidInput

T = TypeVar("T")
LONGEST = 300
"""Characters of a value that a sentence repeats."""
RAW = {"raw": True}
"""Metadata of a field whose values the dataclass reads itself."""
TYPES = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}


def read_settings(kind: type[T], values: Any, where: str = "") -> T:
    """A dataclass from names and values.

    Parameters
    ----------
    kind : dataclass
        Its fields may be plain types, ``X | None``, ``Literal``, sequences, mappings and further dataclasses.
    values : mapping
    where : str
        Dotted name of the settings within larger ones; every message names what it is about by such a name.

    Raises
    ------
    InvalidInput
        If a name is unknown or missing, or a value is of another type.
    """
    if not isinstance(values, Mapping):
        raise InvalidInput(f"{where or 'settings'} must be a group of settings; got {_short(values)}.")
    known = {f.name: f for f in fields(kind) if f.init}  # pyrefly: ignore[bad-argument-type]
    hints = get_type_hints(kind) | {name: Any for name, f in known.items() if "raw" in f.metadata}
    needed = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    meant = [
        name for other in values if other not in known for name in get_close_matches(str(other), needed, n=1)
    ]
    checks = [partial(check_names, [name], known, where) for name in values]
    checks += [partial(_check_there, values, name, where) for name in needed if name not in meant]
    reads = {
        n: partial(typed, hints[n], value, dotted(where, n)) for n, value in values.items() if n in known
    }
    read = together([*checks, *reads.values()])[len(checks) :]
    return kind(**dict(zip(reads, read, strict=True)))


def together(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """What some calls return.

    Raises
    ------
    InvalidInput
        With all that they refuse, a line each.
    """
    results, refused = [], []
    for call in calls:
        try:
            results.append(call())
        except InvalidInput as failure:
            refused += str(failure).split("\n")
    if refused:
        raise InvalidInput("\n".join(dict.fromkeys(refused)))
    return results


def read_arguments(made: Callable, values: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Values for the keyword-only parameters of a class or function, those that are left out at their defaults.

    Raises
    ------
    InvalidInput
        As for `read_settings`.
    """
    known = keyword_parameters(made)
    check_names(values, known, where)
    hints = get_type_hints(made.__init__ if isinstance(made, type) else made)
    given = {n: typed(hints.get(n, Any), value, dotted(where, n)) for n, value in values.items()}
    missing = [n for n, p in known.items() if p.default is p.empty and n not in given]
    if missing:
        raise InvalidInput(f"{where or 'settings'} must say {missing[0]!r}; it does not.")
    return {n: given.get(n, p.default) for n, p in known.items()}


def keyword_parameters(made: Callable) -> dict[str, inspect.Parameter]:
    """Keyword-only parameters of a class or function, by name."""
    parameters = inspect.signature(made).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def check_names(values: Collection[str], known: Collection[str], where: str = "") -> None:
    """Refuse a name that is not known, and suggest the nearest that is."""
    for name in values:
        if name not in known:
            raise InvalidInput(
                f"settings must be known; got {dotted(where, name)}. {hint(name, known, where)}"
            )


def _check_there(values: Mapping[str, Any], name: str, where: str) -> None:
    if name not in values:
        raise InvalidInput(f"{where or 'settings'} must say {name!r}; it does not.")


def hint(name: str, known: Collection[str], where: str = "") -> str:
    """The nearest known name, or all of them."""
    return nearest_name(name, known, where) or f"There are {', '.join(known) or 'none here'}."


def nearest_name(name: str, known: Collection[str], where: str = "") -> str:
    """The question whether the nearest known name was meant; empty if none is near."""
    close = get_close_matches(str(name), list(known), n=1)
    return f"Did you mean {dotted(where, close[0])}?" if close else ""


def near_first(name: str, known: Collection[str]) -> list[str]:
    """Known names, those like the one that was given first; the others in their order."""
    near = get_close_matches(str(name), list(known), n=3)
    return [*near, *(other for other in known if other not in near)]


def dotted(where: str, name: str) -> str:
    """Name of a setting within others."""
    return f"{where}.{name}" if where else str(name)


def typed(wanted: Any, value: Any, where: str) -> Any:
    """A value as a type hint wants it; whole numbers serve as numbers, and numbers as texts.

    Raises
    ------
    InvalidInput
        If it cannot be.
    """
    origin, args = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return value
    if origin in (types.UnionType, Union):
        return _of_union(args, value, where)
    if origin is Literal:
        if value not in args:
            raise InvalidInput(f"{where} must be one of {list(args)}; got {_short(value)}.")
        return value
    if is_dataclass(wanted) and isinstance(wanted, type):
        return value if isinstance(value, wanted) else read_settings(wanted, value, where)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise InvalidInput(f"{where} must hold names and values; got {_short(value)}.")
        reads = [partial(typed, args[1], each, dotted(where, name)) for name, each in value.items()]
        return dict(zip(map(str, value), together(reads), strict=True))
    if origin is not None and issubclass(origin, Sequence):
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            raise InvalidInput(f"{where} must be a list, such as [a, b]; got {_short(value)}.")
        return tuple(typed(args[0], each, where) for each in value)
    return _plain(origin or wanted, value, where)


def _of_union(kinds: tuple, value: Any, where: str) -> Any:
    """The first kind that takes the value."""
    rest = [kind for kind in kinds if kind is not types.NoneType]
    if value is None and len(rest) < len(kinds):
        return None
    for kind in rest[:-1]:
        try:
            return typed(kind, value, where)
        except InvalidInput:
            continue
    return typed(rest[-1], value, where)


def _plain(wanted: Any, value: Any, where: str) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if wanted is str and number:
        return str(value)
    if wanted is float and number:
        return float(value)
    fits = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
    if not fits:
        quotes = " Write it in quotes." if wanted is str and isinstance(value, bool) else ""
        raise InvalidInput(
            f"{where} must be {TYPES.get(wanted, wanted.__name__)}; got {_short(value)}.{quotes}"
        )
    return value


def _short(value: Any) -> str:
    """A value as it is written in Python, cut where a file made it long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
