"""The target of a study: the column that is named like a label, and how its rows say when it holds."""

from collections.abc import Sequence
from typing import Any

from interplay.study.guess.roles import LABELS, Roles, distinct, mostly_numbers, spoken

MOST_CLASSES = 50
WORDS_OF_INTERVALS = 20


def label_of(roles: Roles) -> str | None:
    """The column of labels of a table, in one of intervals also a column of few words."""
    if roles.label is not None:
        return roles.label
    if roles.start is None:
        return None
    some = [name for name in roles.words if 1 < len(distinct(roles.rows, name)) <= WORDS_OF_INTERVALS]
    return some[0] if some else None


def score(roles: Roles) -> int:
    """How much speaks for a table being that of the target."""
    label = label_of(roles)
    if label is None:
        return 0
    place = LABELS.index(spoken(label)) if spoken(label) in LABELS else len(LABELS)
    few = len(distinct(roles.rows, label)) <= MOST_CLASSES
    return 1000 * few + 200 * (roles.start is not None) - 10 * len(roles.numbers) - place + 1


def target_of(entry: dict[str, Any], roles: Roles) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Settings of the target, and what is open about it by name."""
    label = label_of(roles)
    assert label is not None
    texts = list(roles.labels) or distinct(roles.rows, label)
    settings, doubts = {**entry, "column": label}, []
    classes, rename = _classes(texts)
    numbers = mostly_numbers(roles.rows, label, roles.form) and len(texts) > MOST_CLASSES
    if len(texts) > MOST_CLASSES and not numbers:
        doubts.append(
            ("classes", f"{label!r} has {len(texts)} different words; list the classes that are meant")
        )
    if not numbers and len(texts) <= MOST_CLASSES:
        settings["classes"] = classes
        doubts.append(
            (
                "classes",
                f"all words of {label!r}" if not rename else "words that differ in case are one",
            )
        )
        if rename:
            settings["rename"] = rename
    if len(classes) == 1 and not numbers:
        doubts.append(("classes", f"{label!r} has one class, {classes[0]!r}; there must be two"))
    if roles.start and roles.stop:
        return settings | {"kind": "intervals", "start": roles.start, "stop": roles.stop} | _unit(
            roles
        ), doubts
    if roles.time is None:
        return settings | {"kind": "entity"}, doubts
    if _once(roles):
        doubts.append(("kind", "there is one row for each entity"))
        return settings | {"kind": "entity", "time": roles.time} | _unit(roles), doubts
    return settings | {"time": roles.time} | _unit(roles), doubts


def _classes(texts: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Classes, and words that are one of them in other letters."""
    classes: dict[str, str] = {}
    rename = {}
    for text in sorted(texts, key=lambda text: (text.lower(), text.isupper(), text.islower(), text)):
        first = classes.setdefault(text.lower(), text)
        if text != first:
            rename[text] = first
    return sorted(classes.values()), rename


def _once(roles: Roles) -> bool:
    return roles.entity is not None and len(distinct(roles.rows, roles.entity)) == len(roles.rows)


def _unit(roles: Roles) -> dict[str, str]:
    return {} if roles.time_unit == "s" else {"time_unit": roles.time_unit}
