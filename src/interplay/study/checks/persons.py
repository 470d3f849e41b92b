"""Whether one person stands under several entities, and so in training and test, which nothing else would say."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from interplay.errors import InterplayError
from interplay.study.formats.opening import open_table
from interplay.study.issues import Issue, warning
from interplay.study.rows import Rows
from interplay.study.spec import FILE, Lookup
from interplay.study.study import Study

PERSON = re.compile(
    r"(s|su|sub|subj|subject|p|pt|pat|patient|participant|person|user|u|proband|vp|id|case|vol|volunteer|child|infant)"
    r"[-_ ]?"
    r"0*\d+",
    re.IGNORECASE,
)
"""A part of a name that stands for a person."""
PERSONS = (
    "who", "subject", "subjects", "subj", "sub", "patient", "participant", "person", "proband", "user", "volunteer",
    "pid", "sid", "mrn", "patientunitstayid", "uniquepid",
)  # fmt: skip
"""Names of columns that hold persons, without an ending such as _id."""
PARTS = re.compile(r"[A-Za-z]+[-_ ]?\d+|[A-Za-z]+|\d+")
SHOWN = 3
FEWEST_ROWS = 5000
"""Entities whose tables are looked through for columns of persons."""


def persons(study: Study) -> Iterator[Issue]:
    """Parts of names, and columns, by which several entities are one person."""
    if any(isinstance(spec.entity, Lookup) for spec in study.spec.streams.values()):
        return
    if issue := _in_names(study.entities):
        yield issue
    yield from _in_columns(study)
    yield from _in_static(study)


def person_part(names: Sequence[str]) -> tuple[dict[str, list[str]], int] | None:
    """Person -> names, and which part of a name it is, where a part of names stands for persons with several names."""
    cut = [PARTS.findall(name) for name in names]
    if len(names) < 2 or len({len(parts) for parts in cut}) != 1 or len(cut[0]) < 2:
        return None
    for place in range(len(cut[0])):
        groups: dict[str, list[str]] = defaultdict(list)
        for name, parts in zip(names, cut, strict=True):
            groups[parts[place]].append(name)
        several = any(len(some) > 1 for some in groups.values())
        like = all(PERSON.fullmatch(part) for part in groups)
        if several and like:
            return dict(groups), place
    return None


def _in_names(entities: Sequence[str]) -> Issue | None:
    part = person_part(entities)
    if part is None:
        return None
    groups, _ = part
    person, names = next((person, names) for person, names in groups.items() if len(names) > 1)
    return warning(
        FILE,
        f"an entity should be one person; {_listed(names)} seem to be several recordings of {person!r}, who "
        f"would be in training and in test. Write {{entity}} for {person!r} and {{recording}} for what "
        "differs in files.",
    )


def _in_columns(study: Study) -> Iterator[Issue]:
    for file, spec in {
        spec.files: spec for spec in (*study.spec.streams.values(), study.spec.target)
    }.items():
        for name, of_value in _columns(study, spec).items():
            several = {value: some for value, some in of_value.items() if len(some) > 1}
            if several:
                value, some = next(iter(several.items()))
                yield warning(
                    file,
                    f"an entity should be one person; {name!r} is {value!r} in {_listed(sorted(some))}, so "
                    f"that one person would be in training and in test. Say entity: {name}, and tell "
                    f"recordings apart by {_recording(spec)}.",
                )


def _in_static(study: Study) -> Iterator[Issue]:
    """Columns of the table of side inputs that name persons, where its rows are recordings."""
    static = study.spec.static
    if static is None:
        return
    try:
        table = open_table(study.folder / static.file, static.form)
    except InterplayError:
        return  # told when it is read
    rows = Rows(table=table.rows, files=(static.file,), form=static.form)
    for name in rows.names:
        if name == static.entity or not holds_persons(name) or static.entity not in rows.names:
            continue
        of_value: dict[str, list[str]] = defaultdict(list)
        for value, entity in zip(rows.texts(name), rows.texts(static.entity), strict=True):
            if value is not None and entity in study.entities:
                of_value[value].append(entity)
        several = {value: some for value, some in of_value.items() if len(some) > 1}
        if several:
            value, some = next(iter(several.items()))
            yield warning(
                static.file,
                f"an entity should be one person; {name!r} is {value!r} for {_listed(some)}, so that one "
                f"person would be in training and in test. Say entity: {{file: {static.file}, recording: "
                f"{static.entity}, entity: {name}}}, and write {{recording}} in files, where {{entity}} is "
                "now.",
            )


def _columns(study: Study, spec) -> Mapping[str, Mapping[str, set[str]]]:
    """Column of persons -> value -> entities that have it."""
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    try:
        table = study.table(spec)
        for key in table.keys[:FEWEST_ROWS]:
            rows = table.rows(key)
            if rows is None:
                continue
            for name in rows.names:
                if name != spec.entity and name not in spec.all_columns and holds_persons(name):
                    for value in {text for text in rows.texts(name) if text is not None}:
                        seen[name][value].add(key.entity)
    except InterplayError:
        return {}  # told when its rows are read
    return seen


def holds_persons(name: str) -> bool:
    """Whether a column is named after persons."""
    plain = re.sub(r"[ _.-]?(id|no|nr|number|code|name)$", "", name.strip().lower())
    return plain in PERSONS or name.strip().lower() in PERSONS


def _recording(spec) -> str:
    return (
        f"recording: {spec.entity}"
        if isinstance(spec.entity, str)
        else "{recording} in files, where {entity} is now"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
