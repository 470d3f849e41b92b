"""The target of a study: the column that is named like a label, and how its rows say when it holds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from interplay.study.formats.dialect import is_number
from interplay.study.formats.form import MISSING, Form, as_yaml
from interplay.study.guess.cells import distinct, mostly_numbers
from interplay.study.guess.measurements import label_rows, labels_among
from interplay.study.guess.names import EVENTS, LABELS, spoken
from interplay.study.guess.overlaps import word_above
from interplay.study.guess.roles import Roles
from interplay.study.rows import listed

MOST_CLASSES = 50
NOT_NAMED = 100
"""What speaks for labels among measurements or events; those of a column of their own are surer."""
FEW_WORDS = 20
"""Different words at most in a column that becomes one of labels without being named like it."""


def label_of(roles: Roles) -> str | None:
    """The column of labels of a table, in one of intervals also a column of few words."""
    if roles.label is not None:
        return roles.label
    if measured := label_rows(roles):
        return measured.column
    some = [name for name in roles.words if 1 < len(distinct(roles.rows, name)) <= FEW_WORDS]
    if roles.start is None or roles.time is not None:
        some = [name for name in some if spoken(name) in EVENTS]
    return some[0] if some else None


def score(roles: Roles) -> int:
    """How much speaks for a table being that of the target."""
    label = label_of(roles)
    if label is None:
        return 0
    if label_rows(roles) is not None or (roles.label is None and roles.start is None):
        return NOT_NAMED
    place = LABELS.index(spoken(label)) if spoken(label) in LABELS else len(LABELS)
    few = len(distinct(roles.rows, label)) <= MOST_CLASSES
    return 1000 * few + 200 * (roles.start is not None) - 10 * len(roles.numbers) - place + 1


def target_of(entry: dict[str, Any], roles: Roles) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Settings of the target, and what is open about it by name."""
    label = label_of(roles)
    assert label is not None
    measured = label_rows(roles)
    labelled = roles if measured is None else replace(roles, rows=labels_among(roles.rows, measured))
    texts = list(roles.labels) or distinct(labelled.rows, label)
    settings: dict[str, Any] = {**entry, "column": label}
    doubts: list[tuple[str, str]] = []
    if measured is not None:
        settings["where"] = {measured.key: measured.kind}
    if absent := [text for text in texts if text in MISSING]:
        texts, of_absent = _without(absent, texts, settings)
        doubts += of_absent
    if (above := word_above(labelled, label)) is not None:
        texts = [text for text in texts if text != above]
        settings["where"] = settings.get("where", {}) | {label: texts}
        doubts.append(("where", f"{above!r} lies over other intervals, and is left out"))
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


def _without(
    absent: Sequence[str], texts: Sequence[str], settings: dict[str, Any]
) -> tuple[list[str], list[tuple[str, str]]]:
    """Texts without words such as NaN where all others are numbers; where they are words these may be classes."""
    others = [text for text in texts if text not in absent]
    if others and all(map(is_number, others)):
        form = settings.get("format", {})
        form = {"preset": form} if isinstance(form, str) else form
        settings["format"] = form | {"missing": [*form.get("missing", ()), *absent]}
        return others, [("format", f"{listed(absent)} among numbers stands for no label")]
    way_out = as_yaml(Form(missing=tuple(absent)))
    why = f"{listed(absent)} is taken for a class; if it stands for no label, say {way_out}"
    return list(texts), [("classes", why)] if len(others) > 1 else []


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
